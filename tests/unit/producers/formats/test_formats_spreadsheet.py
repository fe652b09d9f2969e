"""Workbooks and HTML that calls itself .xls: the same entries as from text, exact amounts, and caps on what they take."""

import datetime as dt
import io
import zipfile

import pytest

from producers.errors import FileFormatError
from producers.formats import html_table, spreadsheet, workbook_guard
from producers.formats.contract import BadEntry, Entry, ParseOptions, StatementEnd, StatementStart
from producers.formats.sniff import sniff
from schemas.records import Direction, Proof
from tests.fixtures.workbooks import OLD_WORKBOOK, binary_workbook, open_document, workbook

HEADER = ["Date", "Narration", "Chq./Ref.No.", "Value Dt", "Withdrawal Amt.", "Deposit Amt.", "Closing Balance"]
HDFC = [
    ["HDFC BANK Ltd."],
    [],
    HEADER,
    ["********"] * 7,
    ["01/02/26", "UPI-A", "0000507013158785", "01/02/26", 100850.1, None, 399149.9],
    [dt.date(2026, 2, 2), "NEFT-B", "N032", dt.date(2026, 2, 2), None, 25000.5, 424150.4],
    ["STATEMENT SUMMARY :-"],
]
PAGE = (
    "<html><body><table><tr><td colspan=7>Account Number: 123<td></tr></table><table border=1>"
    "<tr><td>Txn Date</td><td>Value Date</td><td>Description</td><td>Ref No./Cheque No.</td><td>Debit</td><td>Credit</td>"
    "<td>Balance</td></tr>\n<tr><td>21 Apr 2026</td><td>21 Apr 2026</td><td>TO TRANSFER&nbsp;&amp; FEE</td><td>R1</td>"
    "<td>50,000.00</td><td>&nbsp;</td><td>2,25,400.45</td></tr>\n"
    "<tr><td>5 Jun 2026<td>5 Jun 2026<td>BY TRANSFER<td>R2<td><td>1,75,000.00<td>4,00,400.45</table></body></html>"
)


def read(content, **options):
    return list(sniff(content).parse(io.BytesIO(content), ParseOptions(**options)))


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def test_a_banks_workbook_is_read_by_its_header_and_proves():
    events = read(workbook(HDFC))
    assert of(StatementStart, events)[0].version.startswith("hdfc ")
    entries = of(Entry, events)
    assert [(entry.amount_minor, entry.direction, entry.booking_date) for entry in entries] == [
        (10085010, Direction.DEBIT, dt.date(2026, 2, 1)),
        (2500050, Direction.CREDIT, dt.date(2026, 2, 2)),
    ]
    assert [entry.line for entry in entries] == [5, 6]
    assert entries[0].customer_reference == "0000507013158785"
    assert of(StatementEnd, events)[0].proof is Proof.PROVED


def test_an_old_workbook_is_read_as_a_new_one():
    plain = [(entry.amount_minor, entry.booking_date, entry.customer_reference) for entry in of(Entry, read(workbook(HDFC)))]
    events = read(OLD_WORKBOOK)
    assert [(entry.amount_minor, entry.booking_date, entry.customer_reference) for entry in of(Entry, events)] == plain
    assert of(StatementEnd, events)[0].proof is Proof.PROVED


def test_a_workbook_that_ends_the_reading_process_is_refused():
    damaged = bytearray(OLD_WORKBOOK)
    for at, value in ((1804, 11), (5587, 207), (5502, 9), (4323, 2), (5053, 212)):
        damaged[at] = value
    with pytest.raises(FileFormatError, match="allocation"):
        read(bytes(damaged))


def test_lines_are_those_of_the_sheet():
    rows = [[], [], ["Date", "Amount"], [], ["2026-01-05", 1]]
    assert [entry.line for entry in of(Entry, read(workbook(rows), default_currency="EUR"))] == [5]


def test_fees_are_numbers_too():
    header = ["balance_transaction_id", "created", "currency", "gross", "fee", "net", "reporting_category"]
    rows = [
        header,
        ["txn_1", "2026-01-05", "eur", 600, 8.7, 591.3, "charge"],
        ["txn_2", "2026-01-05", "eur", "1,50", 0, "1,50", "charge"],
    ]
    entries = of(Entry, read(workbook(rows)))
    assert [(entry.amount_minor, entry.fee_minor) for entry in entries] == [(60000, 870), (150, 0)]


