"""One row of a table → one entry."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from producers.errors import RecordError
from producers.formats.contract import BadEntry, Entry, EntryStatus, Finding, ParseOptions, StatementStart, StatementType, Totals
from producers.formats.csv_amounts import Amounts
from producers.formats.csv_inference import DateFormats, DecimalSeparators, NumberCell, parse_day
from producers.formats.csv_proofs import TableProof
from producers.formats.csv_table import Layout, Row, cell_of
from producers.formats.references import clean_reference
from schemas.errors import AmountError
from schemas.money import currency_exponent
from schemas.records import Direction

__all__ = ["RowReader"]

NO_CURRENCY = "XXX"
"""ISO 4217's code for no currency, with two decimals: a file without a currency column, in a feed without a default."""
_DAMAGED = re.compile(r"\d(?:[.,]\d+)?E\+\d+", re.IGNORECASE)
_EXACT_DIGITS = 15
"""A spreadsheet keeps that many digits of a number; of a longer reference the rest is lost."""
_TEXTS = frozenset({"description", "counterparty"})


class RowReader:
    """Reads rows by the columns of their header.

    Attributes:
        proof: what the rows prove.
    """

    def __init__(
        self,
        layout: Layout,
        options: ParseOptions,
        *,
        dates: DateFormats,
        decimals: DecimalSeparators,
        settlement_references: Mapping[str, str],
    ) -> None:
        mapping = layout.mapping
        self.proof = TableProof(mapping, has_balance="balance" in layout.columns and "account" not in layout.columns)
        self._layout, self._columns, self._mapping = layout, layout.columns, mapping
        self._date_format = dates.decide()
        self._amounts = Amounts(layout.columns, mapping, decimals.decide())
        self._currency = mapping.currency or options.default_currency or ""
        self._first_currency = ""
        self._account = options.default_account or ""
        self._settlement_references = settlement_references
        self._patterns = [re.compile(pattern) for pattern in mapping.reference_patterns]
        self._width = 1 + max(index for indexes in layout.columns.values() for index in indexes)
        self._needed = 1 + max(index for name in ("date", "amount", "debit", "credit") for index in layout.columns.get(name, ()))
        self._assumed = False
        self._unknown_kinds: dict[str, int] = {}

    def start(self, line: int) -> StatementStart:
        """The head of the listing, once its first row is read."""
        return StatementStart(
            index=1,
            type=StatementType.LISTING,
            account_id="" if "account" in self._columns else self._account,
            currency=self._first_currency or self._currency or NO_CURRENCY,
            statement_id="",
            version=f"{self._mapping.name or ''} {self._layout.fingerprint}".strip(),
            line=line,
            position=str(line),
        )

    def continues(self, row: Row) -> str:
        """Text that a row adds to the one before, in mappings where narration wraps; empty for a row of its own."""
        if not self._mapping.wrapped:
            return ""
        texts = {index for name in _TEXTS for index in self._columns.get(name, ())}
        others = any(cell.strip() for index, cell in enumerate(row.cells) if index not in texts)
        return "" if others else cell_of(row.cells, self._columns, "description")

    def read(self, row: Row, index: int, encoding: str) -> Entry | BadEntry:
        """The entry of a row, or why it is none."""
        try:
            entry = self._entry(row, index)
            stated = self._amounts.stated(row.cells, entry.currency)
        except AmountError as error:
            reason, detail = "amount", str(error)
        except ValueError as error:
            reason, detail = "date", str(error)
        except RecordError as error:
            reason, detail = "malformed_row", str(error)
        else:
            self.proof.add(entry, stated)
            return entry
        self.proof.skip()
        raw = row.text.encode(encoding, "surrogatepass" if encoding.startswith("utf") else "replace")
        return BadEntry(index=index, reason=reason, detail=detail, line=row.line, position=str(row.line), raw=raw)

    def declare(self, row: Row, computed: Totals) -> Finding | None:
        """Hold a row of totals against the entries before it; a finding when it cannot be read or does not hold."""
        currency = self._first_currency or self._currency or NO_CURRENCY
        try:
            problem = self.proof.declare(self._amounts.sums(row.cells, currency), computed, currency)
        except AmountError as error:
            problem = f"the totals cannot be read: {error}"
        if problem is None:
            return None
        return Finding(code="declared_total_mismatch", message=problem, line=row.line, position=str(row.line))

    def wrap(self, entry: Entry, text: str) -> Entry:
        """The entry with a further row of narration, and the reference that may stand in it."""
        remittance = f"{entry.remittance or ''} {text}".strip()
        return replace(entry, remittance=remittance, end_to_end_id=entry.end_to_end_id or self._reference_in(remittance))

    def findings(self, line: int) -> Iterator[Finding]:
        """What a person should know about the listing as a whole."""
        if self._assumed:
            message = f"neither a currency column nor a default currency: taken as {NO_CURRENCY} with two decimals"
            yield Finding(code="currency_assumed", message=message, line=line, position=str(line))
        for kind, at in self._unknown_kinds.items():
            message = f"rows of type {kind!r} are not known; they are entries and count in the proof"
            yield Finding(code="unknown_type", message=message, line=at, position=str(at))
        yield from self.proof.findings(line)

    def _entry(self, row: Row, index: int) -> Entry:
        cells = row.cells
        self._require_width(cells)
        currency = self._currency_of(cells)
        signed, fee = self._amounts.gross_and_fee(cells, currency)
        kind = str(cell_of(cells, self._columns, "kind"))
        description = str(cell_of(cells, self._columns, "description")) or None
        settlement = str(self._whole(cells, "settlement_reference") or self._whole(cells, "settlement"))
        return Entry(
            index=index,
            account_id=str(cell_of(cells, self._columns, "account")) or self._account,
            currency=currency,
            amount_minor=abs(signed),
            direction=Direction.DEBIT if signed < 0 else Direction.CREDIT,
            status=self._status(cells),
            booking_date=parse_day(cell_of(cells, self._columns, "date"), self._date_format),
            value_date=self._value_date(cells),
            entry_id=self._id(cells),
            customer_reference=clean_reference(self._whole(cells, "reference")),
            end_to_end_id=self._reference_in(description or ""),
            code=kind or None,
            counterparty_name=str(cell_of(cells, self._columns, "counterparty")) or None,
            remittance=description,
            balance_minor=self._amounts.balance(cells, currency),
            settlement_id=self._settlement_references.get(settlement, settlement) or None,
            fee_minor=fee,
            transaction_type=self._type(kind, row.line),
            channel=str(cell_of(cells, self._columns, "channel")).upper() or None,
            line=row.line,
            position=str(row.line),
        )

    def _require_width(self, cells: Sequence[str]) -> None:
        header = len(self._layout.header)
        if len(cells) < self._needed or (not self._mapping.only_declared and len(cells) < self._width):
            raise RecordError(f"the row has {len(cells)} cells, the header needs {self._width}; it may be cut short")
        if any(cell.strip() for cell in cells[header:]):
            raise RecordError(f"the row has {len(cells)} cells, the header {header}; a separator in a text is not quoted")

    def _currency_of(self, cells: Sequence[str]) -> str:
        currency = cell_of(cells, self._columns, "currency").upper() or self._currency
        if not currency:
            self._assumed = True
            currency = NO_CURRENCY
        currency_exponent(currency)
        self._first_currency = self._first_currency or currency
        return currency

    def _value_date(self, cells: Sequence[str]) -> dt.date | None:
        text = cell_of(cells, self._columns, "value_date")
        return parse_day(text, self._date_format) if text else None

    def _id(self, cells: Sequence[str]) -> str | None:
        parts = [cells[index].strip() for index in self._columns.get("id_columns", ()) if index < len(cells)]
        return ":".join(parts) if any(parts) else str(self._whole(cells, "id")) or None

    def _whole(self, cells: Sequence[str], column: str) -> str:
        """A reference that no spreadsheet has shortened.

        Raises:
            RecordError: digits of it are lost.
        """
        text = cell_of(cells, self._columns, column)
        if _DAMAGED.fullmatch(text) or (isinstance(text, NumberCell) and sum(map(str.isdigit, text)) > _EXACT_DIGITS):
            raise RecordError(f"{column} {text!r} became a number in a spreadsheet and has lost digits; get the original file")
        return text

    def _status(self, cells: Sequence[str]) -> EntryStatus:
        if "status" not in self._columns:
            return EntryStatus.BOOKED
        text = cell_of(cells, self._columns, "status")
        status = self._mapping.statuses.get(text.lower())
        if status is None:
            raise RecordError(f"status {text!r} is not in statuses of the mapping")
        return status

    def _type(self, kind: str, line: int) -> str | None:
        if not self._mapping.types or not kind:
            return None
        known = self._mapping.types.get(kind.lower())
        if known is None and len(self._unknown_kinds) < self._width:
            self._unknown_kinds.setdefault(kind, line)
        return known

    def _reference_in(self, text: str) -> str | None:
        found = (pattern.search(text) for pattern in self._patterns)
        return next((match[match.lastindex or 0] for match in found if match), None)
