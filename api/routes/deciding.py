"""Deciding on the page: the forms on a match or break, and what became of a decision.

A form of another site is refused before it comes here (`api.authentication`), and the session's cookie is not sent with it.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.context import Context, Here
from api.errors import BadMembersError
from api.forms import read_form
from api.operator_models import DecisionRequest
from api.queries.operator_decisions import get_operator_decision
from api.queries.recording import record_decision
from api.routes.operators import actor_of
from api.session import COOKIE
from api.templating import render
from schemas.records import DEFAULT_TENANT

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_MAX_FORM_BYTES = 262_144


def _record(here: Context, fields: dict[str, object], actor: str) -> int:
    try:
        decision = DecisionRequest.model_validate(fields)
    except ValidationError as error:
        raise BadMembersError("; ".join(one["msg"] for one in error.errors(include_input=False))) from None
    with here.database.writing() as connection:
        number: int = record_decision(connection, decision, tenant=DEFAULT_TENANT, actor=actor).row["operator_decision_id"]
    return number


@router.post("/decide")
async def decide(here: Here, request: Request) -> Response:
    """Record the decision of a form, and show it."""
    form = await read_form(request, _MAX_FORM_BYTES)
    fields: dict[str, object] = {name: form[name][0] for name in ("kind", "reconciliation", "revokes", "note") if name in form}
    members = [member.partition("/") for member in form.get("member", ())]
    if members:
        fields["members"] = [{"source": source, "txn_id": txn_id} for source, _, txn_id in members]
    number = await run_in_threadpool(_record, here, fields, actor_of(request))
    return RedirectResponse(f"/decided/{number}", status_code=303)


@router.get("/decided/{number}")
def decided(here: Here, request: Request, number: Annotated[int, Path(ge=1, lt=2**63)]) -> HTMLResponse:
    """One decision, and whether it has taken effect."""
    found = get_operator_decision(here.database, number)
    return HTMLResponse(render("decided.html", item=found, can_sign_out=COOKIE in request.cookies))
