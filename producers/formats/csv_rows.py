"""One row of a delimited file → one entry."""

import datetime as dt
from collections.abc import Iterator, Sequence

from producers.errors import RecordError
from producers.formats.contract import BadEntry, Entry, Finding, ParseOptions, StatementStart, StatementType
from producers.formats.csv_columns import CsvMapping
from producers.formats.csv_inference import DateFormats, DecimalSeparators, parse_day
from producers.formats.references import clean_reference
from producers.formats.running_balance import RunningBalance
from schemas.errors import AmountError
from schemas.money import currency_exponent, parse_minor
from schemas.records import Direction, Proof

__all__ = ["RowReader", "is_filler"]

NO_CURRENCY = "XXX"
"""ISO 4217's code for no currency, with two decimals: a file without a currency column, in a feed without a default."""


def is_filler(row: Sequence[str]) -> bool:
    """True for blank rows and rows of stars, dashes or equals signs."""
    return not "".join(row).strip(" \t*-=_\ufeff")


class RowReader:
    """Reads rows by the columns of their header.

    Attributes:
        running: the proof by the balance column.
        max_line_bytes: longest row.
    """

    def __init__(
        self,
        columns: dict[str, int],
        header_width: int,
        mapping: CsvMapping,
        options: ParseOptions,
        *,
        dates: DateFormats,
        decimals: DecimalSeparators,
    ) -> None:
        self.running = RunningBalance()
        self.max_line_bytes = options.max_line_bytes
        self._columns = columns
        self._mapping = mapping
        self._date_format = dates.decide()
        self._decimal = decimals.decide()
        self._group = "," if self._decimal == "." else "."
        self._currency = options.default_currency or ""
        self._account = options.default_account or ""
        self._credit_flags = frozenset(flag.upper() for flag in mapping.credit_flags)
        self._debit_flags = frozenset(flag.upper() for flag in mapping.debit_flags)
        self._header_width = header_width
        self._width = max(columns.values()) + 1
        self._assumed = False

    def start(self, line: int) -> StatementStart:
        """The head of the listing, once its first row is read."""
        return StatementStart(
            index=1,
            type=StatementType.LISTING,
            account_id="" if "account" in self._columns else self._account,
            currency=self._currency or NO_CURRENCY,
            statement_id="",
            line=line,
            position=str(line),
        )

    def read(self, row: Sequence[str], index: int, line: int, raw: bytes) -> Entry | BadEntry:
        """The entry of a row, or why it is none."""
        try:
            entry = self._entry(row, index, line)
        except AmountError as error:
            reason, detail = "amount", str(error)
        except ValueError as error:
            reason, detail = "date", str(error)
        except RecordError as error:
            reason, detail = "malformed_row", str(error)
        else:
            if "account" not in self._columns:
                self._run(entry)
            return entry
        self.running.skip()
        return BadEntry(index=index, reason=reason, detail=detail, line=line, position=str(line), raw=raw)

    def findings(self, line: int) -> Iterator[Finding]:
        """What a person should know about the listing as a whole."""
        if self._assumed:
            message = f"neither a currency column nor a default currency: taken as {NO_CURRENCY} with two decimals"
            yield Finding(code="currency_assumed", message=message, line=line, position=str(line))
        if self.running.outcome() is Proof.FAILED:
            message = f"the balance column does not follow from the amounts in {self.running.failures} rows"
            yield Finding(code="balance_mismatch", message=message, line=line, position=str(line))

    def _cell(self, row: Sequence[str], column: str) -> str:
        index = self._columns.get(column)
        return row[index].strip() if index is not None else ""

    def _entry(self, row: Sequence[str], index: int, line: int) -> Entry:
        if len(row) < self._width:
            raise RecordError(f"the row has {len(row)} cells, the header needs {self._width}; it may be cut short")
        if any(cell.strip() for cell in row[self._header_width :]):
            raise RecordError(f"the row has {len(row)} cells, the header {self._header_width}; a separator in a text is not quoted")
        currency = self._cell(row, "currency").upper() or self._currency
        if not currency:
            self._assumed = True
            currency = NO_CURRENCY
        currency_exponent(currency)
        if not self._currency:
            self._currency = currency
        signed = self._signed(row, currency)
        return Entry(
            index=index,
            account_id=self._cell(row, "account") or self._account,
            currency=currency,
            amount_minor=abs(signed),
            direction=Direction.DEBIT if signed < 0 else Direction.CREDIT,
            booking_date=parse_day(self._cell(row, "date"), self._date_format),
            value_date=self._value_date(row),
            entry_id=self._cell(row, "id") or None,
            customer_reference=clean_reference(self._cell(row, "reference")),
            counterparty_name=self._cell(row, "counterparty") or None,
            remittance=self._cell(row, "description") or None,
            balance_minor=self._balance(row, currency),
            line=line,
            position=str(line),
        )

    def _value_date(self, row: Sequence[str]) -> dt.date | None:
        text = self._cell(row, "value_date")
        return parse_day(text, self._date_format) if text else None

    def _amount(self, text: str, currency: str) -> int:
        # Accountants write a negative amount in parentheses.
        plain = f"-{text[1:-1]}" if text.startswith("(") and text.endswith(")") else text.replace("- ", "-")
        return parse_minor(plain, currency, decimal=self._decimal, group=self._group)

    def _signed(self, row: Sequence[str], currency: str) -> int:
        if "amount" in self._columns and self._cell(row, "amount"):
            amount = self._amount(self._cell(row, "amount"), currency)
            flag = self._cell(row, "direction").upper()
            if flag in self._credit_flags:
                return abs(amount)
            if flag in self._debit_flags:
                return -abs(amount)
            if flag and "direction" in self._mapping.columns:
                raise RecordError(f"direction {flag!r} is in neither credit_flags nor debit_flags of the mapping")
            return amount if self._mapping.signs == "positive_credit" else -amount
        credit, debit = self._cell(row, "credit"), self._cell(row, "debit")
        if not credit and not debit:
            raise RecordError("the row has no amount")
        credit_minor = abs(self._amount(credit, currency)) if credit else 0
        debit_minor = abs(self._amount(debit, currency)) if debit else 0
        if credit_minor and debit_minor:
            raise RecordError("the row has both a debit and a credit")
        return credit_minor - debit_minor

    def _balance(self, row: Sequence[str], currency: str) -> int | None:
        text = self._cell(row, "balance")
        if not text:
            return None
        upper = text.upper()
        if upper.endswith(("CR", "DR")):
            amount = abs(self._amount(text[:-2].strip(), currency))
            return -amount if upper.endswith("DR") else amount
        return self._amount(text, currency)

    def _run(self, entry: Entry) -> None:
        if "balance" in self._columns:
            signed = entry.amount_minor if entry.direction is Direction.CREDIT else -entry.amount_minor
            self.running.add(signed, entry.balance_minor, entry.booking_date)
