"""Which side of a reconciliation each stored record is on, for whole frames."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from consumers.columns import SourceCode
from consumers.locks import KeySpace
from reconciler.reconciliation import KeyField, Reconciliation

__all__ = ["Compiled", "compile_reconciliation", "group_of", "items_of"]

_EPOCH = dt.date(1970, 1, 1)
_MICROSECONDS_A_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Compiled:
    """A reconciliation with its code in the tables.

    Attributes:
        code: `reconciliation.reconciliation_id`.
        space: the key that ties its groups.
    """

    reconciliation: Reconciliation
    code: int
    space: KeySpace

    @property
    def sources(self) -> frozenset[str]:
        """Names of the sources on any side."""
        return frozenset(source for side in self.reconciliation.sides for source in side.sources)


def compile_reconciliation(reconciliation: Reconciliation, code: int) -> Compiled:
    """Attach the code; the key space follows from the key field."""
    space = KeySpace.SETTLEMENT if reconciliation.key is KeyField.SETTLEMENT_ID else KeySpace.REFERENCE
    return Compiled(reconciliation, code, space)


def group_of(compiled: Compiled, sources: Mapping[tuple[str, str], SourceCode]) -> pl.Expr:
    """Column `group` of stored records: the hash of the key that ties them in this reconciliation."""
    settlement = compiled.space is KeySpace.SETTLEMENT
    primary = [code.source_id for code in sources.values() if code.by_settlement == settlement]
    # A record without the key is a group of its own, so that it shows as open instead of nowhere.
    own = pl.when(pl.col("source_id").is_in(primary)).then("group_hash").otherwise(pl.coalesce("second_hash", "txn_hash"))
    return own.alias("group")


def items_of(compiled: Compiled, members: pl.DataFrame, sources: Mapping[tuple[str, str], SourceCode]) -> pl.DataFrame:
    """Those `members` that are on a side, as the engine's columns.

    Args:
        compiled: the reconciliation.
        members: stored columns, one row a live record; with `channel` and `transaction_type` where a side filters by them
            (`consumers.kinds`).
        sources: code of every (tenant, source).

    Returns:
        `reconciler.columnar.ITEM_COLUMNS` and, for the per-group path, direction, fee_minor, source_id and txn_id; channel and
        transaction_type where `members` have them.
    """
    key = "settlement_id" if compiled.space is KeySpace.SETTLEMENT else "reference_number"
    side = pl.lit(None, dtype=pl.Int8)
    for index in reversed(range(len(compiled.reconciliation.sides))):
        side = pl.when(_on_side(compiled, index, members, sources)).then(pl.lit(index, dtype=pl.Int8)).otherwise(side)
    return (
        members.with_columns(side.alias("side"), group_of(compiled, sources))
        .filter(pl.col("side").is_not_null())
        .select(
            "group",
            pl.col(key).fill_null("").alias("key"),
            "side",
            pl.col("txn_hash").alias("member"),
            "amount_minor",
            "currency",
            "status",
            "is_reversal",
            "booked_us",
            "account_id",
            "direction",
            "fee_minor",
            "source_id",
            "txn_id",
            pl.col("^(channel|transaction_type)$"),
        )
    )


def _on_side(compiled: Compiled, index: int, members: pl.DataFrame, sources: Mapping[tuple[str, str], SourceCode]) -> pl.Expr:
    side = compiled.reconciliation.sides[index]
    chosen = side.filter
    accepts = pl.col("source_id").is_in([code.source_id for (_, name), code in sources.items() if name in side.sources])
    if chosen.account or chosen.not_account:
        accounts = [account for account in members["account_id"].unique().to_list() if chosen.accepts_account(account)]
        accepts = accepts & pl.col("account_id").is_in(accounts)
    if chosen.direction is not None:
        accepts = accepts & (pl.col("direction") == chosen.direction)
    if chosen.transaction_type:
        accepts = accepts & pl.col("transaction_type").is_in(list(chosen.transaction_type))
    if chosen.channel:
        accepts = accepts & pl.col("channel").is_in(list(chosen.channel))
    if chosen.currency:
        accepts = accepts & pl.col("currency").is_in(list(chosen.currency))
    if chosen.least_minor is not None:
        accepts = accepts & (pl.col("amount_minor") >= chosen.least_minor)
    if chosen.most_minor is not None:
        accepts = accepts & (pl.col("amount_minor") <= chosen.most_minor)
    if chosen.booked_from is not None:
        accepts = accepts & (pl.col("booked_us") >= (chosen.booked_from - _EPOCH).days * _MICROSECONDS_A_DAY)
    return accepts
