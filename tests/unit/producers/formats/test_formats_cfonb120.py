"""CFONB 120: overpunched amounts, decimals, complements, layouts, the balance proof, and what goes to quarantine."""

import datetime as dt
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import FileFormatError
from producers.formats import cfonb120
from producers.formats.contract import BadEntry, Entry, Finding, StatementEnd, StatementStart
from producers.formats.sniff import sniff
from schemas.records import Direction, Proof
from tests.fixtures.promises import broken_by_file


def parse(content: bytes | str) -> list[object]:
    raw = content.encode() if isinstance(content, str) else content
    return list(cfonb120.parse(io.BytesIO(raw)))


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def amount(minor: int) -> str:
    digits = f"{abs(minor):014d}"
    return digits[:13] + ("}JKLMNOPQR" if minor < 0 else "{ABCDEFGHI")[int(digits[13])]


def record(kind: str, minor: int, *, label="", operation="  ", date="020126", value="      ", reference="", currency="EUR",
           decimals="2", account="00012345603", number="0000000", motif="  ") -> str:  # fmt: skip
    return (
        f"{kind}10278    02204{currency}{decimals} {account}{operation}{date}{motif}{value}{label:<31}  {number}00{amount(minor)}"
        f"{reference:<16}"
    )


def complement(qualifier: str, text: str) -> str:
    return f"0510278    02204EUR2 0001234560305020126     {qualifier}{text:<70}  "


def statement(*records: str, opening=1000, closing=None, currency="EUR", decimals="2") -> list[str]:
    marks = {"currency": currency, "decimals": decimals}
    return [record("01", opening, **marks), *records, record("07", opening if closing is None else closing, date="030126", **marks)]


def test_the_records_are_120_wide():
    assert {len(line) for line in statement(record("04", 1), complement("LIB", "x"))} == {120}


def test_a_statement_proves():
    movement = record("04", -250, label="PRLV SEPA", operation="B1", value="010126", reference="REF9")
    lines = statement(movement, complement("LIB", "INVOICE 7"), complement("NPY", "ACME"), complement("RCN", "E2E-1"), closing=750)
    events = parse("\r\n".join(lines))
    (start,) = of(StatementStart, events)
    assert (start.account_id, start.currency, start.statement_id) == ("102780220400012345603", "EUR", "2026-01-02/1")
    (found,) = of(Entry, events)
    assert (found.amount_minor, found.direction, found.code, found.remittance) == (
        250,
        Direction.DEBIT,
        "B1",
        "PRLV SEPA\nINVOICE 7",
    )
    assert (found.booking_date, found.value_date, found.position) == (dt.date(2026, 1, 2), dt.date(2026, 1, 1), "2")
    assert (found.customer_reference, found.end_to_end_id, found.counterparty_name) == ("REF9", "E2E-1", "ACME")
    (end,) = of(StatementEnd, events)
    assert (end.proof, end.opening.amount_minor, end.closing.amount_minor, end.closing.date) == (
        Proof.PROVED, 1000, 750, dt.date(2026, 1, 3),
    )  # fmt: skip


@pytest.mark.parametrize("minor", [*range(-11, 12), 10**13 - 1])
def test_the_last_character_carries_digit_and_sign(minor):
    (found,) = of(Entry, parse("\n".join(statement(record("04", minor), opening=0, closing=minor))))
    assert (found.amount_minor, found.direction) == (abs(minor), Direction.DEBIT if minor < 0 else Direction.CREDIT)


@pytest.mark.parametrize(
    ("currency", "decimals", "written", "minor"),
    [
        ("EUR", "2", 150, 150),
        ("EUR", "3", 1500, 150),
        ("EUR", "0", 3, 300),
        ("JPY", "0", 3, 3),
        ("TND", "3", 5, 5),
        ("EUR", " ", 5, 5),
    ],
)
def test_decimals_are_counted_in_the_record(currency, decimals, written, minor):
    marks = {"currency": currency, "decimals": decimals}
    lines = statement(record("04", written, **marks), opening=0, closing=written, **marks)
    events = parse("\n".join(lines))
    assert of(Entry, events)[0].amount_minor == minor
    assert of(StatementEnd, events)[0].proof is Proof.PROVED


def test_more_decimals_than_the_currency_has_are_not_rounded():
    events = parse("\n".join(statement(record("04", 1501, decimals="3"))))
    assert [bad.reason for bad in of(BadEntry, events)] == ["amount"]


def test_a_reject_has_its_reason():
    (found,) = of(Entry, parse("\n".join(statement(record("04", 5, motif="14"), closing=1005))))
    assert (found.is_reversal, found.details[0].return_reason) == (True, "14")


