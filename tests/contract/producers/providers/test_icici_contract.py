import datetime as dt
import json
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from producers.errors import (
    AuthenticationError,
    ConfigurationError,
    ContractChangeError,
    PermissionDeniedError,
    ProducerError,
    TransientError,
)
from producers.kit.auth.rsa_keys import load_public_key
from producers.kit.contract import Connector, Page
from producers.kit.testing import FakeProvider, FakeResponse, forward_to, without_waiting
from producers.providers.icici.connector import build
from producers.providers.icici.crypto import seal_hybrid
from producers.sandbox.model import BankLine
from producers.sandbox.providers import icici as sandbox
from producers.sandbox.providers.icici import generate_credentials, routes
from schemas.records import Proof, StatementKind
from tests.contract.producers.providers.sample_world import KeyedBankContract, keyed_source
from tests.fixtures.bank_statements import NOW, ListWorld, fortnight, line, serving

ACCOUNT = "000405001234"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, str]]:
    directory = tmp_path_factory.mktemp("icici")
    return directory, generate_credentials(directory, bits=2048)


def connector(base_url: str, directory: Path, **options: Any) -> Connector:
    own = {"aggr_id": "AGGR1", "corp_id": "CORP1", "user_id": "USER1", "urn": "URN1", "window_days": 7}
    return build(
        keyed_source("icici", ACCOUNT, base_url, directory, ("api_key", "private_key", "bank_public_key"), **own | options)
    )


class TestIcici(KeyedBankContract):
    connectors = ("icici",)
    sandbox = sandbox
    account = ACCOUNT
    requests_per_poll = 6
    unknown_values = ({"TYPE": "XX"}, {"TXNDATE": "yesterday"}, {"VALUEDATE": "2026"}, {"REMARKS": "???/NEW RAIL/1"})
    shown_secrets = staticmethod(lambda keys: (keys["api_key"], keys["private_key"].splitlines()[3]))
    connect = staticmethod(connector)


Poll = Callable[..., list[Page]]


@pytest.fixture
def poll(keys: tuple[Path, Mapping[str, str]]) -> Poll:
    """Poll a bank that has the given lines."""

    def run(
        lines: list[BankLine], cursor: Mapping[str, Any] | None = None, now: dt.datetime = NOW, size: int = 20, **options: Any
    ) -> list[Page]:
        router = routes(ListWorld(ACCOUNT, lines), lambda: now, keys[1], page_size=size)
        with serving(router) as url, without_waiting(), closing(connector(url, keys[0], **options)) as found:
            return list(found.poll(cursor or {}, now))

    return run


def ids(pages: list[Page]) -> list[str]:
    return [record.txn_id.removeprefix(f"{ACCOUNT}:") for page in pages for record in page.transactions]


def test_every_line_comes_once_with_its_content(poll: Poll) -> None:
    pages = poll(fortnight())
    found = {record.txn_id: record for page in pages for record in page.transactions}
    expected = [f"S{day}{n}" for day in range(14) for n in range(3)] + ["L1", "L1-1"]
    assert sorted(ids(pages)) == sorted(expected)
    assert found[f"{ACCOUNT}:L1"].reference_number == "HDFCR52026111200000123"
    assert (found[f"{ACCOUNT}:L1-1"].amount_minor, found[f"{ACCOUNT}:L1-1"].transaction_type) == (25, "FEE")
    assert found[f"{ACCOUNT}:S30"].booked_at == dt.datetime(2026, 11, 9, 7, tzinfo=dt.UTC)


@pytest.mark.parametrize("size", [2, 7, 1000])
def test_legs_of_one_id_survive_every_page_size(poll: Poll, size: int) -> None:
    pages = poll(fortnight(), size=size)
    assert len(ids(pages)) == len(set(ids(pages))) == 44
    assert "L1-1" in ids(pages)


def test_a_later_leg_at_the_end_of_a_page_does_not_send_the_bank_back(poll: Poll) -> None:
    first = dt.datetime(2026, 11, 18, 6, tzinfo=dt.UTC)
    names = ("A", "X", "B", "X", "C", "D")
    lines = [line(name, first + dt.timedelta(hours=number), 10 + number) for number, name in enumerate(names)]
    assert ids(poll(lines, size=2)) == ["A", "X", "B", "X-1", "C", "D"]


def test_a_page_that_legs_of_one_id_fill_is_no_end(poll: Poll) -> None:
    with pytest.raises(ContractChangeError, match="paging cannot go on"):
        poll(fortnight(), size=1)


