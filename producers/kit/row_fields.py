"""Reading the fields of one row of a bank's list: texts, times, amounts and directions, with errors that name the field."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from producers.errors import RecordError
from schemas.errors import AmountError
from schemas.money import parse_minor
from schemas.records import Direction

__all__ = ["RowFields", "RowRules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRules:
    """How a bank writes its fields.

    Attributes:
        currency: of the account; the rows do not say it.
        zone: in which times are that have no zone of their own.
        time_formats: `strptime` formats of times and dates, tried in order.
        directions: what the bank calls a credit and a debit, in capital letters.
        has_numbers: fields may be JSON numbers; else the bank documents texts, and a number is somebody's float.
        value_of: gets a field of a row by its name; None when it is not there.
    """

    currency: str
    zone: dt.tzinfo
    time_formats: Sequence[str]
    directions: Mapping[str, Direction]
    has_numbers: bool = False
    value_of: Callable[[Mapping[str, Any], str], Any] = Mapping.get


class RowFields:
    """One row.

    Raises:
        RecordError: it is no object.
    """

    def __init__(self, row: Any, rules: RowRules) -> None:
        if not isinstance(row, Mapping):
            raise RecordError(f"the row is a {type(row).__name__}, not an object")
        self._row = row
        self._rules = rules

    def text(self, name: str | None) -> str:
        """The field without blanks around it; empty when it is not there, or has no name at this bank.

        Raises:
            RecordError: it is no text, nor a number where the bank has these.
        """
        value = None if name is None else self._rules.value_of(self._row, name)
        if value is None:
            return ""
        is_number = self._rules.has_numbers and isinstance(value, int | Decimal) and not isinstance(value, bool)
        if not is_number and not isinstance(value, str):
            raise RecordError(f"{name} is a {type(value).__name__}, not a text{' or number' if self._rules.has_numbers else ''}")
        return str(value).strip()

    def required(self, name: str) -> str:
        """As `text`, of a field that every row has.

        Raises:
            RecordError: it is missing or empty.
        """
        value = self.text(name)
        if not value:
            raise RecordError(f"{name} is missing")
        return value

    def moment(self, name: str) -> dt.datetime:
        """The time of a field that every row has, aware UTC.

        Raises:
            RecordError: it is missing, or none of the formats.
        """
        return self._local(self.required(name), name).astimezone(dt.UTC)

    def date(self, name: str | None) -> dt.date | None:
        """The date of a field, None when the row has none.

        Raises:
            RecordError: it is none of the formats.
        """
        text = self.text(name)
        return self._local(text, str(name)).date() if text else None

    def amount(self, name: str) -> int:
        """Minor units of a field that every row has and whose sign is in its direction.

        Raises:
            RecordError: it is missing, negative, or no amount.
        """
        minor = self._money(self.required(name), name)
        if minor < 0:
            raise RecordError(f"{name} is negative; the bank documents the sign in the direction")
        return minor

    def balance(self, name: str | None) -> int | None:
        """Signed minor units of a field, None when the row has none.

        Raises:
            RecordError: it is no amount.
        """
        text = self.text(name)
        return self._money(text, str(name)) if text else None

    def direction(self, name: str) -> Direction:
        """The direction that a field says.

        Raises:
            RecordError: it is missing, or a value that the bank does not document.
        """
        value = self.required(name).upper()
        if value not in self._rules.directions:
            raise RecordError(f"{name} {value!r} is none of {', '.join(self._rules.directions)}")
        return self._rules.directions[value]

    def _local(self, text: str, name: str) -> dt.datetime:
        for form in self._rules.time_formats:
            try:
                return dt.datetime.strptime(text, form).replace(tzinfo=self._rules.zone)
            except ValueError:
                continue
        raise RecordError(f"{name} {text!r} has none of the forms {', '.join(self._rules.time_formats)}")

    def _money(self, text: str, name: str) -> int:
        try:
            return parse_minor(text, self._rules.currency)
        except AmountError as error:
            raise RecordError(f"{name}: {error}") from error
