"""A window's lines, however the bank cut them into pages."""

import datetime as dt
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from producers.kit.contract import BadRecord, RawObject
from producers.kit.reading.day_windows import DayWindow
from producers.kit.record_origin import RecordOrigin
from producers.providers.hdfc.options import HdfcOptions
from producers.providers.hdfc.statement_api import StatementPage
from producers.providers.hdfc.window import read_window
from schemas.records import CanonicalTransaction, Proof

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 18)
WINDOW = DayWindow(DAY, DAY)
OPTIONS = HdfcOptions(account_ids=("1",))
ORIGIN = RecordOrigin("hdfc", "default", "1", None, NOW)


def row(number: int, balance: int, **changes: Any) -> dict[str, Any]:
    return {
        "Transaction Id": f"H{number}",
        "Debit Credit": "Credit",
        "Amount": f"{number + 1}.00",
        "Balance": f"{balance}.00",
        "Transaction Date": "2026-11-18 10:00",
        "Transaction Description": "NEFT",
    } | changes


def page(rows: list[Any], number: int, opening: int | None = None, closing: int | None = None) -> StatementPage:
    raw = RawObject(f"{number:064}", b"", "application/json")
    return StatementPage(tuple(rows), raw, f"/statement?page={number}", opening, closing, None, has_more=False)


def statement(count: int) -> tuple[list[dict[str, Any]], int]:
    rows, balance = [], 100
    for number in range(count):
        balance += number + 1
        rows.append(row(number, balance))
    return rows, balance


@given(st.integers(1, 12), st.integers(1, 5), st.integers(0, 2))
def test_every_line_once_whatever_the_pages_repeat(count: int, size: int, repeated: int):
    rows, closing = statement(count)
    pages, start = [], 0
    while start < count:
        pages.append(page(rows[max(0, start - repeated) : start + size], len(pages), 10_000, closing * 100))
        start += size
    content = read_window(pages, WINDOW, OPTIONS, ORIGIN)
    assert [record.txn_id for record in content.days[DAY] if isinstance(record, CanonicalTransaction)] == [
        f"1:H{n}" for n in range(count)
    ]
    assert content.statements[DAY].proof is Proof.PROVED
    assert content.fetched == sum(len(page.rows) for page in pages)


@given(st.integers(2, 12), st.data())
def test_a_missing_line_fails_the_proof(count: int, data: st.DataObject):
    rows, closing = statement(count)
    missing = data.draw(st.integers(0, count - 1))
    content = read_window([page(rows[:missing] + rows[missing + 1 :], 1, 10_000, closing * 100)], WINDOW, OPTIONS, ORIGIN)
    assert content.statements[DAY].proof is Proof.FAILED


@given(
    st.lists(
        st.none() | st.integers() | st.text(max_size=5) | st.dictionaries(st.text(max_size=5), st.text(max_size=5)), max_size=5
    )
)
def test_whatever_is_no_line_is_in_quarantine_with_its_bytes(junk: list[Any]):
    rows, _ = statement(2)
    content = read_window([page([rows[0], *junk, rows[1]], 1)], WINDOW, OPTIONS, ORIGIN)
    bad = [record for record in content.days[DAY] if isinstance(record, BadRecord)]
    assert len(content.days[DAY]) - len(bad) == 2
    assert {record.position for record in bad} == {record.position for record in bad if record.raw}
    assert bool(bad) == bool(junk)
    assert content.statements[DAY].proof is (Proof.NOT_PROVABLE if junk else Proof.PROVED)


def test_positions_do_not_depend_on_the_page():
    broken = row(1, 1, Amount="x")
    first = read_window([page([broken], 1)], WINDOW, OPTIONS, ORIGIN).days[DAY][0]
    second = read_window([page([row(0, 1), broken], 2)], WINDOW, OPTIONS, ORIGIN).days[DAY][1]
    assert isinstance(first, BadRecord)
    assert isinstance(second, BadRecord)
    assert first == second
