"""CODA: movements and their details, three decimals, communications, both proofs, and what goes to quarantine."""

import datetime as dt
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import FileFormatError
from producers.formats import coda
from producers.formats.coda_records import parse_communication
from producers.formats.contract import BadEntry, Entry, Finding, StatementEnd, StatementStart
from producers.formats.sniff import sniff
from schemas.records import Direction, Proof
from tests.fixtures.promises import broken_by_file


def parse(content: bytes | str) -> list[object]:
    raw = content.encode() if isinstance(content, str) else content
    return list(coda.parse(io.BytesIO(raw)))


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def signed(milli: int) -> str:
    return f"{'1' if milli < 0 else '0'}{abs(milli):015d}"


def header(copy=" ") -> str:
    return f"0000003012672505{copy}{'':<7}{'REF':<10}{'ACME NV':<26}{'KREDBEBB':<11}00630366277 00000".ljust(127) + "2"


IBAN = "BE62510007547061".ljust(34) + "EUR"


def old(milli=0, *, structure="2", account=IBAN, sequence="004") -> str:
    return f"1{structure}{sequence}{account:<37}{signed(milli)}020126{'ACME NV':<26}{'':<35}{sequence}"


def new(milli: int, *, sequence="004") -> str:
    return f"8{sequence}{'BE62510007547061'.ljust(34) + 'EUR':<37}{signed(milli)}030126".ljust(128)


def movement(milli: int, *, number=1, detail=0, code="00150000", text="", structured=False, day="030126") -> str:
    return (
        f"21{number:04d}{detail:04d}{f'BANKREF{number}':<21}{signed(milli)}020126{code}{int(structured)}{text:<53}{day}004000"
    ).ljust(128)


def second(text="", *, number=1, reference="", bic="", kind=" ", reason="") -> str:
    return f"22{number:04d}0000{text:<53}{reference:<35}{bic:<11}   {kind}{reason:<4}".ljust(128)


def third(account="", name="", text="", *, number=1) -> str:
    return f"23{number:04d}0000{account:<37}{name:<35}{text:<43}".ljust(128)


def trailer(records: int, debit: int, credit: int) -> str:
    return f"9{'':<15}{records:06d}{debit:015d}{credit:015d}".ljust(127) + "2"


def written(*records: str, total: int = 0, debit: int = 0, credit: int = 0, opening: int = 0) -> str:
    body = [old(opening), *records, new(opening + total)]
    return "\n".join([header(), *body, trailer(len(body), debit, credit)])


def only(*records: str, milli: int) -> Entry:
    events = parse(written(*records, total=milli, debit=max(0, -milli), credit=max(0, milli)))
    (end,) = of(StatementEnd, events)
    assert end.proof is Proof.PROVED, events
    return of(Entry, events)[0]


def test_a_statement_proves():
    lines = (
        movement(-12500, text="RENT "),
        second("JANUARY", reference="E2E-7", bic="KREDBEBB"),
        third("BE01", "LANDLORD", " 2026"),
    )
    events = parse(written(*lines, opening=20000, total=-12500, debit=12500))
    (start,) = of(StatementStart, events)
    assert (start.account_id, start.currency, start.sequence, start.statement_id, start.is_copy) == (
        "BE62510007547061", "EUR", 4, "2026:004", False,
    )  # fmt: skip
    (found,) = of(Entry, events)
    assert (found.amount_minor, found.direction, found.booking_date, found.value_date) == (
        1250, Direction.DEBIT, dt.date(2026, 1, 3), dt.date(2026, 1, 2),
    )  # fmt: skip
    assert (found.bank_reference, found.end_to_end_id, found.counterparty_name, found.counterparty_account) == (
        "BANKREF1", "E2E-7", "LANDLORD", "BE01",
    )  # fmt: skip
    assert (found.counterparty_bank, found.code, found.position) == ("KREDBEBB", "00150000", "3")
    assert found.remittance == "RENT JANUARY 2026"
    (end,) = of(StatementEnd, events)
    assert (end.proof, end.opening.amount_minor, end.closing.amount_minor, end.declared.debit_minor) == (
        Proof.PROVED,
        2000,
        750,
        1250,
    )


