"""NACHA: directions of entries and returns, addenda, control totals, layouts, and what goes to quarantine."""

import datetime as dt
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import FileFormatError
from producers.formats import nacha
from producers.formats.contract import BadEntry, Entry, EntryStatus, Finding, StatementEnd, StatementStart, StatementType
from producers.formats.sniff import sniff
from schemas.records import Direction, Proof
from tests.fixtures.promises import broken_by_file

CREDIT, DEBIT = Direction.CREDIT, Direction.DEBIT
FILE_HEADER = "101 091400606 6910001342601020306A094101FIRST BANK             APPLICATION            ".ljust(94)


def parse(content: bytes) -> list[object]:
    return list(nacha.parse(io.BytesIO(content)))


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def six(code="22", amount=100, *, routing=9140060, trace=1, reference="ID1", name="Paul Jones", addenda=0) -> str:
    return f"6{code}{routing:08d}6{'12345':<17}{amount:010d}{reference:<15}{name:<22}  {addenda}{trace:015d}"


def five(sec="PPD", effective="260105", julian="   ") -> str:
    return f"5200{'Coin Lion':<16}{'':<20}{'123456789':<10}{sec}{'TRANSFER':<10}{'':<6}{effective}{julian}1091000010000001"


def written(records: list[str], *, sec="PPD", end="\r\n", padded=True, header: str | None = None) -> bytes:
    """A file of one batch whose controls hold."""
    sixes = [record for record in records if record[0] == "6"]
    count, hashed = len(records), sum(int(record[3:11]) for record in sixes) % 10**10
    debit = sum(int(record[29:39]) for record in sixes if record[2] in "6789")
    credit = sum(int(record[29:39]) for record in sixes if record[2] in "1234")
    lines = [
        FILE_HEADER,
        header or five(sec),
        *records,
        f"8200{count:06d}{hashed:010d}{debit:012d}{credit:012d}{'123456789':<10}{'':<25}091000010000001",
        f"9000001000001{count:08d}{hashed:010d}{debit:012d}{credit:012d}".ljust(94),
    ]
    while padded and len(lines) % 10:
        lines.append("9" * 94)
    return end.join(lines).encode()


def only(*records: str, **options) -> Entry:
    events = parse(written(list(records), **options))
    assert not of(BadEntry, events), events
    (end,) = of(StatementEnd, events)
    assert end.proof is Proof.PROVED, of(Finding, events)
    return of(Entry, events)[0]


RETURN = "799R01091400600000042260107 9100001FUNDS".ljust(79) + "091000017611242"


@pytest.mark.parametrize(
    ("code", "addenda", "direction", "reversal"),
    [
        ("22", (), DEBIT, False),
        ("27", (), CREDIT, False),
        ("32", (), DEBIT, False),
        ("37", (), CREDIT, False),
        ("21", (RETURN,), CREDIT, True),
        ("26", (RETURN,), DEBIT, True),
        ("26", (RETURN.replace("R01", "R62"),), CREDIT, True),
        ("26", (RETURN.replace("R01", "R71"),), DEBIT, True),
        ("36", (), DEBIT, True),
    ],
)
def test_directions_are_those_of_the_company(code, addenda, direction, reversal):
    found = only(six(code, 500, addenda=len(addenda)), *addenda)
    assert (found.direction, found.is_reversal, found.amount_minor, found.status) == (direction, reversal, 500, EntryStatus.BOOKED)


def test_a_return_names_the_original_trace_and_the_reason():
    found = only(six("26", 500, trace=77), RETURN)
    assert (found.end_to_end_id, found.bank_reference, found.code) == ("091400600000042", "000000000000077", "PPD 26")
    assert (found.details[0].return_reason, found.details[0].payment_reference) == ("R01", "091400600000042")
    assert "FUNDS" in found.remittance


def test_a_notification_of_change_moves_nothing():
    change = "798C01121042880000001      121042881918171614".ljust(79) + "091012980000088"
    found = only(six("21", 0), change, sec="COR")
    assert (found.status, found.details[0].return_reason, found.details[0].remittance) == (
        EntryStatus.INFORMATION, "C01", "1918171614",
    )  # fmt: skip