@pytest.mark.parametrize(
    ("amount", "minor"), [(0.1, 10), (19.99, 1999), (1234567.89, 123456789), (5, 500), (-2.5, -250), (1e6, 10**8)]
)
def test_amounts_are_what_was_typed(amount, minor):
    (entry,) = of(Entry, read(workbook([["Date", "Amount"], ["2026-01-05", amount]]), default_currency="EUR"))
    assert (entry.amount_minor if entry.direction is Direction.CREDIT else -entry.amount_minor) == minor


@pytest.mark.parametrize("amount", [0.1 + 0.2, 1.005, 1e300, 12.345])
def test_an_amount_that_does_not_fit_the_currency_is_quarantined(amount):
    (bad,) = of(BadEntry, read(workbook([["Date", "Amount"], ["2026-01-05", amount]]), default_currency="EUR"))
    assert bad.reason == "amount"


def test_a_comma_as_decimal_separator_does_not_hold_for_numbers():
    rows = [["Date", "Amount"], ["2026-01-05", "1.234,50"], ["2026-01-06", 12.5]]
    assert [entry.amount_minor for entry in of(Entry, read(workbook(rows), default_currency="EUR"))] == [123450, 1250]


@pytest.mark.parametrize("reference", [1.23e15, 5070131587851234, "1.23E+15"])
def test_a_reference_that_lost_digits_is_quarantined(reference):
    rows = [["Date", "Amount", "Reference"], ["2026-01-05", 1, reference], ["2026-01-05", 2, 507013158785]]
    events = read(workbook(rows), default_currency="EUR")
    assert "lost digits" in of(BadEntry, events)[0].detail
    assert [entry.customer_reference for entry in of(Entry, events)] == ["507013158785"]


def test_of_several_sheets_with_a_header_the_feed_must_name_one():
    rows = [["Date", "Amount"], ["2026-01-05", 1]]
    content = workbook(sheets={"Notes": [["x"]], "Jan": rows, "Feb": [*rows, ["2026-02-05", 2]]})
    with pytest.raises(FileFormatError, match="Jan, Feb"):
        read(content, default_currency="EUR")
    assert len(of(Entry, read(content, default_currency="EUR", mapping={"sheet": "Feb"}))) == 2
    with pytest.raises(FileFormatError, match="Mar"):
        read(content, mapping={"sheet": "Mar"})


def test_a_workbook_that_is_cut_short_or_something_else_is_refused():
    whole = workbook(HDFC)
    for length in range(9, len(whole) - 1, 97):
        with pytest.raises(FileFormatError):
            list(spreadsheet.parse(io.BytesIO(whole[:length])))
    for content in (workbook_guard.OLE + b"\0" * 600, b"PK\x03\x04xl/", b""):
        with pytest.raises(FileFormatError):
            list(spreadsheet.parse(io.BytesIO(content)))


def test_damaged_bytes_end_in_events_or_the_typed_error():
    whole = workbook(HDFC)
    for at in range(0, len(whole), 53):
        damaged = bytearray(whole)
        damaged[at] ^= 0x5A
        try:
            list(spreadsheet.parse(io.BytesIO(bytes(damaged))))
        except FileFormatError as error:
            assert str(error)


def test_cells_far_apart_are_refused_before_they_are_laid_out():
    content = workbook([["Date", "Amount"], ["2026-01-05", 1]])
    far = _with_part(content, "xl/worksheets/sheet1.xml", lambda text: text.replace(b'r="B2"', b'r="XFD1048576"'))
    with pytest.raises(FileFormatError, match="1048576 rows of 16384 columns"):
        read(far)


@pytest.mark.parametrize("written", [b"r='XFD1048576'", b'r = "XFD1048576"', b"r=" + b" " * 5000 + b'"XFD1048576"'])
def test_the_extent_is_seen_however_it_is_written(written):
    content = workbook([["Date", "Amount"], ["2026-01-05", 1]])
    far = _with_part(content, "xl/worksheets/sheet1.xml", lambda text: text.replace(b'r="B2"', written))
    with pytest.raises(FileFormatError, match=r"1048576 rows|how large"):
        read(far)


