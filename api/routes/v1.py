"""`/v1`: the read API for programs."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.balance_models import Balances
from api.bearer_scheme import DESCRIBED
from api.context import Here
from api.filters import BreakFilter, MatchFilter, QuarantineFilter, TransactionFilter
from api.links import link_next
from api.models import BreakDetail, BreakPage, MatchDetail, MatchPage, QuarantinePage, Sources, Summary, TransactionPage
from api.problems import PROBLEM_RESPONSES
from api.queries.balances import list_balances
from api.queries.decisions import get_break, get_match, list_breaks, list_matches
from api.queries.quarantine import list_quarantine
from api.queries.transactions import list_transactions

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["read"], dependencies=[DESCRIBED], responses=PROBLEM_RESPONSES)


@router.get("/summary")
def read_summary(here: Here) -> Summary:
    """Every reconciliation: records, match rate, breaks by type, open amount by age; at most a few seconds old."""
    return here.summary.get()


@router.get("/sources")
def read_sources(here: Here) -> Sources:
    """Every source: fetched, published, stored, quarantined, freshness and health."""
    return here.sources.get()


@router.get("/sources/{source}/balances")
def read_balances(
    here: Here,
    source: Annotated[str, Path(max_length=100)],
    account: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$", description="only this account")] = None,
) -> Balances:
    """The last good balance of each account; marked stale, with its age, while the provider is down."""
    return list_balances(here.database, here.sources.get(), source, account, here.now())


@router.get("/transactions")
def read_transactions(
    here: Here, request: Request, response: Response, filters: Annotated[TransactionFilter, Query()]
) -> TransactionPage:
    """Stored records, latest booking first."""
    found = list_transactions(here.database, here.signer, filters)
    link_next(request, response, filters, found.next)
    return found


@router.get("/matches")
def read_matches(here: Here, request: Request, response: Response, filters: Annotated[MatchFilter, Query()]) -> MatchPage:
    """Matches, latest booking first."""
    found = list_matches(here.database, here.signer, filters)
    link_next(request, response, filters, found.next)
    return found


@router.get("/matches/{match_id}")
def read_match(here: Here, match_id: str) -> MatchDetail:
    """One match with its records."""
    return get_match(here.database, match_id)


@router.get("/breaks")
def read_breaks(here: Here, request: Request, response: Response, filters: Annotated[BreakFilter, Query()]) -> BreakPage:
    """Differences and open items."""
    found = list_breaks(here.database, here.signer, filters)
    link_next(request, response, filters, found.next)
    return found


@router.get("/breaks/{break_id}")
def read_break(here: Here, break_id: str) -> BreakDetail:
    """One break with its records, its reasons and its nearest candidate."""
    return get_break(here.database, break_id)


@router.get("/quarantine")
def read_quarantine(
    here: Here, request: Request, response: Response, filters: Annotated[QuarantineFilter, Query()]
) -> QuarantinePage:
    """Records that could not be used, latest first."""
    found = list_quarantine(here.database, here.signer, filters)
    link_next(request, response, filters, found.next)
    return found
