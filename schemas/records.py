"""The canonical records as Python values, for the edges that handle one record at a time.

The hot path never builds these; it decodes whole batches into columns (`schemas.codec`).
"""

import datetime as dt
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from schemas.errors import SchemaError

__all__ = [
    "DEFAULT_TENANT",
    "CanonicalStatement",
    "CanonicalTransaction",
    "Direction",
    "Proof",
    "StatementKind",
    "Status",
]

DEFAULT_TENANT = "default"


class Direction(StrEnum):
    """Which way the money moved, as the account holder sees it."""

    CREDIT = "CREDIT"
    DEBIT = "DEBIT"


class Status(StrEnum):
    """What became of the movement. Only SUCCESS is money; VOID was withdrawn by its source."""

    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    PENDING = "PENDING"
    VOID = "VOID"


class StatementKind(StrEnum):
    """Whether a statement record carries balances or only says how far the source is complete."""

    STATEMENT = "STATEMENT"
    WATERMARK = "WATERMARK"


class Proof(StrEnum):
    """Outcome of opening + entries = closing and of the format's own totals."""

    PROVED = "PROVED"
    FAILED = "FAILED"
    NOT_PROVABLE = "NOT_PROVABLE"


def _require_aware(name: str, value: dt.datetime | None) -> None:
    if value is not None and value.utcoffset() is None:
        raise SchemaError(f"{name} has no time zone: {value.isoformat()}; convert it to UTC before building the record")


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalTransaction:
    """One movement of money as one source tells it; fields as in `avro/canonical_transaction.avsc`.

    Raises:
        SchemaError: the amount is negative, or a time has no zone.
    """

    tenant_id: str = DEFAULT_TENANT
    txn_id: str
    revision: int = 0
    source: str
    bank_code: str | None = None
    account_id: str
    amount_minor: int
    currency: str
    direction: Direction
    is_reversal: bool = False
    status: Status = Status.SUCCESS
    booked_at: dt.datetime
    value_date: dt.date | None = None
    channel: str = "OTHER"
    transaction_type: str = "OTHER"
    reference_number: str | None = None
    end_to_end_id: str | None = None
    bank_reference: str | None = None
    settlement_id: str | None = None
    fee_minor: int | None = None
    counterparty_name: str | None = None
    counterparty_account: str | None = None
    counterparty_bank: str | None = None
    description: str | None = None
    statement_id: str | None = None
    parent_txn_id: str | None = None
    raw_ref: str | None = None
    ingested_at: dt.datetime

    def __post_init__(self) -> None:
        if self.amount_minor < 0:
            raise SchemaError(f"{self.source} {self.txn_id}: amount_minor is negative; put the sign into direction")
        _require_aware("booked_at", self.booked_at)
        _require_aware("ingested_at", self.ingested_at)

    def to_avro(self) -> dict[str, Any]:
        """The record as fastavro writes it: enums as their symbols, times as aware datetimes."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class CanonicalStatement:
    """A statement's balances and control totals, or a completeness watermark; fields as in `avro/canonical_statement.avsc`."""

    tenant_id: str = DEFAULT_TENANT
    statement_id: str
    source: str
    account_id: str = ""
    currency: str = ""
    kind: StatementKind
    sequence: int | None = None
    opening_minor: int | None = None
    opening_date: dt.date | None = None
    closing_minor: int | None = None
    closing_date: dt.date | None = None
    entry_count: int | None = None
    credit_minor: int | None = None
    debit_minor: int | None = None
    proof: Proof = Proof.NOT_PROVABLE
    complete_through: dt.datetime | None = None
    raw_ref: str | None = None
    ingested_at: dt.datetime

    def __post_init__(self) -> None:
        _require_aware("complete_through", self.complete_through)
        _require_aware("ingested_at", self.ingested_at)

    def to_avro(self) -> dict[str, Any]:
        """The record as fastavro writes it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}
