"""Reading the fields of one row of a bank's list: texts, times, amounts and directions, with errors that name the field."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from producers.errors import FieldError
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
        time_formats: `strptime` formats of times, tried in order; of dates too, where these have none of their own.
        date_formats: `strptime` formats of dates.
        directions: what the bank calls a credit and a debit, in capital letters.
        has_scalars: fields may be JSON numbers or booleans; else the bank documents texts, and a number is somebody's float.
        value_of: gets a field of a row by its name; None when it is not there.
    """

    currency: str
    zone: dt.tzinfo
    time_formats: Sequence[str]
    directions: Mapping[str, Direction]
    has_scalars: bool = False
    date_formats: Sequence[str] = ()
    value_of: Callable[[Mapping[str, Any], str], Any] = Mapping.get


class RowFields:
    """One row. Errors have the reason `amount`, `date` or `direction`, else the one that is asked for.

    Raises:
        FieldError: it is no object (reason `shape`).
    """

    def __init__(self, row: Any, rules: RowRules) -> None:
        if not isinstance(row, Mapping):
            raise FieldError("shape", f"the row is a {type(row).__name__}, not an object")
        self._row = row
        self._rules = rules

    def text(self, name: str | None, reason: str = "malformed_row") -> str:
        """The field without blanks around it; empty when it is not there, or has no name at this bank.

        Raises:
            FieldError: it is no text, nor a number or boolean where the bank has these.
        """
        value = None if name is None else self._rules.value_of(self._row, name)
        if value is None:
            return ""
        if not isinstance(value, str) and not (self._rules.has_scalars and isinstance(value, int | Decimal)):
            raise FieldError(reason, f"{name} is a {type(value).__name__}, not a text{' or number' * self._rules.has_scalars}")
        return str(value).strip()

    def required(self, name: str, reason: str = "malformed_row") -> str:
        """As `text`, of a field that every row has.

        Raises:
            FieldError: it is missing or empty.
        """
        value = self.text(name, reason)
        if not value:
            raise FieldError(reason, f"{name} is missing; if the bank names it otherwise, map it in the source's options")
        return value

    def moment(self, name: str) -> dt.datetime:
        """The time of a field that every row has, aware UTC.

        Raises:
            FieldError: it is missing, or none of the formats.
        """
        return self._local(self.required(name, "date"), name, self._rules.time_formats).astimezone(dt.UTC)

    def date(self, name: str | None) -> dt.date | None:
        """The date of a field, None when the row has none.

        Raises:
            FieldError: it is none of the formats.
        """
        text = self.text(name, "date")
        return self._local(text, str(name), self._rules.date_formats or self._rules.time_formats).date() if text else None

    def amount(self, name: str) -> int:
        """Minor units of a field that every row has and whose sign is in its direction.

        Raises:
            FieldError: it is missing, negative, or no amount.
        """
        minor = self._money(self.required(name, "amount"), name)
        if minor < 0:
            raise FieldError("amount", f"{name} is negative; the bank documents the sign in the direction")
        return minor

    def balance(self, name: str | None) -> int | None:
        """Signed minor units of a field, None when the row has none.

        Raises:
            FieldError: it is no amount.
        """
        text = self.text(name, "amount")
        return self._money(text, str(name)) if text else None

    def direction(self, name: str) -> Direction:
        """The direction that a field says.

        Raises:
            FieldError: it is missing, or a value that the bank does not document.
        """
        value = self.required(name, "direction").upper()
        if value not in self._rules.directions:
            raise FieldError("direction", f"{name} {value!r} is none of {', '.join(self._rules.directions)}")
        return self._rules.directions[value]

    def _local(self, text: str, name: str, formats: Sequence[str]) -> dt.datetime:
        for form in formats:
            try:
                return dt.datetime.strptime(text, form).replace(tzinfo=self._rules.zone)
            except ValueError:
                continue
        raise FieldError("date", f"{name} {text!r} has none of the forms {', '.join(formats)}")

    def _money(self, text: str, name: str) -> int:
        try:
            return parse_minor(text, self._rules.currency)
        except AmountError as error:
            raise FieldError("amount", f"{name}: {error}") from error
