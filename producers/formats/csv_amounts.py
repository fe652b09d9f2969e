"""The amounts of a row, whatever the table's sign model: signed, debit and credit, flagged, inverse; before or after the fee."""

from collections.abc import Sequence

from producers.errors import RecordError
from producers.formats.csv_columns import Columns, CsvMapping
from producers.formats.csv_inference import NumberCell
from producers.formats.csv_table import cell_of, trimmed, without_symbols
from schemas.money import parse_minor

__all__ = ["Amounts"]


class Amounts:
    """Reads amounts by the columns of a header. All results are minor units; positive is money in."""

    def __init__(self, columns: Columns, mapping: CsvMapping, decimal: str) -> None:
        self._columns = columns
        self._mapping = mapping
        self._decimal = decimal
        self._group = "," if decimal == "." else "."
        self._credit_flags = frozenset(flag.upper() for flag in mapping.credit_flags)
        self._debit_flags = frozenset(flag.upper() for flag in mapping.debit_flags)

    def gross_and_fee(self, cells: Sequence[str], currency: str) -> tuple[int, int | None]:
        """Signed amount before the fee, and the fee that the source kept; None without a fee column.

        Raises:
            AmountError: no amount of the currency.
            RecordError: no amount, or two that contradict each other.
        """
        signed = self._signed(cells, currency)
        if "fee_columns" not in self._columns:
            return signed, None
        texts = [trimmed(cells[index]) for index in self._columns["fee_columns"] if index < len(cells)]
        fee = sum(self._amount(text, currency) for text in texts if text)
        if self._mapping.fee_signs == "negative_cost":
            fee = -fee
        return (signed + fee if self._mapping.amounts == "net" else signed), fee

    def stated(self, cells: Sequence[str], currency: str) -> int | None:
        """What the column that is not read for the amount says of it: `gross` beside net amounts, else `net`.

        Raises:
            AmountError: no amount of the currency.
        """
        text = cell_of(cells, self._columns, "gross" if self._mapping.amounts == "net" else "net")
        return self._amount(text, currency) if text else None

    def balance(self, cells: Sequence[str], currency: str) -> int | None:
        """Balance after the row; `Cr` and `Dr` behind it are its sign.

        Raises:
            AmountError: no amount of the currency.
        """
        text = cell_of(cells, self._columns, "balance")
        if not text:
            return None
        upper = text.upper()
        if upper.endswith(("CR", "DR")):
            amount = abs(self._amount(text[:-2].strip(), currency))
            return -amount if upper.endswith("DR") else amount
        return self._amount(text, currency)

    def sums(self, cells: Sequence[str], currency: str) -> tuple[int | None, int | None, int | None]:
        """Credits, debits and signed sum that a row of totals states; None for what it does not.

        Raises:
            AmountError: no amount of the currency.
        """
        credit, debit, signed = (cell_of(cells, self._columns, name) for name in ("credit", "debit", "amount"))
        net = self._amount(signed, currency) if signed else None
        if net is not None and self._mapping.signs == "positive_debit":
            net = -net
        return (
            abs(self._amount(credit, currency)) if credit else None,
            abs(self._amount(debit, currency)) if debit else None,
            net,
        )

    def _amount(self, text: str, currency: str) -> int:
        if isinstance(text, NumberCell):
            return parse_minor(text, currency, group="")
        plain = without_symbols(text, self._mapping.symbols)
        # Accountants write a negative amount in parentheses, mainframes with the sign behind.
        if plain.startswith("(") and plain.endswith(")"):
            plain = f"-{plain[1:-1]}"
        elif plain.endswith("-") and plain[:1].isdigit():
            plain = f"-{plain[:-1]}"
        return parse_minor(plain.replace("- ", "-"), currency, decimal=self._decimal, group=self._group)

    def _signed(self, cells: Sequence[str], currency: str) -> int:
        text = cell_of(cells, self._columns, "amount")
        if text:
            amount = self._amount(text, currency)
            flag = cell_of(cells, self._columns, "direction").upper()
            if flag in self._credit_flags:
                return abs(amount)
            if flag in self._debit_flags:
                return -abs(amount)
            if flag and "direction" in self._mapping.columns:
                raise RecordError(f"direction {flag!r} is in neither credit_flags nor debit_flags of the mapping")
            return amount if self._mapping.signs == "positive_credit" else -amount
        credit, debit = cell_of(cells, self._columns, "credit"), cell_of(cells, self._columns, "debit")
        if not credit and not debit:
            raise RecordError("the row has no amount")
        credit_minor = abs(self._amount(credit, currency)) if credit else 0
        debit_minor = abs(self._amount(debit, currency)) if debit else 0
        if credit_minor and debit_minor:
            raise RecordError("the row has both a debit and a credit")
        return credit_minor - debit_minor
