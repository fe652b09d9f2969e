"""Razorpay's API as the sandbox serves it: settlement recon and settlements, with Basic auth and offset paging.

Credentials: `key_id` and `key_secret`. Shapes and limits follow Razorpay's public documentation: `count` is at most 1,000
rows (100 settlements), `year`, `month` and `day` are the IST calendar, times are Unix seconds, amounts subunits.
A row is listed on the day of its settlement; while it is not settled, on the day of its creation.
"""

import datetime as dt
import secrets
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from producers.kit.reading.day_windows import IST
from producers.sandbox.model import GatewayItem, Settlement, World
from producers.sandbox.provider_keys import write_credentials

__all__ = ["generate_credentials", "routes"]

_RECON_MAX = 1000
_SETTLEMENTS_MAX = 100


def generate_credentials(directory: Path) -> Mapping[str, str]:
    """New API keys, also written to `directory` as files `key_id` and `key_secret` that only the owner can read."""
    made = {"key_id": f"rzp_test_{secrets.token_hex(7)}", "key_secret": secrets.token_urlsafe(18)}
    write_credentials(directory, made)
    return made


def _error(status: int, description: str, field: str | None = None) -> JSONResponse:
    error: dict[str, Any] = {
        "code": "BAD_REQUEST_ERROR",
        "description": description,
        "source": "NA",
        "step": "NA",
        "reason": "NA",
        "metadata": {},
        "field": field,
    }
    return JSONResponse({"error": error}, status)


class _ParameterError(Exception):
    def __init__(self, field: str, description: str) -> None:
        super().__init__(description)
        self.field = field


def _integer(request: Request, field: str, *, default: int | None, low: int, high: int) -> int:
    text = request.query_params.get(field)
    if text is None:
        if default is None:
            raise _ParameterError(field, f"The {field} field is required.")
        return default
    if not text.isdecimal() or not low <= int(text) <= high:
        raise _ParameterError(field, f"The {field} must be between {low} and {high}.")
    return int(text)


def _authorised(request: Request, credentials: Mapping[str, str]) -> bool:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        given = b64decode(encoded, validate=True)
    except ValueError:
        return False
    expected = f"{credentials['key_id']}:{credentials['key_secret']}".encode()
    return secrets.compare_digest(given, expected)


def _is_settled(item: GatewayItem, now: dt.datetime) -> bool:
    return item.settlement_id is not None and item.settled_at is not None and item.settled_at <= now


def _listed_on(item: GatewayItem, now: dt.datetime) -> dt.date:
    time = item.settled_at if _is_settled(item, now) and item.settled_at else item.created_at
    return time.astimezone(IST).date()


def _recon_row(item: GatewayItem, now: dt.datetime) -> dict[str, Any]:
    settled = _is_settled(item, now)
    settled_at = int(item.settled_at.timestamp()) if settled and item.settled_at else None
    return {
        "entity_id": item.entity_id,
        "type": item.type,
        "debit": item.debit,
        "credit": item.credit,
        "amount": item.amount,
        "currency": item.currency,
        "fee": item.fee,
        "tax": item.tax,
        "on_hold": False,
        "settled": settled,
        "created_at": int(item.created_at.timestamp()),
        "settled_at": settled_at,
        "settlement_id": item.settlement_id if settled else None,
        "posted_at": None,
        "credit_type": "default",
        "description": None,
        # Razorpay sends notes as text, object or list; all three are served so that nobody relies on one.
        "notes": ("{}", {"order": item.order_receipt or ""}, [])[sum(item.entity_id.encode()) % 3],
        "payment_id": item.payment_id,
        "settlement_utr": item.settlement_utr if settled else None,
        "order_id": item.order_id,
        "order_receipt": item.order_receipt,
        "method": item.method,
        "card_network": None,
        "card_issuer": None,
        "card_type": None,
        "dispute_id": None,
    }


def _settlement(settlement: Settlement) -> dict[str, Any]:
    return {
        "id": settlement.settlement_id,
        "entity": "settlement",
        "amount": settlement.amount,
        "status": settlement.status,
        "fees": settlement.fees,
        "tax": settlement.tax,
        "utr": settlement.utr,
        "created_at": int(settlement.created_at.timestamp()),
    }


def _collection(items: Sequence[dict[str, Any]]) -> Response:
    return JSONResponse({"entity": "collection", "count": len(items), "items": list(items)})


def _latest(items: Sequence[GatewayItem]) -> Sequence[GatewayItem]:
    """One row per entity: its latest visible version, where the first one stood."""
    return list({item.entity_id: item for item in sorted(items, key=lambda item: item.visible_at)}.values())


def _recon(request: Request, world: World, now: dt.datetime) -> Response:
    year = _integer(request, "year", default=None, low=2000, high=2999)
    month = _integer(request, "month", default=None, low=1, high=12)
    day = _integer(request, "day", default=0, low=1, high=31)
    count = _integer(request, "count", default=10, low=1, high=_RECON_MAX)
    skip = _integer(request, "skip", default=0, low=0, high=10**9)
    listed = []
    for item in _latest(world.gateway_items(now)):
        date = _listed_on(item, now)
        if (date.year, date.month) == (year, month) and day in (0, date.day):
            listed.append(item)
    listed.sort(key=lambda item: (item.created_at, item.entity_id))
    return _collection([_recon_row(item, now) for item in listed[skip : skip + count]])


def _settlements(request: Request, world: World, now: dt.datetime) -> Response:
    start = _integer(request, "from", default=0, low=0, high=10**11)
    end = _integer(request, "to", default=10**11, low=0, high=10**11)
    count = _integer(request, "count", default=10, low=1, high=_SETTLEMENTS_MAX)
    skip = _integer(request, "skip", default=0, low=0, high=10**9)
    found = [s for s in world.settlements(now) if start <= int(s.created_at.timestamp()) <= end]
    # Newest first, as Razorpay lists everything: new settlements move the older ones to later pages.
    found.sort(key=lambda s: (s.created_at, s.settlement_id), reverse=True)
    return _collection([_settlement(s) for s in found[skip : skip + count]])


def routes(world: World, clock: Callable[[], dt.datetime], credentials: Mapping[str, str]) -> APIRouter:
    """Razorpay's routes, to be mounted under any prefix.

    Args:
        world: whose money is told.
        clock: the sandbox's time, aware UTC.
        credentials: `key_id` and `key_secret`.
    """
    router = APIRouter()

    def answer(request: Request, handler: Callable[[Request, World, dt.datetime], Response]) -> Response:
        if not _authorised(request, credentials):
            return _error(401, "Authentication failed")
        try:
            return handler(request, world, clock())
        except _ParameterError as error:
            return _error(400, str(error), error.field)

    @router.get("/v1/settlements/recon/combined")
    def recon(request: Request) -> Response:
        return answer(request, _recon)

    @router.get("/v1/settlements")
    def settlements(request: Request) -> Response:
        return answer(request, _settlements)

    @router.get("/v1/settlements/{settlement_id}")
    def settlement(request: Request, settlement_id: str) -> Response:
        def one(_: Request, world: World, now: dt.datetime) -> Response:
            for found in world.settlements(now):
                if found.settlement_id == settlement_id:
                    return JSONResponse(_settlement(found))
            return _error(400, "The id provided does not exist")

        return answer(request, one)

    return router
