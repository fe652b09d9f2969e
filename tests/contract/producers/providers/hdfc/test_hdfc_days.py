"""Lines, statements and watermarks of HDFC by day: each line once, closed days proved, late ones published again."""

import datetime as dt
import json
from dataclasses import replace
from typing import Any

import pytest

from producers.kit.testing import FakeRequest, FakeResponse, forward_to
from schemas.records import Proof, StatementKind
from tests.contract.producers.providers.hdfc.staged_bank import (
    ACCOUNT,
    DAY,
    NOW,
    OPENING,
    asking,
    connected,
    line,
    records,
    statements,
    usual_lines,
)


@pytest.mark.parametrize("options", [{}, {"scheme": "none"}, {"window_days": 4}, {"page_style": "single", "page_size": 500}])
def test_every_line_once(server, options: dict[str, Any]):
    with connected(server, usual_lines(), **options) as connector:
        pages = list(connector.poll({}, NOW))
    got = records(pages)
    assert [record.txn_id for record in got] == [f"{ACCOUNT}:{found.line_id}" for found in usual_lines()]
    assert [record.amount_minor for record in got] == [found.amount_minor for found in usual_lines()]
    assert got[0].settlement_id == "UTIBN26323000000"
    by_id = {record.txn_id: record for record in got}
    assert by_id[f"{ACCOUNT}:H000021"].reference_number == "632312345678"
    assert by_id[f"{ACCOUNT}:H000020"].settlement_id is None
    assert by_id[f"{ACCOUNT}:H000020"].transaction_type == "FEE"


@pytest.mark.parametrize("window_days", [1, 4])
def test_statements_of_closed_days_prove_and_follow_each_other(server, window_days: int):
    with connected(server, usual_lines(), window_days=window_days) as connector:
        found = statements(list(connector.poll({}, NOW)))
    assert [statement.statement_id for statement in found] == [f"{ACCOUNT}:2026-11-{day}" for day in (17, 18, 19)]
    assert {statement.proof for statement in found} == {Proof.PROVED}
    assert found[0].opening_minor == OPENING
    assert [s.opening_minor for s in found[1:]] == [s.closing_minor for s in found[:-1]]
    assert [statement.entry_count for statement in found] == [7, 4, 1]


def test_the_bank_declares_the_watermark(server):
    with connected(server, usual_lines()) as connector:
        pages = list(connector.poll({}, NOW))
        (watermark,) = pages[-1].statements
        assert (watermark.kind, watermark.account_id) == (StatementKind.WATERMARK, ACCOUNT)
        assert watermark.complete_through == dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
        assert list(connector.poll(pages[-1].cursor, NOW)) == [], "nothing is new and the watermark has not moved"


def test_late_posting_inside_the_overlap_is_published_with_the_statements_behind_it(server):
    late = line(15, NOW - 2 * DAY + dt.timedelta(minutes=30))
    with connected(server, usual_lines()) as connector:
        cursor = list(connector.poll({}, NOW))[-1].cursor
        server.stage.lines = [*usual_lines(), late]
        pages = list(connector.poll(cursor, NOW))
    assert f"{ACCOUNT}:H000015" in {record.txn_id for record in records(pages)}
    assert {record.booked_at.day for record in records(pages)} == {18}, "the other days are as they were"
    assert [s.statement_id[-2:] for s in statements(pages)] == ["18", "19"]
    assert {s.proof for s in statements(pages)} == {Proof.PROVED}


def test_the_cursor_remembers_no_more_than_the_overlap_also_while_it_fills_the_past(server):
    with connected(server, usual_lines(), overlap_days=1) as connector:
        pages = list(connector.poll({}, NOW))
    remembered = [set(page.cursor["accounts"][ACCOUNT]["days"]) for page in pages]
    assert remembered[0] == {"2026-11-17"}
    assert remembered[-1] == {"2026-11-19", "2026-11-20"}


def test_a_new_line_of_today_is_published_alone(server):
    with connected(server, usual_lines()) as connector:
        cursor = list(connector.poll({}, NOW))[-1].cursor
        server.stage.lines = [*usual_lines(), line(31, NOW - dt.timedelta(hours=1))]
        pages = list(connector.poll(cursor, NOW))
    assert [record.txn_id for record in records(pages)] == [f"{ACCOUNT}:H000031"]
    assert statements(pages) == [], "today is not over"


def test_the_day_that_was_open_gets_its_statement_when_it_is_over(server):
    with connected(server, usual_lines()) as connector:
        cursor = list(connector.poll({}, NOW))[-1].cursor
        pages = list(connector.poll(cursor, NOW + DAY))
    assert records(pages) == []
    assert [statement.statement_id for statement in statements(pages)] == [f"{ACCOUNT}:2026-11-20"]


def test_a_line_without_which_the_balances_do_not_hold_fails_the_proof(server):
    """The bank's closing balance has a line that its list leaves out."""

    def drop_a_row(request: FakeRequest) -> FakeResponse:
        given = forward_to(server.url)(request)
        if request.path.endswith("Statement"):
            body = json.loads(given.body)
            body["ALL_RECORDS"] = [row for row in body["ALL_RECORDS"] if row["Transaction Id"] != "H000006"]
            given = replace(given, body=json.dumps(body).encode())
        return given

    server.stage.lines = usual_lines()
    with asking(drop_a_row, server) as connector:
        found = statements(list(connector.poll({}, NOW)))
    assert [statement.proof for statement in found] == [Proof.FAILED, Proof.PROVED, Proof.PROVED]