def test_a_bomb_is_refused():
    content = workbook([["Date", "Amount"], ["2026-01-05", 1]])
    bomb = _with_part(content, "xl/styles.xml", lambda text: text + b" " * (12 << 20))
    with pytest.raises(FileFormatError, match="bomb"):
        read(bomb)


TABLE = [["Date", "Amount", "Memo"], ["2026-01-05", 1.25, "rent"], ["2026-01-06", -2.5, "fee & tax"]]


@pytest.mark.parametrize("kind", [workbook, binary_workbook, open_document])
def test_every_kind_of_workbook_has_the_same_entries(kind):
    entries = of(Entry, read(kind(TABLE), default_currency="EUR"))
    assert [(entry.amount_minor, entry.direction, entry.remittance, entry.line) for entry in entries] == [
        (125, Direction.CREDIT, "rent", 2),
        (250, Direction.DEBIT, "fee & tax", 3),
    ]


def test_an_open_document_keeps_its_dates_and_ends_before_the_empty_rest_of_its_sheet():
    empty = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/>'
    events = read(open_document(HDFC, f"{empty}</table:table-row>"))
    assert [entry.booking_date for entry in of(Entry, events)] == [dt.date(2026, 2, 1), dt.date(2026, 2, 2)]
    assert of(StatementEnd, events)[0].proof is Proof.PROVED


@pytest.mark.parametrize(("rows", "columns"), [(1_048_000, 16_384), (11_000, 1_000)])
def test_a_cell_that_is_repeated_over_the_whole_sheet_is_refused(rows, columns):
    cell = f'<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="{columns}"/>'
    content = open_document(TABLE, f'<table:table-row table:number-rows-repeated="{rows}">{cell}</table:table-row>')
    with pytest.raises(FileFormatError):
        read(content)


@pytest.mark.parametrize("kind", [binary_workbook, open_document])
def test_a_damaged_workbook_of_another_kind_ends_in_events_or_the_typed_error(kind):
    whole = kind(TABLE)
    for at in range(0, len(whole), 97):
        for damaged in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x5A]) + whole[at + 1 :]):
            try:
                list(spreadsheet.parse(io.BytesIO(damaged), ParseOptions(default_currency="EUR")))
            except FileFormatError as error:
                assert str(error)


def test_html_is_read_as_a_table_and_proves():
    events = read(PAGE.encode())
    assert of(StatementStart, events)[0].version.startswith("sbi ")
    assert [(entry.amount_minor, entry.direction) for entry in of(Entry, events)] == [
        (5000000, Direction.DEBIT),
        (17500000, Direction.CREDIT),
    ]
    assert of(Entry, events)[0].remittance == "TO TRANSFER & FEE"
    assert of(StatementEnd, events)[0].proof is Proof.PROVED


def test_a_cell_over_several_columns_stands_in_the_first():
    page = "<table><tr><th>Date<th>Memo<th>More<th>Amount</tr><tr><td>2026-01-05<td colspan=2>both<td>1.00</tr></table>"
    (entry,) = of(Entry, read(page.encode(), default_currency="EUR"))
    assert (entry.remittance, entry.amount_minor) == ("both", 100)


@pytest.mark.parametrize(
    "piece",
    [
        b"<td>",
        b"<td colspan=999999>",
        b"x" * 100,
        b"<tr>",
        b"&#0;",
        b"<table>",
        b"<a ",
        b"<!--",
        b"<!",
        b"</",
        b"<?",
        b"<![",
        b"<a b='",
        b"&",
    ],
)
def test_html_without_end_is_bounded(piece):
    for content in (b"<table>" + piece * 50_000, PAGE.encode() + piece * 50_000):
        try:
            events = list(html_table.parse(io.BytesIO(content)))
        except FileFormatError:
            continue
        assert len(events) < 200


def _with_part(content, name, change):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part)) if part == name else old.read(part))
    return out.getvalue()


def test_a_script_is_left_out_however_long_its_lines_are():
    script = b"<script>" + b"if (a < b && c) { '<tr><td>' }\n" * 2_000 + b"</script>"
    assert len(of(Entry, read(PAGE.encode().replace(b"<body>", b"<body>" + script)))) == 2