def test_prenotifications_move_nothing():
    assert only(six("23", 0)).status is EntryStatus.INFORMATION


def test_fields_of_an_entry():
    found = only(six("27", 12354, reference="INV-7", name="Paul Jones"), "705paid for 7".ljust(83) + "00010000001")
    assert (found.customer_reference, found.counterparty_name, found.counterparty_account, found.counterparty_bank) == (
        "INV-7", "Paul Jones", "12345", "091400606",
    )  # fmt: skip
    assert (found.remittance, found.account_id, found.currency) == ("TRANSFER\npaid for 7", "123456789", "USD")
    assert (found.booking_date, found.line, found.position) == (dt.date(2026, 1, 5), 3, "3")


def test_cie_has_name_and_number_the_other_way_round():
    found = only(six("22", 1, reference="Paul Jones", name="ACC-9"), sec="CIE")
    assert (found.counterparty_name, found.customer_reference) == ("Paul Jones", "ACC-9")


def test_the_settlement_day_is_in_the_nearest_year():
    header = five(effective="251231", julian="002")
    assert only(six(), header=header).booking_date == dt.date(2026, 1, 2)


def test_iat_has_the_name_in_addenda_and_the_account_elsewhere():
    entry = f"6221210428820007{'':<13}{100000:010d}{'123456789':<35}    1231380100000001"
    ten = f"710ANN{100000:018d}{'928383-23938':<22}{'BEK Enterprises':<35}{'':<6}0000001"
    found = only(entry, ten, sec="IAT")
    assert (found.counterparty_name, found.counterparty_account) == ("BEK Enterprises", "123456789")


@pytest.mark.parametrize(("end", "padded"), [("\r\n", True), ("\n", False), ("", True), ("", False)])
def test_layouts(end, padded):
    records = [six("22", number, trace=number) for number in range(1, 30)]
    events = parse(written(records, end=end, padded=padded))
    assert [entry.amount_minor for entry in of(Entry, events)] == list(range(1, 30))
    (end_of_batch,) = of(StatementEnd, events)
    assert end_of_batch.proof is Proof.PROVED
    assert (end_of_batch.start.type, end_of_batch.declared.debit_minor) == (StatementType.LISTING, sum(range(1, 30)))


def test_trailing_blanks_may_be_missing():
    content = b"\n".join(line.rstrip() for line in written([six()]).splitlines())
    assert of(StatementEnd, parse(content))[0].proof is Proof.PROVED


@pytest.mark.parametrize("what", ["82000000010009140060", "90000010000010000000100091400600"])
def test_a_control_that_does_not_hold_fails_the_proof_and_keeps_the_entries(what):
    content = written([six()]).decode()
    assert what in content
    events = parse(content.replace(what, what[:-1] + "9").encode())
    assert [finding.code for finding in of(Finding, events)] == ["control_total"]
    assert of(StatementEnd, events)[0].proof is Proof.FAILED
    assert len(of(Entry, events)) == 1


def test_the_entry_hash_is_cut_to_ten_digits():
    records = [six(routing=99_999_999, trace=number) for number in range(101)]
    assert of(StatementEnd, parse(written(records)))[0].proof is Proof.PROVED


def test_a_bad_entry_is_kept_with_its_addenda_and_the_totals_tell():
    records = [six(trace=1), six(trace=2, addenda=1), "705text".ljust(94), six(trace=3)]
    content = written(records).replace(six(trace=2, addenda=1).encode(), six("90", trace=2, addenda=1).encode())
    events = parse(content)
    (bad,) = of(BadEntry, events)
    assert (bad.position, bad.reason) == ("4", "malformed_entry")
    assert b"705text" in bad.raw
    assert len(of(Entry, events)) == 2
    assert of(StatementEnd, events)[0].proof is Proof.FAILED


def test_records_outside_of_a_batch_are_quarantined():
    content = b"\n".join([FILE_HEADER.encode(), six().encode(), b"X" * 94, b"short", b"9000000000001".ljust(94, b"0")])
    assert [bad.position for bad in of(BadEntry, parse(content))] == ["3", "4", "2"]


