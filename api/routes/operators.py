"""`/v1/decisions`, `/v1/seals` and `/v1/profiles`: what operators decided, what books were sealed with, what was learnt."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from api.bearer_scheme import DESCRIBED
from api.context import Here
from api.links import link_next
from api.operator_filters import BookFilter, OperatorDecisionFilter
from api.operator_models import DecisionRequest, OperatorDecision, OperatorDecisionPage, ProfilePage, SealPage
from api.problems import PROBLEM_RESPONSES
from api.queries.operator_decisions import (
    get_operator_decision,
    list_operator_decisions,
    list_profiles,
    list_seals,
    operator_decision_of,
)
from api.queries.recording import record_decision
from schemas.records import DEFAULT_TENANT

__all__ = ["actor_of", "router"]

router = APIRouter(prefix="/v1", tags=["operators"], dependencies=[DESCRIBED], responses=PROBLEM_RESPONSES)


def actor_of(request: Request) -> str:
    """Who sent an admitted request. There is one token, so this tells programs from the page, not one person from another."""
    if request.headers.get("authorization"):
        return "api token"
    return "page session" if request.app.state.context.access.token is not None else "local user"


@router.post("/decisions", status_code=201, responses={409: PROBLEM_RESPONSES[409]})
def record(
    here: Here,
    request: Request,
    response: Response,
    decision: DecisionRequest,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> OperatorDecision:
    """Confirm a match, keep records apart, or take such a decision back.

    It is in force for every batch that comes from now on. What is stored already is solved again with the close pass's next
    round; `applied_at` tells when that was. The same `Idempotency-Key` with the same body answers with what was recorded then.
    """
    with here.database.writing() as connection:
        recorded = record_decision(
            connection, decision, tenant=DEFAULT_TENANT, actor=actor_of(request), idempotency_key=idempotency_key
        )
    if recorded.repeated:
        response.headers["Idempotency-Replayed"] = "true"
    found = operator_decision_of(recorded.row)
    response.headers["Location"] = f"/v1/decisions/{found.id}"
    return found


@router.get("/decisions")
def read_decisions(
    here: Here, request: Request, response: Response, filters: Annotated[OperatorDecisionFilter, Query()]
) -> OperatorDecisionPage:
    """Decisions of operators, latest first, revocations and what they revoked included."""
    found = list_operator_decisions(here.database, here.signer, filters)
    link_next(request, response, filters, found.next)
    return found


@router.get("/decisions/{number}")
def read_decision(here: Here, number: Annotated[int, Path(ge=1, lt=2**63)]) -> OperatorDecision:
    """One decision of an operator."""
    return get_operator_decision(here.database, number)


@router.get("/seals")
def read_seals(here: Here, request: Request, response: Response, filters: Annotated[BookFilter, Query()]) -> SealPage:
    """Seals of books with their balance proofs, latest first; former ones are kept."""
    found = list_seals(here.database, here.signer, filters)
    link_next(request, response, filters, found.next)
    return found


@router.get("/profiles")
def read_profiles(here: Here, request: Request, response: Response, filters: Annotated[BookFilter, Query()]) -> ProfilePage:
    """Learnt lag and fees of books, latest first, each with what changed against the one before."""
    found = list_profiles(here.database, here.signer, filters)
    link_next(request, response, filters, found.next)
    return found
