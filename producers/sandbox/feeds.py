"""The coordinated feeds over HTTP: cursor-paged records in order of arrival, with revisions and a completeness watermark.

`GET /records?after=CURSOR&limit=N` with `Authorization: Bearer TOKEN` answers

```
{"records": [{"id", "revision", "account", "reference", "amount", "currency", "direction", "status", "channel", "type",
              "booked_at", "value_date", "description", "counterparty", "reversal"}],
 "next": "...", "has_more": true, "complete_through": null}
```

`amount` is a decimal text in major units. `next` is a cursor also when there is nothing more, to be used in the next poll.
A cursor is a place in the order of arrival, and nothing ever arrives before something that has been seen, so records that
come while somebody pages are neither skipped nor sent twice. `complete_through` comes with the last page only: every record
booked before it has been sent.
"""

import datetime as dt
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from producers.sandbox.model import FeedRecord, World
from schemas.money import format_minor

__all__ = ["FEEDS", "MAX_LIMIT", "feed_routes"]

FEEDS = ("core", "gateway", "mobile")
MAX_LIMIT = 1000
_DEFAULT_LIMIT = 200

_Place = tuple[str, str, int]


def feed_routes(name: str, world: World, clock: Callable[[], dt.datetime], credentials: Mapping[str, str]) -> APIRouter:
    """One feed's routes, to be mounted under any prefix.

    Args:
        name: `core`, `gateway` or `mobile`.
        world: whose records are told.
        clock: the sandbox's time, aware UTC.
        credentials: `token`, the bearer token.
    """
    router = APIRouter()
    arrivals = _Arrivals(world, name)

    @router.get("/records")
    def records(request: Request, after: str = "", limit: int = _DEFAULT_LIMIT) -> JSONResponse:
        given = request.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {credentials['token']}".encode()):
            return JSONResponse({"error": "unauthorised"}, 401, headers={"WWW-Authenticate": "Bearer"})
        if not 1 <= limit <= MAX_LIMIT:
            return JSONResponse({"error": f"limit is 1 to {MAX_LIMIT}"}, 400)
        try:
            place = _place_of(after)
        except ValueError:
            return JSONResponse({"error": "unknown cursor"}, 400)
        now = clock()
        return JSONResponse(_page(arrivals.until(now), world.complete_through(now), place, limit))

    return router


class _Arrivals:
    """A feed's records in order of arrival; sorted again only when there are more, because what is visible stays visible."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._arrived: list[FeedRecord] = []

    def until(self, now: dt.datetime) -> Sequence[FeedRecord]:
        visible = self._world.feed(self._name, now)
        arrived = self._arrived
        if len(arrived) != len(visible):
            self._arrived = arrived = sorted(visible, key=_arrival)
        return arrived


def _page(arrived: Sequence[FeedRecord], through: dt.datetime, place: _Place | None, limit: int) -> dict[str, Any]:
    start = 0 if place is None else bisect_right(arrived, place, key=_arrival)
    page = arrived[start : start + limit]
    last = _arrival(page[-1]) if page else place
    has_more = start + limit < len(arrived)
    return {
        "records": [_payload(record) for record in page],
        "next": _cursor_of(last),
        "has_more": has_more,
        "complete_through": None if has_more else _timestamp(through),
    }


def _arrival(record: FeedRecord) -> _Place:
    return (record.visible_at.astimezone(dt.UTC).isoformat(timespec="microseconds"), record.record_id, record.revision)


def _cursor_of(place: _Place | None) -> str:
    return "" if place is None else urlsafe_b64encode("|".join(map(str, place)).encode()).decode()


def _place_of(cursor: str) -> _Place | None:
    """The place that a cursor names.

    Raises:
        ValueError: it was not made by `_cursor_of`.
    """
    if not cursor:
        return None
    visible_at, record_id, revision = urlsafe_b64decode(cursor.encode()).decode().split("|")
    return (visible_at, record_id, int(revision))


def _timestamp(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _payload(record: FeedRecord) -> dict[str, Any]:
    amount = format_minor(record.amount_minor, record.currency) if record.amount_text is None else record.amount_text
    return {
        "id": record.record_id,
        "revision": record.revision,
        "account": record.account_id,
        "reference": record.reference,
        "amount": amount,
        "currency": record.currency,
        "direction": record.direction,
        "status": record.status,
        "channel": record.channel,
        "type": record.transaction_type,
        "booked_at": _timestamp(record.booked_at),
        "value_date": record.value_date.isoformat(),
        "description": record.description,
        "counterparty": record.counterparty_name,
        "reversal": record.is_reversal,
    }
