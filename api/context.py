"""What every request handler needs, made once per application."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from api.access import Access
from api.cached import Cached
from api.cursor import CursorSigner
from api.database import Database
from api.models import Sources, Summary
from api.queries.sources import describe_sources
from api.queries.summary import summarise
from api.session import Tickets

__all__ = ["Clock", "Context", "Here", "build_context", "utc_now"]

Clock = Callable[[], dt.datetime]
_KEEP_SECONDS = 1.5


def utc_now() -> dt.datetime:
    """The time, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Context:
    """The database, what signs and admits, the clock, and the totals that all readers share."""

    database: Database
    access: Access
    signer: CursorSigner
    tickets: Tickets
    now: Clock
    summary: Cached[Summary]
    sources: Cached[Sources]


def build_context(database: Database, access: Access, now: Clock, patience: Mapping[str, dt.timedelta]) -> Context:
    """The context of one application."""
    return Context(
        database=database,
        access=access,
        signer=CursorSigner(access.key("cursor")),
        tickets=Tickets(access),
        now=now,
        summary=Cached(lambda: summarise(database, now()), _KEEP_SECONDS),
        sources=Cached(lambda: describe_sources(database, now(), patience), _KEEP_SECONDS),
    )


def _context_of(request: Request) -> Context:
    context = request.app.state.context
    assert isinstance(context, Context)
    return context


Here = Annotated[Context, Depends(_context_of)]
"""The application's context, as a parameter of a request handler."""
