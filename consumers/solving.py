"""Solving groups: plain ones in columns, the others one by one with the engine's reference solver."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import polars as pl

from consumers.decisions import break_rows, match_rows, plain_breaks, plain_matches
from consumers.operator_log import NO_DECISIONS, StandingDecisions
from consumers.sides import Compiled
from consumers.ties import components
from reconciler.columnar import PlainOutcome, solve_plain_groups
from reconciler.dispatch import solve
from reconciler.due import Horizon
from reconciler.reconciliation import Shape
from reconciler.text import normalise_reference
from reconciler.types import Break, Item, Match, Member

__all__ = ["STATUS_NAMES", "item_of", "solve_groups"]

STATUS_NAMES = ("SUCCESS", "FAILED", "PENDING", "VOID")
"""Status by its code in the tables."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def item_of(row: Mapping[str, Any], side: str, source: str) -> Item:
    """A stored row as the engine's item; its id is `source/txn_id`."""
    return Item(
        id=f"{source}/{row['txn_id']}",
        side=side,
        account=row["account_id"],
        amount_minor=row["amount_minor"],
        currency=row["currency"],
        direction=row["direction"],
        booked_at=_EPOCH + dt.timedelta(microseconds=row["booked_us"]),
        status=STATUS_NAMES[row["status"]],
        is_reversal=bool(row["is_reversal"]),
        fee_minor=row["fee_minor"],
        key=normalise_reference(row["key"]) or None,
        source=source,
        channel=row.get("channel") or "",
        transaction_type=row.get("transaction_type") or "",
    )


def solve_groups(
    compiled: Compiled,
    items: pl.DataFrame,
    source_names: Mapping[int, str],
    horizon: Horizon | None = None,
    decided: StandingDecisions = NO_DECISIONS,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of `match` and `break` for every group among `items` (as `consumers.sides.items_of` gives them).

    Args:
        compiled: the reconciliation.
        items: every live member of each group, so that a group is solved whole.
        source_names: source name by code.
        horizon: watermarks by side; None makes nothing final, and only then are plain groups decided in columns.
        decided: operators' decisions in force; groups that they tie together are all among `items`.
    """
    reconciliation = compiled.reconciliation
    matches, breaks, rest, tied = [], [], items, _tied(items, decided)
    if horizon is None and reconciliation.shape is Shape.KEYED:
        by_operators = pl.col("group").is_in(list(tied))
        plain: PlainOutcome = solve_plain_groups(reconciliation, items.filter(~by_operators) if tied else items)
        matches.append(plain_matches(reconciliation, compiled.code, plain))
        breaks.append(plain_breaks(reconciliation, compiled.code, plain))
        rest = pl.concat([plain.rest, items.filter(by_operators).select(plain.rest.columns)]) if tied else plain.rest
    found_matches, found_breaks, hashes = _one_by_one(compiled, rest, source_names, horizon, decided, tied)
    matches.append(match_rows(reconciliation, compiled.code, found_matches, hashes.__getitem__))
    breaks.append(break_rows(reconciliation, compiled.code, found_breaks, hashes.__getitem__))
    return pl.concat(matches), pl.concat(breaks)


def _tied(items: pl.DataFrame, decided: StandingDecisions) -> Mapping[int, int]:
    """Groups that operators decided about, each with the one that stands for all that are solved together with it."""
    if not decided:
        return {}
    rows = items.filter(pl.col("member").is_in(list(decided.by_member)))
    return components(dict(zip(rows["member"].to_list(), rows["group"].to_list(), strict=True)), decided)


def _one_by_one(
    compiled: Compiled,
    items: pl.DataFrame,
    source_names: Mapping[int, str],
    horizon: Horizon | None,
    decided: StandingDecisions,
    tied: Mapping[int, int],
) -> tuple[list[tuple[int, Match]], list[tuple[int, Break]], dict[Member, int]]:
    names = compiled.reconciliation.side_names
    groups: dict[tuple[int, str], list[Item]] = defaultdict(list)
    hashes: dict[Member, int] = {}
    group_of: dict[Member, int] = {}
    for row in items.iter_rows(named=True):
        item, group = item_of(row, names[row["side"]], source_names[row["source_id"]]), row["group"]
        # The text is compared after the hash: two keys whose hashes collide are two groups.
        groups[(tied[group], "") if group in tied else (group, item.key or "")].append(item)
        hashes[Member(item.side, item.id)] = row["member"]
        group_of[Member(item.side, item.id)] = group
    matches: list[tuple[int, Match]] = []
    breaks: list[tuple[int, Break]] = []
    for (group, _), members in groups.items():
        outcome = solve(compiled.reconciliation, members, horizon, decided.about(members) if group in tied else None)
        # A confirmed match may span groups; it is filed under one of them, and all of them are always replaced together.
        matches.extend((min(group_of[member] for member in match.members), match) for match in outcome.matches)
        breaks.extend((group_of[one.members[0]], one) for one in outcome.breaks)
    return matches, breaks, hashes