def test_what_follows_the_file_control_is_quarantined() -> None:
    events = parse(written([six()], padded=False) + b"\r\n" + five().encode() + b"\r\n" + six().encode())
    assert [event.reason for event in of(BadEntry, events)] == ["after_file_control"] * 2
    assert len(of(StatementStart, events)) == len(of(StatementEnd, events)) == 1


def test_another_file_in_the_same_delivery_is_read() -> None:
    events = parse(written([six()], padded=False) + b"\r\n" + written([six(trace=2)]))
    assert [end.proof for end in of(StatementEnd, events)] == [Proof.PROVED] * 2


def test_a_batch_without_control_proves_nothing():
    lines = written([six()]).splitlines()
    events = parse(b"\n".join(line for line in lines if not line.startswith(b"8")))
    (end,) = of(StatementEnd, events)
    assert (end.complete, end.proof) == (False, Proof.NOT_PROVABLE)
    assert "missing_trailer" in [finding.code for finding in of(Finding, events)]


def test_the_same_trace_in_two_batches_or_files_is_two_entries():
    other = FILE_HEADER.replace("2601020306A", "2601030306A")
    first = parse(written([six(trace=1)]))
    second = parse(written([six(trace=1)]).replace(FILE_HEADER.encode(), other.encode()))
    assert of(Entry, first)[0].entry_id != of(Entry, second)[0].entry_id
    assert of(Entry, first) == of(Entry, parse(written([six(trace=1)], end="\n")))


def test_recognised_by_content():
    assert sniff(written([six()])).name == "nacha"
    assert [start.version for start in of(StatementStart, parse(written([six()])))] == ["NACHA PPD"]


@pytest.mark.parametrize(
    "content",
    [b"", b"5200" + b" " * 90, b"\xff\xfe1\x00", FILE_HEADER.encode(), FILE_HEADER.encode() + b"\n6" + b"2" * (2 << 20)],
    ids=["empty", "no header", "utf-16", "header only", "long line"],
)
def test_hostile_and_foreign_files_end_in_the_typed_error(content):
    with pytest.raises(FileFormatError):
        parse(content)


def test_endless_addenda_are_refused():
    with pytest.raises(FileFormatError, match="addenda"):
        parse("\n".join([FILE_HEADER, five(), six(), *["705".ljust(94)] * 10_001]).encode())


def test_cut_anywhere_it_never_passes_as_whole():
    whole = written([six("22", 5), six("27", 7, trace=2)], padded=False).rstrip()
    full = of(Entry, parse(whole))
    for size in range(len(whole)):
        try:
            events = parse(whole[:size])
        except FileFormatError:
            continue
        assert of(Entry, events) == full
        assert of(StatementEnd, events)[0].proof is Proof.FAILED, size


rows = st.lists(
    st.tuples(
        st.sampled_from(["22", "27", "32", "37", "21", "26"]),
        st.integers(1, 10**10 - 1),
        st.integers(0, 10**8 - 1),
        st.text("ABCab 19&/", max_size=22).map(str.strip),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(rows, st.sampled_from(["\n", "\r\n", ""]), st.booleans())
def test_what_is_written_is_read(entries, end, padded):
    records = [six(code, amount, routing=routing, trace=number + 1, name=name)
               for number, (code, amount, routing, name) in enumerate(entries)]  # fmt: skip
    events = parse(written(records, end=end, padded=padded))
    found = [(entry.code[-2:], entry.amount_minor, entry.counterparty_name or "") for entry in of(Entry, events)]
    assert found == [(code, amount, name) for code, amount, _, name in entries]
    assert of(StatementEnd, events)[0].proof is Proof.PROVED


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([b"1", b"5", b"6", b"7", b"8", b"9", b"?"]), st.binary(max_size=100))))
def test_garbage_ends_in_events_or_the_typed_error(records):
    content = FILE_HEADER.encode() + b"\n" + b"\n".join(kind + rest for kind, rest in records)
    assert broken_by_file(lambda: parse(content)) == []