def test_a_known_page_size_saves_the_last_request(keys: tuple[Path, Mapping[str, str]]) -> None:
    with serving(routes(ListWorld(ACCOUNT, fortnight()), lambda: NOW, keys[1], page_size=50)) as url, without_waiting():
        counts = []
        for page_size in (None, 50):
            with FakeProvider(forward_to(url)) as provider:
                with closing(connector(provider.base_url, keys[0], page_size=page_size, window_days=30)) as found:
                    assert len(ids(list(found.poll({}, NOW)))) == 44
                counts.append(len(provider.requests))
    assert counts == [2, 1]


def test_the_second_poll_repeats_nothing_and_moves_the_watermark(poll: Poll) -> None:
    first = poll(fortnight())
    tomorrow = NOW + dt.timedelta(days=1)
    second = poll(fortnight(), first[-1].cursor, now=tomorrow)
    assert ids(second) == []
    watermark = second[-1].statements[-1]
    assert watermark.kind is StatementKind.WATERMARK
    assert watermark.account_id == ACCOUNT
    assert watermark.complete_through == dt.datetime(2026, 11, 20, 18, 30, tzinfo=dt.UTC)
    assert first[-1].statements[-1].complete_through == dt.datetime(2026, 11, 19, 18, 30, tzinfo=dt.UTC)


def test_the_watermark_waits_for_late_postings_when_told(poll: Poll) -> None:
    assert poll([], complete_lag_days=2)[-1].statements[-1].complete_through == dt.datetime(2026, 11, 17, 18, 30, tzinfo=dt.UTC)


def test_a_late_posting_inside_the_overlap_is_seen(poll: Poll) -> None:
    first = poll(fortnight())
    late = line("LATE", dt.datetime(2026, 11, 19, 6, tzinfo=dt.UTC), 99)
    second = poll([*fortnight(), late], first[-1].cursor, now=NOW + dt.timedelta(hours=1))
    assert "LATE" in ids(second)
    assert set(ids(second)) <= {"LATE", "S130", "S131", "S132"}


def test_the_ordinal_of_a_leg_survives_the_first_leg_leaving_the_overlap(poll: Poll) -> None:
    morning = dt.datetime(2026, 11, 16, 7, tzinfo=dt.UTC)
    legs = [line("X", morning, 100), line("X", morning + dt.timedelta(days=2), 200)]
    first = poll(legs)
    assert ids(first) == ["X", "X-1"]
    changed = [legs[0], legs[1], line("NEW", morning + dt.timedelta(days=2, hours=-1), 1)]
    second = poll(changed, first[-1].cursor, now=NOW)
    assert ids(second) == ["NEW", "X-1"]


def test_daily_statements_prove_the_balances(poll: Poll) -> None:
    statements = [s for page in poll(fortnight()) for s in page.statements if s.kind is StatementKind.STATEMENT]
    by_id = {s.statement_id: s for s in statements}
    assert len(by_id) == 14
    assert {s.proof for s in by_id.values()} == {Proof.PROVED}
    first = by_id[f"{ACCOUNT}:2026-11-06"]
    assert (first.opening_minor, first.closing_minor, first.entry_count) == (1_000_000, 1_011_000, 3)


@pytest.mark.parametrize(
    ("options", "error"),
    [({"urn": "OTHER"}, PermissionDeniedError), ({"accounts": ["999999999999"]}, ConfigurationError)],
)
def test_the_bank_refuses_who_is_not_registered(poll: Poll, options: dict[str, Any], error: type[ProducerError]) -> None:
    with pytest.raises(error):
        poll(fortnight(), **options)


def test_the_bank_refuses_another_api_key(keys: tuple[Path, Mapping[str, str]], tmp_path: Path) -> None:
    for name in ("private_key", "bank_public_key"):
        (tmp_path / name).write_text(keys[1][name], encoding="utf-8")
    (tmp_path / "api_key").write_text("wrong", encoding="utf-8")
    with (
        serving(routes(ListWorld(ACCOUNT, fortnight()), lambda: NOW, keys[1])) as url,
        closing(connector(url, tmp_path)) as found,
        pytest.raises(AuthenticationError),
    ):
        list(found.poll({}, NOW))


def test_credentials_are_for_their_owner_only(keys: tuple[Path, Mapping[str, str]]) -> None:
    assert {path.name: path.stat().st_mode & 0o777 for path in keys[0].iterdir()} == dict.fromkeys(keys[1], 0o600)


@pytest.mark.parametrize("count", [0, 1])
def test_none_and_one_record(poll: Poll, count: int) -> None:
    lines = [line("ONLY", dt.datetime(2026, 11, 19, 6, tzinfo=dt.UTC), 5)][:count]
    pages = poll(lines)
    assert ids(pages) == ["ONLY"][:count]
    assert pages[-1].statements[-1].kind is StatementKind.WATERMARK


