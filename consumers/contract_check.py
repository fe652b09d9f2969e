"""What Avro cannot say of a canonical record, checked in columns: a record that breaks it is quarantined, not stored."""

import datetime as dt

import polars as pl

from consumers.quarantining import Rejected

__all__ = ["LARGEST_AMOUNT_MINOR", "split_valid", "split_valid_statements"]

LARGEST_AMOUNT_MINOR = 10**17
"""Largest amount and fee that is stored: far beyond any payment in any currency, and yet sums of dozens fit the 64 bits of a
decision's amount. One absurd record would otherwise stop the partition that carries it."""

_LONGEST_KEY = 1_000
"""Bytes of an id or key; an index of Postgres holds no entry of more than a third of a page."""

_FIRST_DAY, _LAST_DAY = dt.date(1900, 1, 1), dt.date(2199, 12, 31)
"""Avro's 64-bit times reach further than any calendar of ours; a record from there would stop the worker that solves its group."""


def _has_nul(*names: str) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).str.contains("\x00", literal=True).fill_null(value=False) for name in names)


def _too_long(*names: str) -> pl.Expr:
    return pl.any_horizontal((pl.col(name).str.len_bytes() > _LONGEST_KEY).fill_null(value=False) for name in names)


def _outside_our_age(day: pl.Expr) -> pl.Expr:
    return ~day.is_between(_FIRST_DAY, _LAST_DAY).fill_null(value=True)


_Checks = tuple[tuple[str, pl.Expr, str], ...]

_SOURCE = ("source", pl.col("source") != pl.col("topic_source"), "source is not the one whose topic the record came in")

_TRANSACTION: _Checks = (
    ("amount", pl.col("amount_minor") < 0, "amount_minor is negative; the sign belongs into direction"),
    ("amount", pl.col("amount_minor") > LARGEST_AMOUNT_MINOR, f"amount_minor is beyond {LARGEST_AMOUNT_MINOR}: no payment is"),
    (
        "fee",
        ~pl.col("fee_minor").is_between(-LARGEST_AMOUNT_MINOR, LARGEST_AMOUNT_MINOR).fill_null(value=True),
        f"fee_minor is beyond {LARGEST_AMOUNT_MINOR} either way: no fee is",
    ),
    ("currency", ~pl.col("currency").str.contains(r"^[A-Z]{3}$"), "currency is not three capital letters (ISO 4217)"),
    ("identity", (pl.col("txn_id") == "") | (pl.col("account_id") == ""), "txn_id or account_id is empty"),
    ("revision", pl.col("revision") < 0, "revision is negative"),
    _SOURCE,
    (
        "time",
        _outside_our_age(pl.col("booked_at").dt.date()) | _outside_our_age(pl.col("value_date")),
        f"booked_at or value_date is not between {_FIRST_DAY} and {_LAST_DAY}",
    ),
    ("text", _has_nul("tenant_id", "txn_id", "account_id", "reference_number", "settlement_id"), "a NUL character in an id or key"),
    (
        "text",
        _too_long("txn_id", "account_id", "reference_number", "settlement_id"),
        f"an id or key of more than {_LONGEST_KEY} bytes",
    ),
)

_STATEMENT: _Checks = (
    ("identity", pl.col("statement_id") == "", "statement_id is empty"),
    _SOURCE,
    (
        "text",
        _has_nul("tenant_id", "statement_id", "account_id", "currency", "raw_ref"),
        "a NUL character, which Postgres cannot hold",
    ),
)


def split_valid(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Rejected]]:
    """Valid transactions, and the others with their reason.

    Args:
        frame: canonical columns, `message` and `topic_source`, the source that the topic belongs to.
    """
    return _split(frame, _TRANSACTION)


def split_valid_statements(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Rejected]]:
    """Valid statements and watermarks, and the others with their reason; columns as for `split_valid`."""
    return _split(frame, _STATEMENT)


def _split(frame: pl.DataFrame, checks: _Checks) -> tuple[pl.DataFrame, list[Rejected]]:
    reason = pl.lit(None, dtype=pl.UInt8)
    for index, (_, broken, _) in reversed(list(enumerate(checks))):
        reason = pl.when(broken).then(pl.lit(index, dtype=pl.UInt8)).otherwise(reason)
    marked = frame.with_columns(reason.alias("broken"))
    bad = marked.filter(pl.col("broken").is_not_null())
    rejected = [
        Rejected(message, checks[broken][0], checks[broken][2]) for message, broken in bad.select("message", "broken").iter_rows()
    ]
    return (marked.filter(pl.col("broken").is_null()) if rejected else marked).drop("broken"), rejected
