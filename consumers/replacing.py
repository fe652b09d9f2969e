"""Replacing what was decided about some groups by what is right for their members now."""

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl
from psycopg import Connection

from consumers.columns import SourceCode
from consumers.copying import copy_in
from consumers.days_to_seal import delete_decisions, note_days
from consumers.kinds import with_kinds
from consumers.operator_log import NO_DECISIONS, StandingDecisions
from consumers.sides import Compiled, items_of
from consumers.solving import solve_groups
from reconciler.due import Horizon

__all__ = ["replace_decisions"]


def replace_decisions(
    connection: Connection[Any],
    compiled: Compiled,
    members: pl.DataFrame,
    sources: Mapping[tuple[str, str], SourceCode],
    *,
    groups: Collection[int],
    standing: Collection[int],
    horizon: Horizon | None = None,
    decided: StandingDecisions = NO_DECISIONS,
) -> tuple[int, int]:
    """Solve groups of one reconciliation and replace the rows of `match` and `break` about them.

    Args:
        connection: in a transaction that holds the groups' shards.
        compiled: the reconciliation.
        members: every live record of each group; records of other groups are left out.
        sources: codes.
        groups: hashes of the groups to solve.
        standing: those of them about which something may have been decided before.
        horizon: watermarks by side for the close pass; None for the stream pass.
        decided: operators' decisions in force; what they tie to a group is among `groups`.

    Returns:
        How many matches and breaks stand now.
    """
    if standing:
        delete_decisions(connection, compiled.code, sorted(standing))
    wanted = pl.DataFrame({"group": list(groups)}, schema={"group": pl.Int64})
    members = with_kinds(connection, compiled.reconciliation, members)
    items = items_of(compiled, members, sources).join(wanted, on="group", how="semi")
    names = {code.source_id: name for (_, name), code in sources.items()}
    matches, breaks = solve_groups(compiled, items, names, horizon, decided)
    copy_in(connection, "match", matches)
    copy_in(connection, "break", breaks)
    if horizon is not None:
        final = pl.concat([one.filter("final").select("booked_on") for one in (matches, breaks)])
        note_days(connection, compiled.code, final["booked_on"].unique().to_list())
    return len(matches), len(breaks)
