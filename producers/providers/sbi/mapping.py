"""SBI's statement rows, understood by a configured field map. Pure: the same row gives the same record.

The bank's field names are not public, so nothing here knows one; see `producers.providers.sbi.options`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from producers.kit.paging import value_at
from producers.kit.reading.day_windows import IST
from producers.kit.reading.repeated_ids import content_digest
from producers.kit.statements.row_fields import RowFields, RowRules
from producers.kit.statements.statement_connector import listed_rows
from producers.kit.statements.statement_row import StatementRow
from producers.providers.sbi.options import FieldMap, SbiOptions
from schemas.records import Direction

__all__ = ["BANK_CODE", "fill_template", "read_row", "row_rules", "rows_of"]

BANK_CODE = "SBIN"
"""First four letters of the bank's IFSC."""


def row_rules(options: SbiOptions) -> RowRules:
    """How the bank writes its fields, as the source's options say."""
    directions = dict.fromkeys(options.credit_values, Direction.CREDIT) | dict.fromkeys(options.debit_values, Direction.DEBIT)
    return RowRules(
        currency=options.currency,
        zone=IST,
        time_formats=options.time_formats,
        directions=directions,
        has_scalars=True,
        value_of=value_at,
    )


def fill_template(template: Any, values: Mapping[str, str]) -> Any:
    """A copy of a JSON template with `{name}` in its texts replaced; other braces stay as they are."""
    match template:
        case str():
            for name, value in values.items():
                template = template.replace(f"{{{name}}}", value)
            return template
        case Mapping():
            return {name: fill_template(value, values) for name, value in template.items()}
        case list():
            return [fill_template(value, values) for value in template]
        case _:
            return template


def rows_of(inner: Mapping[str, Any], path: str) -> Sequence[Any]:
    """The rows of a response.

    Raises:
        ContractChangeError: neither list nor object is at `path`.
    """
    return listed_rows(value_at(inner, path), f"SBI's {path} (the option records_path)")


def read_row(row: Any, names: FieldMap, rules: RowRules) -> StatementRow:
    """One row of the response, understood by the field map.

    Raises:
        FieldError: a field is missing or malformed; the message names its path.
    """
    fields = RowFields(row, rules)
    booked_at, direction, amount = fields.moment(names.booked_at), fields.direction(names.direction), fields.amount(names.amount)
    narration = fields.text(names.narration)
    content = (booked_at.isoformat(), direction.value, str(amount), narration)
    return StatementRow(
        provider_id=fields.required(names.id) if names.id else content_digest(*content, fields.text(names.balance)),
        has_own_id=names.id is not None,
        booked_at=booked_at,
        value_date=fields.date(names.value_date),
        amount_minor=amount,
        direction=direction,
        balance_minor=fields.balance(names.balance),
        narration=narration,
        content=content,
        reference=fields.text(names.reference),
        cheque_number=fields.text(names.cheque_number),
        counterparty=fields.text(names.counterparty),
    )
