import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from producers.errors import ConfigurationError, FileFormatError
from reconciler.reconciliation import CsvColumns
from reconduit.errors import SettingsError
from reconduit.matching.items import horizon_of, items_of
from reconduit.matching.rules import load_reconciliation
from reconduit.matching.statement_file import read_file
from reconduit.reconciliations import parse_rules

DEFAULT = load_reconciliation(None)
SETTLEMENT = "name: payouts\nversion: 1\nshape: settlement\nsides: [{name: gateway}, {name: bank}]\n"


@pytest.fixture
def write(tmp_path: Path):
    def to_file(name: str, text: str) -> str:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    return to_file


def test_ids_are_the_records_own_where_unique_and_else_file_and_line(write) -> None:
    path = write("a.csv", "id,date,amount\nA,2026-03-02,1.00\nB,2026-03-02,2.00\nB,2026-03-02,3.00\n,2026-03-02,4.00\n")
    assert [identity for identity, _ in read_file(path, None, None).entries] == ["A", f"{path}:3", f"{path}:4", f"{path}:5"]


def test_columns_can_be_mapped(write) -> None:
    path = write("a.csv", "Nr;Tag;Soll;Haben;Zweck\n1;03/02/2026;;1.234,50;Miete\n2;04/02/2026;10,00;;Strom\n")
    columns = CsvColumns(
        id="Nr", date="Tag", debit="Soll", credit="Haben", description="Zweck", date_format="%d/%m/%Y", decimal=",", delimiter=";"
    )
    file = read_file(path, columns, "EUR")
    items = items_of(DEFAULT, file, file)[:2]
    assert [(item.id, item.signed_minor, item.currency, item.text) for item in items] == [
        ("1", 123_450, "EUR", "Miete"),
        ("2", -1_000, "EUR", "Strom"),
    ]
    assert items[0].booked_at == dt.datetime(2026, 2, 3, tzinfo=dt.UTC)


def test_the_references_of_a_row_are_normalised(write) -> None:
    left = read_file(
        write("a.csv", "id,date,amount,reference\n1,2026-03-02,1.00, inv-00 42\n2,2026-03-02,1.00,NONREF\n"), None, None
    )
    first, second = items_of(DEFAULT, left, left)[:2]
    assert first.references == ("INV0042",) if first.key == "1" else first.key == "INV0042"
    assert "NONREF" not in (second.key, *second.references)


def test_a_column_of_channels_and_the_codes_of_a_statement_are_evidence(write) -> None:
    listing = read_file(write("a.csv", "id,date,amount,channel\n1,2026-03-02,1.00,upi\n2,2026-03-02,2.00,\n"), None, None)
    assert [item.channel for item in items_of(DEFAULT, listing, listing)[:2]] == ["UPI", ""]
    mapped = read_file(write("b.csv", "id,date,amount,via\n1,2026-03-02,1.00,Card\n"), CsvColumns(channel="via"), None)
    assert items_of(DEFAULT, mapped, mapped)[0].channel == "CARD"
    entries = [
        (str(number), replace(listing.entries[1][1], code=code)) for number, code in enumerate(("PMNT/CCRD/POSD", "NCHG", "NMSC"))
    ]
    coded = replace(listing, entries=tuple(entries))
    assert [(item.channel, item.transaction_type) for item in items_of(DEFAULT, coded, coded)[:3]] == [
        ("POS", "PAYMENT"),
        ("", "FEE"),
        ("", ""),
    ]


def test_a_settlement_report_gives_fee_and_settlement(write) -> None:
    listing = read_file(write("a.csv", "id,date,amount,reference\n1,2026-03-02,100.00,PAY 1\n"), None, None)
    identity, entry = listing.entries[0]
    report = replace(
        listing, entries=((identity, replace(entry, settlement_id="setl-9", fee_minor=236, transaction_type="PAYMENT")),)
    )
    (item, _) = items_of(DEFAULT, report, report)
    assert (item.fee_minor, item.net_minor, item.transaction_type) == (236, 9_764, "PAYMENT")
    assert item.key == "1" and item.references == ("PAY1", "SETL9")
    settled = parse_rules(SETTLEMENT, "settlement.yaml")
    assert [item.key for item in items_of(settled, report, listing)] == ["SETL9", "1"]


