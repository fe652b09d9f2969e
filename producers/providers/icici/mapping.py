"""ICICI's decrypted statement rows, understood. Pure: the same row gives the same record.

Field names and traps as several integrations show them: amounts are rupee texts with Indian grouping (`10,50,510.00`), always
positive, with `TYPE` DR or CR; times are IST without zone (`27-07-2017 23:21:42`); `Record` is an object when there is one row
and absent when there is none; `TRANSACTIONID` may repeat across the legs of one transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from producers.kit.reading.day_windows import IST
from producers.kit.statements.row_fields import RowFields, RowRules
from producers.kit.statements.statement_connector import listed_rows
from producers.kit.statements.statement_row import StatementRow
from schemas.records import Direction

__all__ = ["BANK_CODE", "read_row", "row_rules", "rows_of"]

BANK_CODE = "ICIC"
"""First four letters of the bank's IFSC."""

_DIRECTIONS = {"CR": Direction.CREDIT, "C": Direction.CREDIT, "DR": Direction.DEBIT, "D": Direction.DEBIT}
_TIME_FORMATS = ("%d-%m-%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d-%m-%Y", "%d/%m/%Y")


def row_rules(currency: str) -> RowRules:
    """How ICICI writes its fields, for accounts in `currency`; the rows do not say it."""
    return RowRules(currency=currency, zone=IST, time_formats=_TIME_FORMATS, directions=_DIRECTIONS)


def rows_of(body: Mapping[str, Any]) -> Sequence[Any]:
    """The rows of a statement response.

    Raises:
        ContractChangeError: `Record` is neither list nor object.
    """
    return listed_rows(body.get("Record"), "ICICI's Record")


def read_row(row: Any, rules: RowRules) -> StatementRow:
    """One element of `Record`, understood.

    Raises:
        FieldError: a field is missing or malformed; the message names it.
    """
    fields = RowFields(row, rules)
    booked_at, direction, amount = fields.moment("TXNDATE"), fields.direction("TYPE"), fields.amount("AMOUNT")
    remarks, cheque_number = fields.text("REMARKS"), fields.text("CHEQUENO")
    return StatementRow(
        provider_id=fields.required("TRANSACTIONID"),
        booked_at=booked_at,
        value_date=fields.date("VALUEDATE"),
        amount_minor=amount,
        direction=direction,
        balance_minor=fields.balance("BALANCE"),
        narration=remarks,
        content=(booked_at.isoformat(), direction.value, str(amount), remarks, cheque_number),
        cheque_number=cheque_number,
    )
