"""The page for people: overview, one break, one match, quarantine, and what each kind of problem means."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse

from api.ageing import ageing_by_currency
from api.context import Context, Here
from api.errors import NotFoundError
from api.filters import BreakFilter, QuarantineFilter
from api.operator_filters import BookFilter
from api.problem_catalogue import PROBLEMS
from api.queries.decisions import get_break, get_match, list_breaks
from api.queries.operator_decisions import confirmation_of, list_seals
from api.queries.quarantine import list_quarantine
from api.session import COOKIE
from api.templating import render
from reconciler.types import BreakType

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

REFRESH_SECONDS = 3
"""How often the script asks for the moving parts of the overview; without a script the page reloads every ten seconds."""

_SEALS_SHOWN = 5


def _address(path: str, **query: object) -> str:
    chosen = {name: str(value) for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(chosen)}" if chosen else path


def _overview(here: Context, request: Request, filters: BreakFilter) -> dict[str, Any]:
    summary, sources = here.summary.get(), here.sources.get()
    breaks = list_breaks(here.database, here.signer, filters)
    query = filters.query()
    chosen = {name: value for name, value in query.items() if name != "sort"}
    shown = [r for r in summary.reconciliations if filters.reconciliation in {None, r.name}]
    counts: dict[str, int] = {}
    for reconciliation in shown:
        for total in reconciliation.breaks:
            counts[total.type] = counts.get(total.type, 0) + total.count
    without_type = {name: value for name, value in query.items() if name != "type"}
    return {
        "now": here.now(),
        "summary": summary,
        "sources": sources.sources,
        "seals": list_seals(here.database, here.signer, BookFilter(current=True, limit=_SEALS_SHOWN)).items,
        "ageing": ageing_by_currency(shown),
        "breaks": breaks.items,
        "next_page": _address("/", **query, limit=filters.limit, cursor=breaks.next) if breaks.next else None,
        "first_page": _address("/", **query) if filters.cursor else None,
        "filters": filters,
        "filtered": bool(chosen),
        "facets": [
            (kind, counts[kind], _address("/", **{**without_type, "type": kind}))
            for kind in sorted(counts, key=lambda kind: (-counts[kind], kind))
        ],
        "every_type": _address("/", **without_type),
        "currencies": sorted({bucket.open.currency for r in summary.reconciliations for bucket in r.ageing}),
        "break_types": [kind.value for kind in BreakType],
        "fragment": _address("/fragments/overview", **{**query, "limit": filters.limit, "cursor": filters.cursor}),
        "refresh_seconds": REFRESH_SECONDS,
        "can_sign_out": COOKIE in request.cookies,
    }


@router.get("/")
def overview(here: Here, request: Request, filters: Annotated[BreakFilter, Query()]) -> HTMLResponse:
    """Match rates, open amounts by age, sources, and the breaks that the address's filters choose."""
    return HTMLResponse(render("overview.html", **_overview(here, request, filters)))


@router.get("/fragments/overview")
def overview_fragment(here: Here, request: Request, filters: Annotated[BreakFilter, Query()]) -> HTMLResponse:
    """The moving parts of the overview, which the script puts in place of the old ones."""
    return HTMLResponse(render("overview_live.html", **_overview(here, request, filters)))


@router.get("/breaks/{break_id}")
def one_break(here: Here, request: Request, break_id: str) -> HTMLResponse:
    """One break: what is open, why, the nearest candidate, and the records side by side."""
    found = get_break(here.database, break_id)
    return HTMLResponse(render("break.html", item=found, now=here.now(), can_sign_out=COOKIE in request.cookies))


@router.get("/matches/{match_id}")
def one_match(here: Here, request: Request, match_id: str) -> HTMLResponse:
    """One match: what it rests on, and the records side by side."""
    found = get_match(here.database, match_id)
    confirmed_by = confirmation_of(here.database, found)
    return HTMLResponse(
        render("match.html", item=found, confirmed_by=confirmed_by, now=here.now(), can_sign_out=COOKIE in request.cookies)
    )


@router.get("/quarantine")
def quarantine(here: Here, request: Request, filters: Annotated[QuarantineFilter, Query()]) -> HTMLResponse:
    """Records that could not be used, with the reason and where they stand."""
    found = list_quarantine(here.database, here.signer, filters)
    address = _address("/quarantine", **filters.query(), limit=filters.limit, cursor=found.next) if found.next else None
    return HTMLResponse(
        render("quarantine.html", items=found.items, next_page=address, filters=filters, can_sign_out=COOKIE in request.cookies)
    )


@router.get("/problems/{slug}")
def problem_kind(slug: str) -> HTMLResponse:
    """What a problem's `type` means and what to do about it.

    Raises:
        NotFoundError: no such kind.
    """
    if slug not in PROBLEMS:
        raise NotFoundError(f"there is no problem type {slug!r}")
    title, detail = PROBLEMS[slug]
    return HTMLResponse(render("problem.html", title=title, status=None, detail=detail, errors=[]))
