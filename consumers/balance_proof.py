"""The balance proof of a book: what both sides say by a day, and that open items explain the difference to the last minor unit.

Amounts are signed minor units: positive is money in.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from consumers.book_records import Place
from reconciler.types import Item, Outcome

__all__ = ["StatementProof", "prove_sides", "read_statement_proofs"]

_SHOWN = 10

_STATEMENTS = """
WITH wanted AS (SELECT * FROM unnest(%(accounts)s::text[], %(currencies)s::text[]) AS w (account_id, currency)),
told AS (
    SELECT s.* FROM statement s JOIN wanted USING (account_id, currency)
    WHERE s.source_id = ANY(%(codes)s) AND num_nulls(s.opening_minor, s.closing_minor, s.closing_date) = 0),
moved AS (
    SELECT t.source_id, t.detail ->> 'statement_id' AS statement_id, sum(t.direction * t.amount_minor)::bigint AS minor
    FROM transaction t
    WHERE t.source_id IN (SELECT source_id FROM told) AND NOT t.superseded AND t.status = 0
      AND t.detail ->> 'parent_txn_id' IS NULL AND t.detail ->> 'statement_id' IS NOT NULL
      AND (t.account_id, t.currency) IN (SELECT account_id, currency FROM wanted)
    GROUP BY 1, 2)
SELECT told.account_id, told.currency, told.source_id, told.statement_id, told.opening_minor, told.closing_minor, told.closing_date,
       moved.minor
