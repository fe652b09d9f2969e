"""The balance proof of a booking day of a keyed or settlement reconciliation: every record accounted for, and how sides differ.

Amounts are minor units as the shape compares them. Keyed: the amount, a reversal's taken off. Settlement: on the first side the
signed amount less the fee, on the second the signed amount.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from reconciler.reconciliation import Reconciliation, Shape
from schemas.tables import STATUSES

__all__ = ["DayProofs"]

_FIGURES = ("told", "matched", "open", "carried", "elsewhere")


class DayProofs:
    """The proofs of one day, one for each currency that its records or decisions have."""

    def __init__(self, rules: Reconciliation, day: dt.date, items: pl.DataFrame, decided: pl.DataFrame) -> None:
        """Account for a day.

        Args:
            rules: the reconciliation.
            day: booking day, UTC.
            items: every live record of the day that is on a side (`consumers.sides.items_of`).
            decided: what stands about their groups (`consumers.decided_groups.read_decided`).
        """
        self._rules = rules
        self._told = set(items["currency"].to_list()) | set(decided.filter(pl.col("booked_on") == day)["currency"].to_list())
        self._figures = _figures(rules, items, decided)

    def currencies(self, others: Iterable[str] = ()) -> list[str]:
        """Currencies of the day's records and decisions, and `others`, in order."""
        return sorted(self._told.union(others))

    def prove(self, currency: str) -> dict[str, Any]:
        """The day's proof in one currency.

        `told` is all that a side has on the day. Of it, `matched` is in final matches, `open` in final breaks, and `carried` in
        what may still change. `elsewhere` is the part of `matched` whose match has a record of another day or currency too. The
        proof holds when these add up on each side; then the sides' difference is exactly what is open, carried or matched
        elsewhere and what the tolerances let matches differ by.

        Returns:
            `{sides: {name: {told, told_minor, matched, matched_minor, ...}}, difference_minor, matched_difference_minor,
            elsewhere_difference_minor, open_difference_minor, holds}`; differences are the last side less the first.
        """
        sides = [self._side(at, currency) for at in range(len(self._rules.sides))]
        first, last = sides[0], sides[-1]
        apart = {name: last[f"{name}_minor"] - first[f"{name}_minor"] for name in _FIGURES}
        return {
            "sides": dict(zip(self._rules.side_names, sides, strict=True)),
            "difference_minor": apart["told"],
            "matched_difference_minor": apart["matched"] - apart["elsewhere"],
            "elsewhere_difference_minor": apart["elsewhere"],
            "open_difference_minor": apart["open"] + apart["carried"],
            "holds": all(
                side[f"told{kind}"] == side[f"matched{kind}"] + side[f"open{kind}"] + side[f"carried{kind}"]
                for side in sides
                for kind in ("", "_minor")
            ),
        }

    def _side(self, side: int, currency: str) -> Mapping[str, int]:
        found = self._figures.get((side, currency))
        return found if found is not None else {f"{name}{kind}": 0 for name in _FIGURES for kind in ("", "_minor")}


def _figures(rules: Reconciliation, items: pl.DataFrame, decided: pl.DataFrame) -> dict[tuple[int, str], Mapping[str, int]]:
    """Number and sum of each figure, by index of the side and currency."""
    records = items.select("member", "side", "currency", "status", _compared(rules.shape).alias("minor"))
    claims = (
        decided.with_row_index("decision")
        .select("decision", "matched", "final", "members", pl.col("members").list.len().alias("size"))
        .explode("members")
        .join(records.select(pl.col("member").alias("members"), "currency"), on="members", how="inner")
        .with_columns(whole=pl.len().over("decision", "currency") == pl.col("size"))
    )
    # A record may be in several breaks; it is open as soon as one of them is final.
    of_record = claims.group_by("members").agg(
        matched=(pl.col("matched") & pl.col("final")).any(),
        elsewhere=(pl.col("matched") & pl.col("final") & ~pl.col("whole")).any(),
        open=(~pl.col("matched") & pl.col("final")).any(),
    )
    never_money = pl.col("status").is_in([STATUSES["VOID"], STATUSES["FAILED"]])
    joined = records.join(of_record.rename({"members": "member"}), on="member", how="left")
    # What is in no decision must be no money, else it is told and nothing accounts for it.
    told = joined.filter(pl.col("matched").is_not_null() | ~never_money).with_columns(
        told=pl.lit(value=True),
        carried=(~pl.col("matched") & ~pl.col("open")).fill_null(value=False),
        matched=pl.col("matched").fill_null(value=False),
        open=(pl.col("open") & ~pl.col("matched")).fill_null(value=False),
        elsewhere=pl.col("elsewhere").fill_null(value=False),
    )
    sums = [pl.col(name).sum().cast(pl.Int64).alias(name) for name in _FIGURES]
    sums += [pl.col("minor").filter(pl.col(name)).sum().alias(f"{name}_minor") for name in _FIGURES]
    return {(row.pop("side"), row.pop("currency")): row for row in told.group_by("side", "currency").agg(sums).to_dicts()}


def _compared(shape: Shape) -> pl.Expr:
    """What of a record the shape compares."""
    if shape is Shape.KEYED:
        return pl.when("is_reversal").then(-pl.col("amount_minor")).otherwise(pl.col("amount_minor"))
    fee = pl.when(pl.col("side") == 0).then(pl.col("fee_minor").fill_null(0)).otherwise(0)
    return pl.col("direction").cast(pl.Int64) * pl.col("amount_minor") - fee
