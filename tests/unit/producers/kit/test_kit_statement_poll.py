import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from producers.errors import ConfigurationError
from producers.kit.contract import BadRecord, Page
from producers.kit.reading.day_windows import IST, DayWindow
from producers.kit.reading.repeated_ids import RepeatedIds
from producers.kit.statements.day_statements import BalanceRow
from producers.kit.statements.statement_poll import BookedRow, StatementPoll, WindowContent
from reconduit.sources import SourceConfig
from schemas.records import CanonicalTransaction, Direction, StatementKind

NOW = dt.datetime(2026, 1, 20, 9, tzinfo=dt.UTC)
POLL = StatementPoll(
    config=SourceConfig(name="bank", connector="bank", tenant_id="acme"),
    accounts=("A", "B"),
    currency="INR",
    zone=IST,
    start_date=dt.date(2026, 1, 11),
    initial_days=0,
    overlap_days=2,
    window_days=6,
    complete_lag_days=0,
)


def booked(account: str, day: int, record: str) -> BookedRow:
    transaction = CanonicalTransaction(
        tenant_id="acme",
        txn_id=f"{account}:{record}",
        source="bank",
        account_id=account,
        amount_minor=1,
        currency="INR",
        direction=Direction.CREDIT,
        booked_at=dt.datetime(2026, 1, day, 9, tzinfo=dt.UTC),
        ingested_at=NOW,
    )
    return BookedRow(transaction, BalanceRow(dt.date(2026, 1, day), Direction.CREDIT, 1, day))


class Bank:
    """One row a day for each account, and what a test adds."""

    def __init__(self) -> None:
        self.extra: list[tuple[str, int, str]] = []
        self.bad: list[BadRecord] = []
        self.windows: list[tuple[str, DayWindow]] = []
        self.text: dict[str, str] = {}

    def read(self, account: str, window: DayWindow, ids: RepeatedIds, now: dt.datetime) -> WindowContent:
        self.windows.append((account, window))
        rows = [*((account, day, f"d{day}") for day in range(11, 21)), *(row for row in self.extra if row[0] == account)]
        found = [booked(*row) for row in sorted(rows, key=lambda row: row[1]) if window.first.day <= row[1] <= window.last.day]
        found = [replace(row, transaction=self._told(row.transaction)) for row in found]
        return WindowContent(found, list(self.bad), [], len(found))

    def _told(self, record: CanonicalTransaction) -> CanonicalTransaction:
        return replace(record, description=self.text.get(record.txn_id))

    def poll(self, cursor: Mapping[str, Any] | None = None, now: dt.datetime = NOW) -> list[Page]:
        return list(POLL.pages(json.loads(json.dumps(dict(cursor or {}))), now, self.read))


def ids(pages: list[Page]) -> list[str]:
    return [record.txn_id for page in pages for record in page.transactions]


def test_each_account_is_read_in_windows_that_overlap_and_nothing_twice() -> None:
    bank = Bank()
    pages = bank.poll()
    assert [(account, w.first.day, w.last.day) for account, w in bank.windows] == [
        (account, *days) for account in "AB" for days in ((11, 16), (14, 19), (17, 20))
    ]
    assert ids(pages) == [f"{account}:d{day}" for account in "AB" for day in range(11, 21)]


def test_the_watermark_is_on_the_last_page_of_an_account() -> None:
    kinds = [[s.account_id for s in page.statements if s.kind is StatementKind.WATERMARK] for page in Bank().poll()]
    assert kinds == [[], [], ["A"], [], [], ["B"]]


def test_only_a_day_that_changed_is_published_again() -> None:
    bank = Bank()
    first = bank.poll()
    bank.extra = [("A", 18, "late"), ("A", 12, "too-late")]
    second = bank.poll(first[-1].cursor)
    assert ids(second) == ["A:late"]
    assert ids(bank.poll(second[-1].cursor)) == []


def test_a_row_that_changes_its_place_has_its_day_published_again() -> None:
    bank = Bank()
    first = bank.poll()
    bank.extra = [("A", 19, "new")]
    known = bank.poll(first[-1].cursor)
    bank.extra = [("A", 19, "older"), ("A", 19, "new")]
    assert set(ids(bank.poll(known[-1].cursor))) == {"A:d19", "A:older", "A:new"}


def test_one_account_may_be_behind_the_other() -> None:
    bank = Bank()
    pages = bank.poll()
    behind = pages[2].cursor
    bank.windows.clear()
    assert ids(bank.poll(behind)) == [f"B:d{day}" for day in range(11, 21)]
    assert [(account, w.first.day) for account, w in bank.windows] == [("A", 18), ("B", 11), ("B", 14), ("B", 17)]


def test_statements_are_for_closed_days_and_only_when_every_row_was_read() -> None:
    bank = Bank()
    days = {s.closing_date for page in bank.poll() for s in page.statements if s.kind is StatementKind.STATEMENT}
    assert days == {dt.date(2026, 1, day) for day in range(11, 20)}
    bank.bad = [BadRecord("malformed_row", "AMOUNT", "1", b"{}")]
    pages = bank.poll()
    assert {s.kind for page in pages for s in page.statements} == {StatementKind.WATERMARK}
    assert len(pages[0].bad) == 1


def test_a_day_that_closes_gets_its_statement_without_a_new_row() -> None:
    bank = Bank()
    first = bank.poll()
    second = bank.poll(first[-1].cursor, NOW + dt.timedelta(days=1))
    assert ids(second) == []
    assert "A:2026-01-20" in {s.statement_id for s in second[0].statements}


@pytest.mark.parametrize(
    "stored", [{"A": {"read_through": "2026-01-18"}}, {"A": {"through": "yesterday", "days": {}, "repeats": {}}}, {"A": 7}]
)
def test_a_foreign_cursor_is_named(stored: Any) -> None:
    with pytest.raises(ConfigurationError, match="reset the source's cursor"):
        Bank().poll({"accounts": {"A": stored}})


def test_a_row_that_the_bank_corrects_has_the_next_revision_and_its_neighbours_keep_theirs() -> None:
    bank = Bank()
    first = bank.poll()
    bank.extra = [("A", 19, "c")]
    second = bank.poll(first[-1].cursor)
    bank.text = {"A:c": "corrected"}
    third = bank.poll(second[-1].cursor)
    assert [(record.txn_id, record.revision) for page in third for record in page.transactions] == [("A:d19", 0), ("A:c", 1)]
    assert ids(bank.poll(third[-1].cursor)) == []