@pytest.mark.parametrize(
    ("structure", "account", "expected"),
    [
        ("0", "435000000080 EUR0BE", ("435000000080", "EUR")),
        ("1", "NL12345".ljust(34) + "USD", ("NL12345", "USD")),
        ("2", "BE62510007547061".ljust(34) + "EUR", ("BE62510007547061", "EUR")),
        ("3", "FR7630006000011234567890189".ljust(34) + "EUR", ("FR7630006000011234567890189", "EUR")),
    ],
)
def test_account_structures(structure, account, expected):
    content = "\n".join([header(), old(structure=structure, account=account), trailer(1, 0, 0)])
    (start,) = of(StatementStart, parse(content))
    assert (start.account_id, start.currency) == expected


def test_details_are_never_added_to_their_movement():
    lines = (
        movement(-3000, code="10150000"),
        movement(-1000, detail=1, code="50150000", text="first"),
        movement(-2000, detail=2, code="50150000", text="second"),
    )
    found = only(*lines, milli=-3000)
    assert [(detail.amount_minor, detail.direction, detail.remittance) for detail in found.details] == [
        (100, Direction.DEBIT, "first"),
        (200, Direction.DEBIT, "second"),
    ]


def test_details_that_do_not_make_their_movement_are_reported():
    lines = (movement(3000, code="10150000"), movement(1000, detail=1, code="50150000"))
    events = parse(written(*lines, total=3000, credit=3000))
    assert [finding.code for finding in of(Finding, events)] == ["detail_sum_mismatch"]
    assert of(StatementEnd, events)[0].proof is Proof.PROVED


def test_charges_of_a_movement_are_no_payments():
    assert only(movement(900, code="34150000"), movement(1000, detail=1, code="84150100"), milli=900).details == ()


def test_the_third_decimal_is_kept_out_not_rounded():
    assert only(movement(10), milli=10).amount_minor == 1
    events = parse(written(movement(15), total=15, credit=15))
    assert [bad.reason for bad in of(BadEntry, events)] == ["amount"]


@pytest.mark.parametrize(
    ("structured", "text", "expected"),
    [
        (True, "101269021157996", ("+++269/0211/57996+++", "269021157996", None)),
        (True, "101011111111158", ("101011111111158", None, None)),
        (True, "102000000009797", ("+++000/0000/09797+++", "000000009797", None)),
        (
            True,
            "127" + "060126100".ljust(9) + "BE69ZZZ".ljust(35) + "MANDATE-1".ljust(35) + "MAY".ljust(62),
            ("MAY", None, "MANDATE-1"),
        ),
        (True, "114 something", ("114 something", None, None)),
        (False, "two  words   ", ("two words", None, None)),
        (False, "   ", (None, None, None)),
    ],
)
def test_communications(structured, text, expected):
    assert tuple(parse_communication(structured, text)) == expected


def test_a_structured_communication_is_the_reference():
    digits = f"{1234567890}{1234567890 % 97:02d}"
    assert only(movement(10, text="101" + digits, structured=True), milli=10).customer_reference == digits


def test_a_return_has_its_reason():
    found = only(movement(10), second(kind="2", reason="MD06"), milli=10)
    assert (found.is_reversal, found.details[0].return_reason) == (True, "MD06")


def test_information_follows_the_communication():
    information = "31" + "00010001" + f"{'BANKREF1':<21}" + "001500001" + "1001ACME NV".ljust(73)
    assert only(movement(10, text="paid"), information.ljust(128), milli=10).remittance == "paid\n1001ACME NV"


