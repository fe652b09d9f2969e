"""The keyed shape in columns: decides every plain group of a batch at once and leaves the rest to `reconciler.keyed`.

A group is plain when each side has at most one item, every item is a SUCCESS and no reversal, and all tell the same amount and
currency under the same text. Such a group is a match when every side is there and TIMING otherwise. A property test holds it
equal to `keyed.solve_group`, which is the reference.
"""

from dataclasses import dataclass

import polars as pl

from reconciler.reconciliation import Reconciliation
from reconciler.text_columns import normalise_references

__all__ = ["ITEM_COLUMNS", "PlainOutcome", "solve_plain_groups"]

ITEM_COLUMNS = {
    "group": pl.Int64,
    "key": pl.String,
    "side": pl.Int8,
    "member": pl.Int64,
    "amount_minor": pl.Int64,
    "currency": pl.String,
    "status": pl.Int16,
    "is_reversal": pl.Boolean,
    "booked_us": pl.Int64,
    "account_id": pl.String,
}
"""Columns of an item: `group` is the hash of the key, `key` its raw text, `side` the index of the side, `member` the item's hash,
`status` 0 for SUCCESS, `booked_us` microseconds since 1970 UTC. Only the highest revision of each record. A record without a key
is a group of its own, whose `group` is its `member`; it is never plain."""

_MICROSECONDS_A_DAY = 86_400_000_000


@dataclass(frozen=True, slots=True)
class PlainOutcome:
    """Decisions about the plain groups, and the items of the others.

    Attributes:
        matches, breaks: one row a group: group, key (normalised), amount_minor, currency, account_id, booked_on, sides and members
            (lists, sorted by side) and reasons (JSON text, a list of [signal, text]).
        rest: the rows of `items` whose groups are not plain.
    """

    matches: pl.DataFrame
    breaks: pl.DataFrame
    rest: pl.DataFrame


def solve_plain_groups(reconciliation: Reconciliation, items: pl.DataFrame) -> PlainOutcome:
    """Decide the plain groups among `items`, which has at least the columns `ITEM_COLUMNS`."""
    ordered = items.sort("group", "side")
    same = pl.col("group") == pl.col("group").shift()
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in ("amount_minor", "currency", "key"))
    repeated = pl.col("side") == pl.col("side").shift()
    keyless = pl.col("group") == pl.col("member")
    odd = (same & (differs | repeated)).fill_null(value=False) | (pl.col("status") != 0) | pl.col("is_reversal") | keyless
    groups = (
        ordered.with_columns(odd=odd)
        .group_by("group", maintain_order=True)
        .agg(
            pl.col("odd").any(),
            pl.col("key").first(),
            pl.col("amount_minor").first(),
            pl.col("currency").first(),
            pl.col("account_id").first(),
            (pl.col("booked_us").min() // _MICROSECONDS_A_DAY).cast(pl.Int32).cast(pl.Date).alias("earliest"),
            (pl.col("booked_us").max() // _MICROSECONDS_A_DAY).cast(pl.Int32).cast(pl.Date).alias("latest"),
            pl.col("side").alias("sides"),
            pl.col("member").alias("members"),
        )
    )
    plain = groups.filter(~pl.col("odd"))
    rest = (
        ordered.join(groups.filter("odd").select("group"), on="group", how="semi") if len(plain) < len(groups) else ordered.clear()
    )
    plain = plain.with_columns(normalise_references(plain["key"]))
    whole = pl.col("sides").list.len() == len(reconciliation.sides)
    return PlainOutcome(_matches(reconciliation, plain.filter(whole)), _timing(reconciliation, plain.filter(~whole)), rest)


_DECIDED = ("group", "key", "amount_minor", "currency", "account_id")


def _matches(reconciliation: Reconciliation, plain: pl.DataFrame) -> pl.DataFrame:
    sides = ", ".join(reconciliation.side_names)
    reasons = pl.format(
        '[["key","{} on ' + _json_inner(sides) + '"],["amount","equal: {} {}"]]', _json_text("key"), "amount_minor", "currency"
    )
    return plain.select(*_DECIDED, pl.col("latest").alias("booked_on"), "sides", "members", reasons.alias("reasons"))


def _timing(reconciliation: Reconciliation, plain: pl.DataFrame) -> pl.DataFrame:
    every = frozenset(range(len(reconciliation.sides)))
    present = plain.select("sides").unique()
    reasons = []
    for sides in present["sides"].to_list():
        lacking = ", ".join(reconciliation.side_names[index] for index in sorted(every.difference(sides)))
        reasons.append(f'[["due","{_json_inner(lacking)} may still deliver"]]')
    told = plain.join(present.with_columns(pl.Series("reasons", reasons, dtype=pl.String)), on="sides", maintain_order="left")
    return told.select(*_DECIDED, pl.col("earliest").alias("booked_on"), "sides", "members", "reasons")


def _json_inner(text: str) -> str:
    """Side names are identifiers of our own files; only what JSON and `pl.format` would trip over is escaped."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("{", "{{").replace("}", "}}")


def _json_text(name: str) -> pl.Expr:
    """A text column, escaped for the inside of a JSON string. Normalised keys have no control characters."""
    return pl.col(name).str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
