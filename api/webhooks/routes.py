"""`/v1/webhooks/{provider}/{integration}`: deliveries of providers, and the endpoints that operators open for them.

A delivery is open to the world, since its signature shows who sends it; the other methods need the token like everything else.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import structlog
from fastapi import APIRouter, FastAPI, Path, Request, Response

from api.bearer_scheme import DESCRIBED
from api.context import Here
from api.errors import BadFilterError, BusyError, DatabaseUnavailableError, NotFoundError, QueryTimeoutError, VaultClosedError
from api.problems import PROBLEM_RESPONSES, problem_response
from api.routes.operators import actor_of
from api.webhooks.models import EndpointRequest, Replayed, ReplayRequest
from api.webhooks.reception import Reception
from reconduit.integrations.errors import UnknownIntegrationError
from reconduit.integrations.registry import find_integration
from reconduit.signatures.errors import RefusedDeliveryError, SchemeError
from reconduit.vault import open_vault
from reconduit.vault.errors import VaultError
from reconduit.webhooks.endpoints import close_endpoint, put_endpoint
from reconduit.webhooks.events import replay_events
from reconduit.webhooks.statistics import EndpointStatistics, read_statistics
from schemas.records import DEFAULT_TENANT

__all__ = ["router"]

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def _receiving(app: FastAPI) -> AsyncIterator[None]:
    context = app.state.context
    app.state.reception = Reception(context.database, context.now)
    async with app.state.reception.running():
        yield


router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"], responses=PROBLEM_RESPONSES, lifespan=_receiving)

_Provider = Annotated[str, Path(max_length=100, description="whose scheme signs, such as razorpay")]
_Key = Annotated[str, Path(max_length=100, description="id or name of the integration")]


def _reception(request: Request) -> Reception:
    reception = request.app.state.reception
    assert isinstance(reception, Reception)
    return reception


@router.post("/{provider}/{integration}", responses=dict.fromkeys((408, 413), PROBLEM_RESPONSES[400]))
async def deliver(request: Request, provider: _Provider, integration: _Key) -> Response:
    """An event of a provider. It is stored once, and answered before anything is done about it.

    401 (without a body) when the signature does not fit, 404 for an unknown integration, 413 and 408 for what is too long or too
    slow, 503 when it cannot be stored now.
    """
    try:
        acknowledgement = await _reception(request).take(provider, integration, request.headers, request.stream())
    except RefusedDeliveryError as error:
        # At debug level: whoever forges must not be able to fill the log. The counts tell how many there were.
        _log.debug("webhook refused", provider=provider, reason=error.refusal)
        return Response(status_code=401)
    except (BusyError, DatabaseUnavailableError, QueryTimeoutError) as error:
        # Not through the handler of errors, which logs each one.
        return problem_response(request, status=503, slug=error.slug, detail=str(error), headers={"Retry-After": "5"})
    return Response(acknowledgement, media_type="text/plain")


@router.get("/{provider}/{integration}", dependencies=[DESCRIBED])
def read_endpoint(here: Here, provider: _Provider, integration: _Key) -> EndpointStatistics:
    """Settings of an endpoint and what was delivered to it, by outcome; a few seconds behind."""
    try:
        with here.database.writing() as connection:
            found = find_integration(connection, DEFAULT_TENANT, integration)
            told = read_statistics(connection, found.integration_id, provider)
    except UnknownIntegrationError as error:
        raise NotFoundError(str(error)) from error
    if told is None:
        raise NotFoundError(f"integration {found.name} has no webhook of {provider}")
    return told


@router.put("/{provider}/{integration}", status_code=204, dependencies=[DESCRIBED])
def open_endpoint(here: Here, request: Request, provider: _Provider, integration: _Key, endpoint: EndpointRequest) -> None:
    """Open an endpoint, or change its settings and secrets.

    To rotate: put the new secret together with the old one, and the new one alone when the provider's retries are over.
    """
    try:
        with here.database.writing() as connection:
            found = find_integration(connection, DEFAULT_TENANT, integration, lock=True)
            put_endpoint(
                connection,
                open_vault(here.database.writing),
                found,
                provider,
                endpoint.settings,
                endpoint.secrets,
                actor=actor_of(request),
            )
    except UnknownIntegrationError as error:
        raise NotFoundError(str(error)) from error
    except SchemeError as error:
        raise BadFilterError(str(error)) from error
    except VaultError as error:
        raise VaultClosedError(str(error)) from error
    _reception(request).directory.forget()


@router.delete("/{provider}/{integration}", status_code=204, dependencies=[DESCRIBED])
def shut_endpoint(here: Here, request: Request, provider: _Provider, integration: _Key) -> None:
    """Take no more deliveries and forget the secrets. Events and counts stay."""
    try:
        with here.database.writing() as connection:
            found = find_integration(connection, DEFAULT_TENANT, integration, lock=True)
            closed = close_endpoint(connection, found, provider, actor=actor_of(request))
    except UnknownIntegrationError as error:
        raise NotFoundError(str(error)) from error
    if not closed:
        raise NotFoundError(f"integration {found.name} has no webhook of {provider}")
    _reception(request).directory.forget()


@router.post("/{provider}/{integration}/replay", status_code=202, dependencies=[DESCRIBED])
def replay_events_of_endpoint(
    here: Here, request: Request, provider: _Provider, integration: _Key, which: ReplayRequest | None = None
) -> Replayed:
    """Let events of an endpoint be published and acted on again by whoever relays them."""
    chosen = which or ReplayRequest()
    try:
        with here.database.writing() as connection:
            found = find_integration(connection, DEFAULT_TENANT, integration)
            if read_statistics(connection, found.integration_id, provider) is None:
                raise NotFoundError(f"integration {found.name} has no webhook of {provider}")
            number = replay_events(
                connection,
                found.integration_id,
                actor=actor_of(request),
                since=chosen.since,
                until=chosen.until,
                event_key=chosen.event,
                provider=provider,
            )
    except UnknownIntegrationError as error:
        raise NotFoundError(str(error)) from error
    return Replayed(events=number)
