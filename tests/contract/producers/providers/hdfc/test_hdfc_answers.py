"""Answers of HDFC that are unreadable, empty, of another shape or without end."""

import datetime as dt
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from producers.errors import ContractChangeError, PermissionDeniedError, TransientError
from producers.kit.testing import FakeRequest, FakeResponse
from producers.sandbox.providers import hdfc as sandbox
from schemas.records import Proof, StatementKind
from tests.contract.producers.providers.hdfc.staged_bank import (
    ACCOUNT,
    DAY,
    NOW,
    OPENING,
    asking,
    line,
    records,
    statements,
)


def _statement_of(rows: Sequence[Any], **fields: Any) -> Callable[[FakeRequest], FakeResponse]:
    """A bank that answers a token, and on the 18th these rows."""

    def answer(request: FakeRequest) -> FakeResponse:
        if request.path.endswith("token"):
            return FakeResponse(body=b'{"access_token": "t", "expires_in": 300}')
        asked = json.loads(request.body)
        listed = rows if asked["FROM_DATE"] == "2026-11-18" else []
        return FakeResponse(body=json.dumps({"ALL_RECORDS": listed, "Has More": "N"} | fields).encode())

    return answer


def test_unreadable_lines_go_to_quarantine_and_the_others_on(server):
    good = sandbox._row(line(1, NOW - 2 * DAY), OPENING)
    rows = [good, good | {"Transaction Id": "H2", "Amount": "12.3.4"}, {"Amount": "1.00"}, 17, good]
    with asking(_statement_of(rows), server) as connector:
        pages, again = list(connector.poll({}, NOW)), list(connector.poll({}, NOW))
    bad = [found for page in pages for found in page.bad]
    assert [record.txn_id for record in records(pages)] == [f"{ACCOUNT}:H000001"], "the line that came twice is one"
    assert [found.reason for found in bad] == ["amount", "direction", "shape"]
    assert bad[0].position == f"/api/v1/corp-accountStatement?account={ACCOUNT}#H2"
    assert b"12.3.4" in bad[0].raw
    assert [found.position for found in bad] == [found.position for page in again for found in page.bad]
    assert [statement.proof for statement in statements(pages)] == [Proof.NOT_PROVABLE]
    assert sum(page.fetched for page in pages) == len(rows)


def test_an_id_that_repeats_with_another_amount_is_another_record(server):
    good = sandbox._row(line(1, NOW - 2 * DAY), OPENING)
    rows = [good, good | {"Amount": "7.00"}]
    with asking(_statement_of(rows), server) as connector:
        got = records(list(connector.poll({}, NOW)))
    assert [(record.txn_id, record.amount_minor) for record in got] == [
        (f"{ACCOUNT}:H000001", 10_001),
        (f"{ACCOUNT}:H000001-1", 700),
    ]


def test_without_a_declaration_the_watermark_lags(server):
    with asking(_statement_of([]), server, complete_lag_days=2) as connector:
        (page,) = list(connector.poll({}, NOW))
    assert page.statements[0].complete_through == dt.datetime(2026, 11, 17, 18, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"ALL_RECORDS": "none"}, "ALL_RECORDS"),
        ({"Opening Balance": "?"}, "Opening Balance"),
        ({"Complete Upto": "soon"}, "Complete Upto"),
    ],
)
def test_an_answer_of_another_shape_is_a_contract_change(server, fields: dict[str, Any], says: str):
    with asking(_statement_of([], **fields), server) as connector, pytest.raises(ContractChangeError, match=says):
        list(connector.poll({}, NOW))


@pytest.mark.parametrize(
    ("text", "error"),
    [("System is busy, try again", TransientError), ("User not authorised", PermissionDeniedError), ("Kaput", ContractChangeError)],
)
def test_a_failure_beside_http_200_is_an_error(server, text: str, error: type[Exception]):
    answer = _statement_of([], errorCode="E77", errorMessage=text)
    with asking(answer, server) as connector, pytest.raises(error, match="E77"):
        list(connector.poll({}, NOW))


def test_no_records_is_an_empty_answer(server):
    def answer(request: FakeRequest) -> FakeResponse:
        if request.path.endswith("token"):
            return FakeResponse(body=b'{"access_token": "t"}')
        return FakeResponse(body=b'{"errorCode": "E01", "errorMessage": "No records found"}')

    with asking(answer, server) as connector:
        (page,) = list(connector.poll({}, NOW))
    assert page.transactions == ()
    assert page.statements[0].kind is StatementKind.WATERMARK


def test_paging_without_end_is_stopped(server):
    with (
        asking(_statement_of([], **{"Has More": "Y"}), server, max_pages=5) as connector,
        pytest.raises(ContractChangeError, match="5 pages"),
    ):
        list(connector.poll({}, NOW))