def test_an_account_without_movements_may_lack_its_new_balance():
    (end,) = of(StatementEnd, parse("\n".join([header(), old(5000), trailer(1, 0, 0)])))
    assert (end.proof, end.complete, end.closing.amount_minor) == (Proof.PROVED, True, 500)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (written(movement(10), total=20, credit=10), "balance_mismatch"),
        (written(movement(10), total=10, credit=20), "declared_total_mismatch"),
        (
            written(movement(10), total=10, credit=10).replace("9" + " " * 15 + "000003", "9" + " " * 15 + "000004"),
            "declared_total_mismatch",
        ),
        (written(movement(10), total=10, credit=10)[:-100], "declared_total_mismatch"),
    ],
    ids=["balance", "sum", "count", "cut trailer"],
)
def test_a_proof_that_does_not_hold_fails_and_keeps_the_entries(content, code):
    events = parse(content)
    assert code in [finding.code for finding in of(Finding, events)]
    assert of(StatementEnd, events)[0].proof is Proof.FAILED
    assert len(of(Entry, events)) == 1


def test_a_movement_that_cannot_be_read_is_kept_with_its_records():
    events = parse(
        written(movement(10), movement(7, number=2, day="------"), second("its text", number=2), "7" * 128, total=10, credit=10)
    )
    assert [bad.position for bad in of(BadEntry, events)] == ["4", "6"]
    assert b"its text" in of(BadEntry, events)[0].raw
    assert (len(of(Entry, events)), of(StatementEnd, events)[0].bad_entries) == (1, 2)


def test_copies_messages_and_several_files():
    message = f"4 0001{'':<26}{'Rates change in March':<80}".ljust(128)
    first = "\n".join([header("D"), old(), new(0), message, trailer(2 + 1, 0, 0)])
    events = parse(first + "\n" + written())
    assert [start.is_copy for start in of(StatementStart, events)] == [True, False]
    assert [end.proof for end in of(StatementEnd, events)] == [Proof.PROVED] * 2
    assert "Rates change" in of(Finding, events)[0].message


def test_recognised_by_content():
    assert sniff(written().encode()).name == "coda"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_accents(encoding):
    content = written(movement(10, text="réglé"), total=10, credit=10).encode(encoding)
    assert of(Entry, parse(content))[0].remittance == "réglé"


@pytest.mark.parametrize(
    "content",
    ["", "1" * 128, header(), header() + "\n" + "2" * (2 << 20)],
    ids=["empty", "no header", "header only", "long line"],
)
def test_hostile_and_foreign_files_end_in_the_typed_error(content):
    with pytest.raises(FileFormatError):
        parse(content)


def test_cut_anywhere_it_never_passes_as_whole():
    whole = written(movement(10), second("text"), total=10, credit=10)
    for size in range(len(whole) - 76):  # the rest of the trailer is blank, or says whether another file follows
        try:
            events = parse(whole[:size])
        except FileFormatError:
            continue
        assert of(StatementEnd, events)[0].proof is Proof.FAILED, size


rows = st.lists(
    st.tuples(st.integers(-(10**9), 10**9), st.text("ABC é/19", max_size=53).map(lambda t: " ".join(t.split()))), max_size=8
)


@settings(max_examples=150, deadline=None)
@given(rows, st.sampled_from(["\n", "\r\n", "\r", ""]))
def test_what_is_written_is_read(entries, end):
    if not end:
        entries = [(minor, text.replace("é", "e")) for minor, text in entries]  # without lines, columns are bytes
    lines = [movement(minor * 10, number=index + 1, text=text) for index, (minor, text) in enumerate(entries)]
    total = 10 * sum(minor for minor, _ in entries)
    credit = 10 * sum(minor for minor, _ in entries if minor > 0)
    events = parse(written(*lines, total=total, credit=credit, debit=credit - total).replace("\n", end))
    signs = {Direction.CREDIT: 1, Direction.DEBIT: -1}
    found = [(signs[entry.direction] * entry.amount_minor, entry.remittance or "") for entry in of(Entry, events)]
    assert found == entries
    assert of(StatementEnd, events)[0].proof is Proof.PROVED


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([b"0000", b"1", b"21", b"22", b"23", b"31", b"33", b"4", b"8", b"9"]), st.binary(max_size=130))
    )
)
def test_garbage_ends_in_events_or_the_typed_error(records):
    assert broken_by_file(lambda: parse(header().encode() + b"\n" + b"\n".join(kind + rest for kind, rest in records))) == []
