"""Liveness, readiness and metrics, for the machines that look after this one."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import BaseModel
from starlette.responses import Response

from api.context import Here
from api.metrics import ReconciliationCollector
from api.problems import PROBLEM_RESPONSES
from api.webhooks.metrics import WebhookCollector

__all__ = ["router"]

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """A process that answers."""

    status: str


@router.get("/livez")
def livez() -> Health:
    """The process answers. Says nothing about Postgres: restarting the API would not bring that back."""
    return Health(status="alive")


@router.get("/readyz", responses={503: PROBLEM_RESPONSES[503]})
def readyz(here: Here) -> Health:
    """Postgres answers and has the tables; 503 when not."""
    here.database.ping()
    return Health(status="ready")


@router.get("/metrics", response_class=Response, responses={401: PROBLEM_RESPONSES[401]})
def metrics(here: Here) -> Response:
    """Prometheus text format; needs the bearer token like every view of the data."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ReconciliationCollector(here))
    registry.register(WebhookCollector(here.database))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
