"""What Avro cannot say of a canonical transaction, checked in columns: a record that breaks it is quarantined, not stored."""

import polars as pl

from consumers.quarantining import Rejected

__all__ = ["LARGEST_AMOUNT_MINOR", "split_valid"]

LARGEST_AMOUNT_MINOR = 10**17
"""Largest amount and fee that is stored: far beyond any payment in any currency, and yet sums of dozens fit the 64 bits of a
decision's amount. One absurd record would otherwise stop the partition that carries it."""


def _has_nul(*names: str) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).str.contains("\x00", literal=True).fill_null(value=False) for name in names)


_CHECKS: tuple[tuple[str, pl.Expr, str], ...] = (
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
    ("source", pl.col("source") != pl.col("topic_source"), "source is not the one whose topic the record came in"),
    ("text", _has_nul("txn_id", "account_id", "reference_number", "settlement_id"), "a NUL character in an id or key"),
)


def split_valid(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[Rejected]]:
    """Valid rows, and the others with their reason.

    Args:
        frame: canonical columns, `message` and `topic_source`, the source that the topic belongs to.
    """
    reason = pl.lit(None, dtype=pl.UInt8)
    for index, (_, broken, _) in reversed(list(enumerate(_CHECKS))):
        reason = pl.when(broken).then(pl.lit(index, dtype=pl.UInt8)).otherwise(reason)
    marked = frame.with_columns(reason.alias("broken"))
    bad = marked.filter(pl.col("broken").is_not_null())
    rejected = [
        Rejected(message, _CHECKS[broken][0], _CHECKS[broken][2]) for message, broken in bad.select("message", "broken").iter_rows()
    ]
    return (marked.filter(pl.col("broken").is_null()) if rejected else marked).drop("broken"), rejected