Answer = Callable[[Any], list[Page]]


@pytest.fixture
def answered(keys: tuple[Path, Mapping[str, str]]) -> Answer:
    """Poll a bank that always gives the same answer: sealed when a document, in the open when bytes."""

    def run(answer: Any) -> list[Page]:
        body = answer
        if not isinstance(answer, bytes):
            sealed = seal_hybrid(json.dumps(answer).encode(), load_public_key(keys[1]["public_key"], "public_key"))
            body = json.dumps(sealed).encode()
        with (
            FakeProvider(lambda _: FakeResponse(200, body)) as provider,
            without_waiting(),
            closing(connector(provider.base_url, keys[0], start_date="2026-11-20")) as found,
        ):
            return list(found.poll({}, NOW))

    return run


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"RESPONSE": "FAILURE", "MESSAGE": "Invalid Account Number"}, ConfigurationError),
        ({"RESPONSE": "FAILURE", "MESSAGE": "User not registered", "ERRORCODE": "8"}, PermissionDeniedError),
        ({"RESPONSE": "FAILURE", "MESSAGE": "Technical error, try again", "ERRORCODE": "997"}, TransientError),
        ({"RESPONSE": "FAILURE", "MESSAGE": "Signature mismatch"}, AuthenticationError),
        ({"RESPONSE": "FAILURE", "MESSAGE": "Qwertz"}, ContractChangeError),
        ({"Record": []}, ContractChangeError),
        ({"RESPONSE": "SUCCESS", "Record": 5}, ContractChangeError),
        ({"RESPONSE": "SUCCESS", "ACCOUNTNO": "000405009999"}, ContractChangeError),
        ([1], ContractChangeError),
        (b'{"success": false, "errorcode": "8015", "description": "Invalid API key"}', AuthenticationError),
        (b'{"RESPONSE": "SUCCESS", "Record": []}', ContractChangeError),
        (b"[]", ContractChangeError),
        (b'{"encryptedKey": "AAAA", "encryptedData": "AAAA"}', ContractChangeError),
    ],
)
def test_failures_are_typed_and_never_an_empty_statement(answered: Answer, answer: Any, error: type[ProducerError]) -> None:
    with pytest.raises(error):
        answered(answer)


def test_a_failure_that_means_no_records_is_an_empty_statement(answered: Answer) -> None:
    pages = answered({"RESPONSE": "FAILURE", "MESSAGE": "No records found"})
    assert ids(pages) == []
    assert pages[-1].statements[-1].kind is StatementKind.WATERMARK


def test_a_bad_row_goes_to_quarantine_and_the_rest_is_kept(answered: Answer) -> None:
    good = {
        "TRANSACTIONID": "S1",
        "TXNDATE": "20-11-2026 10:00:00",
        "VALUEDATE": "20-11-2026",
        "AMOUNT": "1.00",
        "TYPE": "CR",
        "BALANCE": "1.00",
        "REMARKS": "X",
    }
    bad = good | {"TRANSACTIONID": "S2", "AMOUNT": "12.3.4"}
    first, second = (answered({"RESPONSE": "SUCCESS", "Record": [bad, good]}) for _ in range(2))
    assert ids(first) == ["S1"]
    [record] = first[0].bad
    assert record.reason == "malformed_row"
    assert "AMOUNT" in record.detail
    assert json.loads(record.raw) == bad
    assert record.position == second[0].bad[0].position
    assert first[0].fetched == 2


def test_a_full_page_without_ids_is_refused(answered: Answer) -> None:
    with pytest.raises(ContractChangeError, match="TRANSACTIONID"):
        answered({"RESPONSE": "SUCCESS", "Record": [{"AMOUNT": "1.00"}, {"AMOUNT": "2.00"}]})


@pytest.mark.parametrize(
    ("options", "named"),
    [({"accounts": []}, "accounts"), ({"urn": ""}, "urn"), ({"surprise": 1}, "surprise"), ({"overlap_days": -1}, "overlap_days")],
)
def test_wrong_options_are_named(keys: tuple[Path, Mapping[str, str]], options: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        connector("http://127.0.0.1:1", keys[0], **options)


def test_wrong_secrets_are_named_and_not_shown(tmp_path: Path) -> None:
    for name in ("api_key", "private_key", "bank_public_key"):
        (tmp_path / name).write_text("s3cret", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="bank_public_key") as caught:
        connector("http://127.0.0.1:1", tmp_path)
    assert "s3cret" not in str(caught.value)
