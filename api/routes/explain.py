"""`/v1/transactions/{id}/explanation`: what became of a record, and why."""

from fastapi import APIRouter

from api.bearer_scheme import DESCRIBED
from api.context import Here
from api.explanation_models import ExplanationAnswer
from api.problems import PROBLEM_RESPONSES
from api.queries.explain import explain
from reconciler.explaining.document import as_document

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["read"], dependencies=[DESCRIBED], responses=PROBLEM_RESPONSES)


@router.get("/transactions/{record_id:path}/explanation")
def read_explanation(here: Here, record_id: str) -> ExplanationAnswer:
    """Why a record is matched or open; `record_id` is `source/txn_id`, a txn_id, or the id of a match or break."""
    return ExplanationAnswer.model_validate(as_document(explain(here.database, record_id)))
