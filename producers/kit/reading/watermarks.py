"""The record that says how far a source, or one account of it, is complete."""

import datetime as dt

from reconduit.sources import SourceConfig
from schemas.records import CanonicalStatement, StatementKind

__all__ = ["watermark"]


def watermark(
    config: SourceConfig, through: dt.datetime, now: dt.datetime, *, account_id: str = "", currency: str = ""
) -> CanonicalStatement:
    """Every record booked before `through` has been given.

    Args:
        config: the source.
        through: aware UTC.
        now: time of the poll, aware UTC.
        account_id: the account that is complete; the whole source when empty.
        currency: of the account, where it has one.
    """
    return CanonicalStatement(
        tenant_id=config.tenant_id,
        statement_id=f"{account_id or config.name}:watermark",
        source=config.name,
        account_id=account_id,
        currency=currency,
        kind=StatementKind.WATERMARK,
        complete_through=through,
        ingested_at=now,
    )
