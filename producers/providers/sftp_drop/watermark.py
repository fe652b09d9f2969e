"""How far an account's statements are complete: an unbroken chain of statements, each opening where the last one closed.

A bank may deliver a day late. The watermark then stays before the gap, however much newer the other files are, and moves on
when the missing statement closes it. A statement whose proof failed does not count: something in it is missing.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from schemas.records import CanonicalStatement, Proof, StatementKind

__all__ = ["advance", "complete_through", "new_watermarks"]

_MAX_WAITING = 400
"""More statements than this behind a gap are not remembered; a person has been told long before."""


def advance(state: Mapping[str, Any] | None, statement: CanonicalStatement) -> dict[str, Any]:
    """The account's continuity after one more statement.

    Args:
        state: `{"through": date, "closing": minor units, "waiting": [[opening, closing date, closing], ...]}`, None at first.
        statement: with proof and balances. One without a closing date changes nothing; one without balances cannot show a gap, so
            its closing date counts by itself.

    Returns:
        The new state, JSON.
    """
    before: dict[str, Any] = {"through": None, "closing": None, "waiting": [], **(state or {})}
    if statement.closing_date is None or statement.proof is Proof.FAILED:
        return before
    waiting = [list(segment) for segment in before["waiting"]]
    waiting.append([statement.opening_minor, statement.closing_date.isoformat(), statement.closing_minor])
    waiting.sort(key=lambda segment: segment[1])
    through, closing = before["through"], before["closing"]
    moved = True
    while moved:
        moved = False
        for segment in list(waiting):
            opening, date, segment_closing = segment
            if through is not None and date < through:
                waiting.remove(segment)
            elif closing is None or opening is None or opening == closing:
                through, closing, moved = date, segment_closing, True
                waiting.remove(segment)
                break
            elif date == through and segment_closing == closing:
                waiting.remove(segment)
    return {"through": through, "closing": closing, "waiting": waiting[-_MAX_WAITING:]}


def complete_through(state: Mapping[str, Any]) -> dt.datetime | None:
    """The end of the last day of the chain, aware UTC; None when there is no chain yet."""
    if state.get("through") is None:
        return None
    day = dt.date.fromisoformat(state["through"])
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC)


def new_watermarks(
    statements: Iterable[CanonicalStatement], accounts: MutableMapping[str, Any], source: str, tenant_id: str, now: dt.datetime
) -> Iterator[CanonicalStatement]:
    """A watermark for each account that the statements bring further.

    Args:
        statements: in the order of their files.
        accounts: continuity per account and currency; changed in place.
        source: name of the source.
        tenant_id: its tenant.
        now: aware UTC.
    """
    for statement in statements:
        key = f"{statement.account_id}/{statement.currency}"
        before = accounts.get(key)
        after = advance(before, statement)
        accounts[key] = after
        through = complete_through(after)
        if through is None or (before is not None and before.get("through") == after["through"]):
            continue
        yield CanonicalStatement(
            tenant_id=tenant_id,
            statement_id=f"watermark:{key}:{after['through']}",
            source=source,
            account_id=statement.account_id,
            currency=statement.currency,
            kind=StatementKind.WATERMARK,
            complete_through=through,
            ingested_at=now,
        )
