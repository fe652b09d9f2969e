"""PayPal settlement reports (STL files) → one statement per section and currency, proved by the section's own footer.

Rows of several currencies stand mixed in one section, but a statement has one currency: the file is read once for each currency, so
that memory does not grow with it. The gross amount is the entry's, the fee stands beside it, as PayPal gives both with a sign of
their own.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from producers.errors import RecordError
from producers.formats.contract import (
    BadEntry,
    Balance,
    Entry,
    Event,
    Finding,
    ParseOptions,
    StatementEnd,
    StatementStart,
    StatementType,
    Totals,
)
from producers.formats.paypal_frame import Frame, frame_of
from producers.formats.paypal_records import Footer, Record, by_name, footer_of, money, records, signed
from producers.formats.proof import RunningProof
from producers.formats.references import clean_reference
from schemas.errors import AmountError
from schemas.money import format_minor
from schemas.records import Direction, Proof

__all__ = ["parse", "recognise"]

# First letters of the event codes, from the specification's list of T-codes.
_TYPES = {
    "T00": "PAYMENT",
    "T01": "FEE",
    "T02": "TRANSFER",
    "T03": "TRANSFER",
    "T04": "PAYOUT",
    "T11": "REFUND",
    "T12": "CHARGEBACK",
}


def recognise(head: bytes) -> bool:
    """True for a file whose first record is a report or file header, and that soon has a section."""
    lines = head.lstrip(b"\xef\xbb\xbf").replace(b'"', b"").split(b"\n")[:4]
    codes = [line[:2] for line in lines]
    ends = all(line[2:3] in {b",", b"\t", b"|", b";"} for line in lines[:2])
    return len(codes) > 1 and codes[0] in {b"RH", b"FH"} and codes[1] in {b"FH", b"SH"} and ends


def parse(stream: BinaryIO, options: ParseOptions = ParseOptions()) -> Iterator[Event]:  # noqa: B008 (frozen)
    """Events of a report: for each section, a STATEMENT for each currency that its footers name.

    Args:
        stream: seekable.
        options: `default_account` where a section names none.

    Raises:
        FileFormatError: no report, a section without its footer, or a file without its last record (cut short).
    """
    frame = frame_of(records(stream, options.max_line_bytes))
    begun = 0
    for number, currency in enumerate(frame.currencies):
        # A row of a currency that no footer names is told with the first, so that it is told once.
        left_out = frozenset(frame.currencies) - {currency} if number == 0 else None
        reader = _CurrencyReader(currency, options, frame, begun, left_out)
        for record in records(stream, options.max_line_bytes):
            yield from reader.events(record)
        begun = reader.statements


class _CurrencyReader:
    """Reads the rows of one currency, section by section. `statements` counts those begun so far, of other currencies too."""

    def __init__(self, currency: str, options: ParseOptions, frame: Frame, begun: int, left_out: frozenset[str] | None) -> None:
        self.statements = begun
        self._frame = frame
        self._currency = currency
        self._options = options
        self._left_out = left_out
        self._version = ""
        self._account = ""
        self._section = ""
        self._section_line = 0
        self._header: list[str] = []
        self._start: StatementStart | None = None
        self._proof = RunningProof()
        self._fee_credit = self._fee_debit = self._index = 0

    def events(self, record: Record) -> Iterator[Event]:
        """What a record adds."""
        cells = record.cells
        if record.code in {"SH", "SC", "FF", "RF"} and self._start is not None:
            yield from self._without_footer(record)
        if record.code == "RH":
            self._version = f"STL {cells[3].strip()}" if len(cells) > 3 else "STL"
        elif record.code == "SH":
            self._section = cells[0].strip() if cells else ""
            self._account = (cells[2].strip() if len(cells) > 2 else "") or self._options.default_account or ""
            self._section_line, self._start = record.line, None
        elif record.code == "CH":
            self._header = [" ".join(cell.lower().split()) for cell in cells]
        elif record.code == "SB":
            yield from self._row(record)
        elif record.code == "SF":
            yield from self._footer(record)

    def _begin(self) -> Iterator[Event]:
        if self._start is None:
            self.statements += 1
            self._start = StatementStart(
                index=self.statements,
                type=StatementType.STATEMENT,
                account_id=self._account,
                currency=self._currency,
                statement_id=f"STL:{self._section}:{self._currency}",
                version=self._version,
                line=self._section_line,
                position=str(self._section_line),
            )
            self._proof = RunningProof()
            self._fee_credit = self._fee_debit = self._index = 0
            yield self._start

    def _row(self, record: Record) -> Iterator[Event]:
        values = by_name(self._header, record.cells)
        currency = values.get("gross transaction currency", "").upper()
        if currency != self._currency and (self._left_out is None or currency in self._left_out):
            return
        yield from self._begin()
        self._index += 1
        try:
            entry = self._entry(record, values)
        except AmountError as error:
            yield self._bad(record, "amount", error)
        except RecordError as error:
            yield self._bad(record, "malformed_row", error)
        except ValueError as error:
            yield self._bad(record, "date", error)
        else:
            self._proof.add(entry, self._currency)
            fee = entry.fee_minor or 0
            self._fee_credit += max(0, -fee)
            self._fee_debit += max(0, fee)
            yield entry

    def _bad(self, record: Record, reason: str, error: Exception) -> BadEntry:
        self._proof.bad_entries += 1
        return BadEntry(
            index=self._index,
            reason=reason,
            detail=str(error),
            line=record.line,
            position=str(record.line),
            raw=record.text.encode(),
        )

    def _entry(self, record: Record, values: Mapping[str, str]) -> Entry:
        currency = self._currency
        if values.get("gross transaction currency", "").upper() != currency:
            raise RecordError(f"no section footer is in the currency {values.get('gross transaction currency', '')!r}")
        gross = signed(values.get("transaction debit or credit", ""), money(values.get("gross transaction amount", ""), currency))
        if values.get("fee currency", "").upper() not in {"", currency}:
            raise RecordError(f"the fee is in {values['fee currency']}, the amount in {currency}")
        fee = -signed(values.get("fee debit or credit", ""), money(values.get("fee amount", ""), currency))
        code = values.get("transaction event code", "")
        identity = values.get("transaction id", "")
        return Entry(
            index=self._index,
            account_id=self._account,
            currency=currency,
            amount_minor=abs(gross),
            direction=Direction.DEBIT if gross < 0 else Direction.CREDIT,
            booking_date=_day(values.get("transaction completion date", "") or values.get("transaction initiation date", "")),
            entry_id=f"{identity}:{code}" if identity else None,
            bank_reference=clean_reference(values.get("bank reference id")),
            customer_reference=clean_reference(values.get("invoice id")) or identity or None,
            end_to_end_id=clean_reference(values.get("paypal reference id")),
            code=code or None,
            remittance=values.get("custom field") or None,
            fee_minor=fee,
            transaction_type=_TYPES.get(code[:3].upper()),
            line=record.line,
            position=str(record.line),
        )

    def _without_footer(self, record: Record) -> Iterator[Event]:
        message = f"the section ends without a footer for {self._currency}, so that its rows cannot be proved"
        yield Finding(code="footer_missing", message=message, line=record.line, position=str(record.line))
        yield self._end(record, Proof.FAILED, None)

    def _footer(self, record: Record) -> Iterator[Event]:
        footer = footer_of(record)
        if footer.currency != self._currency:
            return
        yield from self._begin()
        problems = [*self._problems(footer), *self._miscounts()]
        for code, message in problems:
            yield Finding(code=code, message=message, line=record.line, position=str(record.line))
        yield self._end(record, Proof.FAILED if problems else Proof.PROVED, footer)

    def _end(self, record: Record, proof: Proof, footer: Footer | None) -> StatementEnd:
        start, self._start = self._start, None
        assert start is not None, "only a statement that began can end"
        day = _section_day(self._section)
        return StatementEnd(
            start=start,
            opening=Balance(footer.opening_minor, day) if footer else None,
            closing=Balance(footer.closing_minor, day) if footer else None,
            declared=Totals(credit_minor=footer.credit_minor, debit_minor=footer.debit_minor) if footer else None,
            computed=self._proof.totals(),
            bad_entries=self._proof.bad_entries,
            complete=footer is not None,
            proof=proof,
            line=record.line,
            position=str(record.line),
        )

    def _problems(self, footer: Footer) -> Iterator[tuple[str, str]]:
        made = (self._proof.credit_minor, self._proof.debit_minor, self._fee_credit, self._fee_debit)
        told = (footer.credit_minor, footer.debit_minor, footer.fee_credit_minor, footer.fee_debit_minor)
        for name, one, other in zip(("gross credits", "gross debits", "fee credits", "fee debits"), told, made, strict=True):
            if one != other:
                amounts = f"{format_minor(one, self._currency)}, the rows make {format_minor(other, self._currency)}"
                yield "declared_total_mismatch", f"the section declares {name} {amounts} {self._currency}"
        moved = made[0] - made[1] + made[2] - made[3]
        if footer.opening_minor + moved != footer.closing_minor:
            opening, closing = (format_minor(one, self._currency) for one in (footer.opening_minor, footer.closing_minor))
            message = f"opening {opening} and rows of {format_minor(moved, self._currency)} do not make the closing {closing}"
            yield "balance_mismatch", f"{message} {self._currency}; {self._proof.bad_entries} rows were unreadable"

    def _miscounts(self) -> Iterator[tuple[str, str]]:
        for message in self._frame.miscounts.get(self._section_line, ()):
            yield "record_count", message


def _day(text: str) -> dt.date:
    """The day of `2026/02/01 13:59:59 -0800`, in the report's own zone."""
    return dt.datetime.strptime(text.strip()[:10].replace("-", "/"), "%Y/%m/%d").date()  # noqa: DTZ007 (the report's local date)


def _section_day(text: str) -> dt.date | None:
    try:
        return _day(text)
    except ValueError:
        return None