@pytest.mark.parametrize(("amounts", "tie"), [(("1.00", "2.00"), True), (("7.00", "9.00"), False)])
def test_shared_ids_count_as_references_only_when_the_amounts_agree(write, amounts, tie: bool) -> None:
    left = read_file(write("a.csv", "id,date,amount\n1,2026-03-02,1.00\n2,2026-03-02,2.00\n"), None, None)
    right = read_file(write("b.csv", f"id,date,amount\n1,2026-03-02,{amounts[0]}\n2,2026-03-02,{amounts[1]}\n"), None, None)
    assert ([item.key for item in items_of(DEFAULT, left, right)] == ["1", "2", "1", "2"]) is tie


def test_a_listing_is_complete_and_a_statement_up_to_its_closing_date(write) -> None:
    listing = read_file(write("a.csv", "id,date,amount\n1,2026-03-02,1.00\n"), None, None)
    text = (
        ":20:ST1\n:25:12345678\n:28C:1/1\n:60F:C260301EUR10,00\n:61:2603020302C5,00NTRFINV42\n:86:rent\n:62F:C260302EUR15,00\n-\n"
    )
    statement = read_file(write("b.sta", text), None, None)
    assert statement.complete_through == dt.datetime(2026, 3, 3, tzinfo=dt.UTC)
    assert horizon_of(DEFAULT, listing, statement) == {
        "left": dt.datetime.max.replace(tzinfo=dt.UTC),
        "right": dt.datetime(2026, 3, 3, tzinfo=dt.UTC),
    }


def test_balances_that_do_not_add_up_are_a_warning(write) -> None:
    text = ":20:ST1\n:25:12345678\n:28C:1/1\n:60F:C260301EUR10,00\n:61:2603020302C5,00NTRFINV42\n:62F:C260302EUR99,00\n-\n"
    path = write("b.sta", text)
    assert any(warning.startswith(path) and "do not add up" in warning for warning in read_file(path, None, None).warnings)


def test_unreadable_rows_are_named_by_line_and_nothing_is_matched(write) -> None:
    path = write("a.csv", "id,date,amount\n1,2026-03-02,1.00\n2,2026-03-02,12.3.4\n3,2026-03-02,1.005\n")
    with pytest.raises(FileFormatError) as caught:
        read_file(path, None, None)
    assert f"2 entries of {path} cannot be read" in str(caught.value)
    assert f"{path}:3: " in str(caught.value)
    assert f"{path}:4: " in str(caught.value)


def test_a_file_of_no_format_a_missing_one_and_a_wrong_mapping(write, tmp_path: Path) -> None:
    path = write("a.txt", "hello\nworld\n")
    with pytest.raises(FileFormatError, match=r"a\.txt: "):
        read_file(path, None, None)
    with pytest.raises(FileFormatError, match=r"none\.csv cannot be read: No such file"):
        read_file(str(tmp_path / "none.csv"), None, None)
    with pytest.raises((FileFormatError, ConfigurationError), match=r"b\.csv: .*Betrag"):
        read_file(write("b.csv", "id,date,amount\n1,2026-03-02,1.00\n"), CsvColumns(amount="Betrag"), None)


def test_rules_that_cannot_be_used(write, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.yaml cannot be read"):
        load_reconciliation(tmp_path / "none.yaml")
    with pytest.raises(SettingsError, match=r"a\.yaml:2: `colour` is not known"):
        load_reconciliation(Path(write("a.yaml", "name: a\ncolour: red\n")))
    three = "name: a\nversion: 1\nshape: keyed\nsides: [{name: a}, {name: b}, {name: c}]\n"
    with pytest.raises(SettingsError, match="has 3 sides; match takes rules with two"):
        load_reconciliation(Path(write("b.yaml", three)))