def test_trailing_blanks_and_line_ends_may_be_missing():
    lines = statement(record("04", 5), complement("LIB", "X"), closing=1005)
    expected = of(Entry, parse("\n".join(lines)))[0].amount_minor
    for content in ("\n".join(line.rstrip() for line in lines) + "\n\n \n", "".join(lines), "\r\n".join(lines) + "\r\n"):
        events = parse(content)
        assert [entry.amount_minor for entry in of(Entry, events)] == [expected]
        assert of(StatementEnd, events)[0].proof is Proof.PROVED


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_accents(encoding):
    content = "\n".join(statement(record("04", 5, label="FACTURE RÉGLÉE"), closing=1005)).encode(encoding)
    assert of(Entry, parse(content))[0].remittance == "FACTURE RÉGLÉE"


def test_several_statements_of_a_day_have_names_of_their_own():
    events = parse("\n".join(statement() + statement()))
    assert [start.statement_id for start in of(StatementStart, events)] == ["2026-01-02/1", "2026-01-02/2"]


def test_a_movement_that_cannot_be_read_is_kept_with_its_complements():
    broken = record("04", 5)[:90] + "X" * 14 + " " * 16
    foreign = record("04", 7, account="99999999999")
    events = parse("\n".join(statement(broken, complement("LIB", "its text"), foreign, "99what", record("04", 5), closing=1005)))
    assert [bad.position for bad in of(BadEntry, events)] == ["2", "4", "5"]
    assert b"its text" in of(BadEntry, events)[0].raw
    assert len(of(Entry, events)) == 1
    assert of(StatementEnd, events)[0].bad_entries == 3
    assert of(StatementEnd, events)[0].proof is Proof.PROVED


def test_balances_that_do_not_hold_fail():
    events = parse("\n".join(statement(record("04", 5), closing=1006)))
    assert [finding.code for finding in of(Finding, events)] == ["balance_mismatch"]
    assert of(StatementEnd, events)[0].proof is Proof.FAILED


def test_a_statement_without_new_balance_before_the_next_is_incomplete():
    events = parse("\n".join(statement()[:-1] + statement()))
    first, second = of(StatementEnd, events)
    assert (first.complete, first.proof, second.proof) == (False, Proof.NOT_PROVABLE, Proof.PROVED)


def test_recognised_by_content():
    assert sniff("\n".join(statement()).encode()).name == "cfonb120"


@pytest.mark.parametrize(
    "content",
    ["", "3100000120181220E", record("04", 5), record("01", 5), record("01", 5) + "\n04" + "x" * (2 << 20)],
    ids=["empty", "cfonb240", "movement first", "no new balance", "long line"],
)
def test_hostile_and_foreign_files_end_in_the_typed_error(content):
    with pytest.raises(FileFormatError):
        parse(content)


def test_endless_complements_are_refused():
    with pytest.raises(FileFormatError, match="complements"):
        parse("\n".join([*statement(record("04", 5))[:2], *[complement("LIB", "x")] * 1001]))


def test_cut_anywhere_it_never_passes_as_whole():
    whole = "\n".join(statement(record("04", 5), complement("LIB", "X"), closing=1005))
    balance = len(whole) - 16  # the reference columns of the new balance are blank and may be missing
    for size in range(balance):
        try:
            events = parse(whole[:size])
        except FileFormatError:
            continue
        assert of(StatementEnd, events)[0].proof is not Proof.PROVED, size


labels = st.text("ABC é/19", max_size=31).map(str.strip)
days = st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))
rows = st.lists(st.tuples(st.integers(-(10**11), 10**11), days, labels), max_size=8)


@settings(max_examples=150, deadline=None)
@given(rows, st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_is_written_is_read(entries, end):
    movements = [record("04", minor, label=label, date=f"{day:%d%m%y}") for minor, day, label in entries]
    events = parse(end.join(statement(*movements, closing=1000 + sum(minor for minor, _, _ in entries))))
    signs = {Direction.CREDIT: 1, Direction.DEBIT: -1}
    found = [
        (signs[entry.direction] * entry.amount_minor, entry.booking_date, entry.remittance or "") for entry in of(Entry, events)
    ]
    assert found == entries
    assert of(StatementEnd, events)[0].proof is Proof.PROVED


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([b"01", b"04", b"05", b"07", b"??"]), st.binary(max_size=130))))
def test_garbage_ends_in_events_or_the_typed_error(records):
    assert broken_by_file(lambda: parse(record("01", 5).encode() + b"\n" + b"\n".join(kind + rest for kind, rest in records))) == []