FROM told LEFT JOIN moved USING (source_id, statement_id)
ORDER BY told.closing_date, told.sequence, told.statement_id
"""


@dataclass(frozen=True, slots=True)
class StatementProof:
    """Whether a statement's opening balance and its stored entries give its closing balance.

    Attributes:
        moved_minor: sum of the entries that are stored under the statement; None when there is none.
    """

    source: str
    statement_id: str
    opening_minor: int
    closing_minor: int
    closing_date: dt.date
    moved_minor: int | None

    @property
    def apart_minor(self) -> int:
        """Closing balance less what opening balance and entries give; 0 proves the statement."""
        return self.closing_minor - self.opening_minor - (self.moved_minor or 0)


def read_statement_proofs(
    connection: Connection[Any], names: Mapping[int, str], places: Collection[Place]
) -> dict[Place, list[StatementProof]]:
    """Statements of some books that tell both balances, by book, oldest first.

    Args:
        connection: any.
        names: source name by code.
        places: which books.
    """
    if not places:
        return {}
    accounts, currencies = zip(*places, strict=True)
    found: dict[Place, list[StatementProof]] = {}
    parameters = {"accounts": list(accounts), "currencies": list(currencies), "codes": list(names)}
    for account, currency, code, *rest in connection.execute(_STATEMENTS, parameters):
        found.setdefault((account, currency), []).append(StatementProof(names[code], *rest))
    return found


@dataclass(slots=True)
class _Side:
    """Records of one side by the day, and what became of them; every figure as number and sum."""

    told: list[int] = field(default_factory=lambda: [0, 0])
    matched: list[int] = field(default_factory=lambda: [0, 0])
    open: list[int] = field(default_factory=lambda: [0, 0])
    carried: list[int] = field(default_factory=lambda: [0, 0])
    converted: list[int] = field(default_factory=lambda: [0, 0])

    def as_json(self) -> dict[str, int]:
        figures = (("told", self.told), ("matched", self.matched), ("open", self.open), ("carried", self.carried))
        return {key: value for name, (count, minor) in figures for key, value in ((name, count), (f"{name}_minor", minor))}


def prove_sides(
    sides: tuple[str, ...],
    items: Iterable[Item],
    outcome: Outcome,
    through: dt.date,
    statements: Iterable[StatementProof],
    elsewhere: Collection[str] = frozenset(),
) -> dict[str, Any]:
    """The balance proof of one book by the end of a day, or of what it has in one currency.

    `told` is all that a side has by then. Of it, `matched` is in final matches, `open` in final breaks, and `carried` in what may
    still change (a counterpart may come, or came after the day). The proof holds when these add up on each side, so that the
    sides' difference is exactly what is open and carried and what the tolerances let matches differ by.

    Args:
        sides: names, in the order of the rules.
        items: every record of the book; of one currency, where it has several.
        outcome: what was decided about them.
        through: the day, UTC.
        statements: those of the book; later ones than the day are left out.
        elsewhere: ids of the records of other currencies that `outcome` is about.

    Returns:
        `{sides: {name: {told, told_minor, matched, ...}}, difference_minor, matched_difference_minor, open_difference_minor, holds,
        statements: {count, proved, failed: [{source, statement_id, apart_minor}], closing: {source: {closing_minor,
        closing_date}}}}`; differences are the last side less the first. Where amounts were matched with another currency's,
        `converted` has `{sides: {name: {matched, matched_minor}}, difference_minor}`: the part of `matched` that is, which
        `matched_difference_minor` leaves out, as it is no difference of amounts. Each figure is in the items' own currency.
    """
    figures = {name: _Side() for name in sides}
    _tally(figures, items, outcome, through, elsewhere)
    first, last = figures[sides[0]], figures[sides[-1]]
    told = {name: side.as_json() for name, side in figures.items()}
    converted_minor = last.converted[1] - first.converted[1]
    return {
        "sides": told,
        "difference_minor": last.told[1] - first.told[1],
        "matched_difference_minor": last.matched[1] - first.matched[1] - converted_minor,
        "open_difference_minor": last.open[1] + last.carried[1] - first.open[1] - first.carried[1],
        "statements": _summarise([one for one in statements if one.closing_date <= through]),
        "holds": all(
            side.told[at] == side.matched[at] + side.open[at] + side.carried[at] for side in figures.values() for at in (0, 1)
        ),
    } | _told_converted(figures)


def _tally(
    figures: Mapping[str, _Side], items: Iterable[Item], outcome: Outcome, through: dt.date, elsewhere: Collection[str]
) -> None:
    """Count each record of the day or before on its side."""
    signed: dict[str, int] = {}
    ignored = {member.id for member in outcome.ignored}
    for item in items:
        if item.booked_at.date() <= through and item.id not in ignored and item.status != "PENDING":
            signed[item.id] = item.signed_minor
            _count(figures[item.side].told, item.signed_minor)
    for match in outcome.matches:
        converted = bool(elsewhere) and any(member.id in elsewhere for member in match.members)
        for member in match.members:
            if member.id in signed:
                side = figures[member.side]
                _count(side.matched if match.final else side.carried, signed[member.id])
                if converted and match.final:
                    _count(side.converted, signed[member.id])
    # A record may be in several breaks; it is open as soon as one of them is final.
    opened = {member for one in outcome.breaks for member in one.members if member.id in signed}
    final = {member for one in outcome.breaks if one.final for member in one.members}
    for member in opened:
        side = figures[member.side]
        _count(side.open if member in final else side.carried, signed[member.id])


def _told_converted(figures: Mapping[str, _Side]) -> dict[str, Any]:
    """What of each side was matched with another currency; nothing when nothing was."""
    converted = {name: side.converted for name, side in figures.items()}
    if not any(count for count, _ in converted.values()):
        return {}
    minor = [minor for _, minor in converted.values()]
    sides = {name: {"matched": count, "matched_minor": minor} for name, (count, minor) in converted.items()}
    return {"converted": {"sides": sides, "difference_minor": minor[-1] - minor[0]}}


def _count(figure: list[int], minor: int) -> None:
    figure[0] += 1
    figure[1] += minor


def _summarise(statements: list[StatementProof]) -> dict[str, Any]:
    failed = [one for one in statements if one.apart_minor]
    return {
        "count": len(statements),
        "proved": len(statements) - len(failed),
        "failed": [
            {"source": one.source, "statement_id": one.statement_id, "apart_minor": one.apart_minor} for one in failed[:_SHOWN]
        ],
        "closing": {
            one.source: {"closing_minor": one.closing_minor, "closing_date": one.closing_date.isoformat()} for one in statements
        },
    }
