"""OAuth of integrations: their settings, authorising at the provider, the callback, renewing and revoking.

A browser is bound to the authorisation that it begins by a cookie of its own: the session's cookie is `SameSite=Strict`, and the
provider's redirect comes from another site. A program that presents the API's token begins and completes with that.
"""

import datetime as dt
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse

from api.bearer_scheme import DESCRIBED
from api.context import Context, Here
from api.errors import (
    AuthorisationRefusedError,
    ConflictError,
    NotFoundError,
    ProviderFailedError,
    ProviderUnavailableError,
    VaultClosedError,
)
from api.oauth_models import AuthorisationBegun, AuthorisationState, Revocation
from api.problems import PROBLEM_RESPONSES
from api.routes.operators import actor_of
from api.templating import render
from reconduit.authorisation import Authorisations, OAuthClient, open_authorisations
from reconduit.authorisation.authorisation_request import REQUEST_SECONDS
from reconduit.authorisation.callback_address import provider_error
from reconduit.authorisation.errors import (
    AuthorisationNeededError,
    AuthorisationRequestError,
    ClientSettingsError,
    GrantRefusedError,
    TokenAnswerError,
    TokenEndpointError,
)
from reconduit.integrations.errors import UnknownIntegrationError
from reconduit.integrations.model import Integration
from reconduit.integrations.registry import find_integration, note_secrets_changed
from reconduit.vault.errors import VaultError
from schemas.records import DEFAULT_TENANT

__all__ = ["CALLBACK_PATH", "router"]

CALLBACK_PATH = "/oauth/callback"
"""Open to everybody: it is guarded by the state and by the session that asked."""

_COOKIE = "reconduit_authorising"

router = APIRouter(tags=["oauth"], responses=PROBLEM_RESPONSES)

_Key = Annotated[str, Path(max_length=100, description="id or name")]
_Parameter = Annotated[str, Query(max_length=4096)]


@contextmanager
def _answering() -> Iterator[None]:
    """Errors of authorisations as answers."""
    try:
        yield
    except UnknownIntegrationError as error:
        raise NotFoundError(str(error)) from error
    except (AuthorisationRequestError, AuthorisationNeededError) as error:
        raise AuthorisationRefusedError(str(error)) from error
    except ClientSettingsError as error:
        raise ConflictError(str(error)) from error
    except (GrantRefusedError, TokenAnswerError) as error:
        raise ProviderFailedError(str(error)) from error
    except TokenEndpointError as error:
        raise ProviderUnavailableError(str(error)) from error
    except VaultError as error:
        raise VaultClosedError(str(error)) from error


def _found(here: Context, key: str) -> Integration:
    with here.database.writing() as connection:
        return find_integration(connection, DEFAULT_TENANT, key)


def _note_change(here: Context, request: Request, integration_id: UUID, what: str) -> Integration:
    """Let whoever polls the integration begin anew with what was changed."""
    with here.database.writing() as connection:
        return note_secrets_changed(connection, DEFAULT_TENANT, integration_id, actor=actor_of(request), name=what)


def _state(here: Context, authorisations: Authorisations, integration: Integration) -> AuthorisationState:
    client = authorisations.client(DEFAULT_TENANT, integration.integration_id)
    if client is None:
        raise NotFoundError(f"integration {integration.name} has no OAuth settings; PUT them first")
    return AuthorisationState.of(client, authorisations.state(DEFAULT_TENANT, integration.integration_id), here.now())


@router.put("/v1/integrations/{integration}/oauth", dependencies=[DESCRIBED])
def configure_authorisation(here: Here, request: Request, integration: _Key, client: OAuthClient) -> AuthorisationState:
    """Store how the integration is a client of its provider. Its secrets (`client_secret`, `signing_key`, ...) are put apart."""
    with _answering():
        found, authorisations = _found(here, integration), open_authorisations(here.database.dsn)
        authorisations.configure(DEFAULT_TENANT, found.integration_id, client)
        _note_change(here, request, found.integration_id, "oauth settings")
        return _state(here, authorisations, found)


@router.get("/v1/integrations/{integration}/oauth", dependencies=[DESCRIBED])
def read_authorisation(here: Here, integration: _Key) -> AuthorisationState:
    """The OAuth settings, and how long the tokens last. The tokens themselves cannot be read."""
    with _answering():
        found = _found(here, integration)
        return _state(here, open_authorisations(here.database.dsn), found)


@router.post("/v1/integrations/{integration}/oauth/authorise", dependencies=[DESCRIBED])
def begin_authorisation(here: Here, request: Request, response: Response, integration: _Key) -> AuthorisationBegun:
    """Begin an authorisation. Whoever opens the address must answer to the callback in the same session, within ten minutes."""
    return AuthorisationBegun(
        authorise_url=_begin(here, request, response, integration),
        expires_at=here.now() + dt.timedelta(seconds=REQUEST_SECONDS),
    )


@router.get("/integrations/{integration}/authorise", include_in_schema=False)
def open_provider(here: Here, request: Request, integration: _Key) -> Response:
    """The same for a browser that is signed in: go to the provider's page."""
    response = RedirectResponse("/", status_code=303)
    response.headers["Location"] = _begin(here, request, response, integration)
    return response


def _begin(here: Context, request: Request, response: Response, key: str) -> str:
    with _answering():
        found, authorisations = _found(here, key), open_authorisations(here.database.dsn)
        session = _session_of_program(here, request)
        if session is None:
            value = secrets.token_urlsafe(32)
            client = authorisations.client(DEFAULT_TENANT, found.integration_id)
            served_by_tls = client is not None and urlsplit(client.redirect_uri or "").scheme == "https"
            # Lax, so that it comes along when the provider sends the browser back.
            response.set_cookie(
                _COOKIE, value, max_age=REQUEST_SECONDS, httponly=True, samesite="lax", secure=served_by_tls, path=CALLBACK_PATH
            )
            session = value.encode()
        return authorisations.begin(DEFAULT_TENANT, found.integration_id, session)


def _session_of_program(here: Context, request: Request) -> bytes | None:
    scheme, _, presented = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and here.access.admits(presented.strip()):
        return here.access.key("authorising")
    return None


@router.get(CALLBACK_PATH, include_in_schema=False)
def callback(
    here: Here, request: Request, state: _Parameter = "", code: _Parameter = "", error: _Parameter = "", iss: _Parameter = ""
) -> Response:
    """Where the provider sends the person back to: the code is exchanged, and the tokens are stored."""
    with _answering():
        cookie = request.cookies.get(_COOKIE)
        session = _session_of_program(here, request) or (cookie.encode() if cookie else None)
        if session is None:
            raise AuthorisationRequestError("this browser has not begun an authorisation; begin it here, with cookies allowed")
        authorisations = open_authorisations(here.database.dsn)
        if error or not code:
            authorisations.refuse(state=state, session=session)
            raise AuthorisationRequestError(f"the provider did not authorise: {provider_error(error)}; begin again")
        target = authorisations.complete(state=state, code=code, session=session, issuer=iss or None)
        found = _note_change(here, request, target.integration_id, "authorisation")
        return _completed(request, _state(here, authorisations, found), found.name)


def _completed(request: Request, state: AuthorisationState, name: str) -> Response:
    response: Response
    if "text/html" in request.headers.get("accept", ""):
        response = HTMLResponse(render("authorised.html", integration=name))
    else:
        response = JSONResponse(state.model_dump(mode="json"))
    response.delete_cookie(_COOKIE, path=CALLBACK_PATH)
    return response


@router.post("/v1/integrations/{integration}/oauth/renew", dependencies=[DESCRIBED])
def renew_tokens(here: Here, integration: _Key) -> AuthorisationState:
    """See to it that there is a good access token now: obtain one, or renew the one that is about to end."""
    with _answering():
        found, authorisations = _found(here, integration), open_authorisations(here.database.dsn)
        authorisations.keeper(DEFAULT_TENANT, found.integration_id, found.name).token()
        return _state(here, authorisations, found)


@router.post("/v1/integrations/{integration}/oauth/revoke", dependencies=[DESCRIBED])
def revoke_tokens(here: Here, integration: _Key) -> Revocation:
    """Let the provider revoke the tokens and throw them away. A person must authorise again to go on."""
    with _answering():
        found, authorisations = _found(here, integration), open_authorisations(here.database.dsn)
        return Revocation(provider_told=authorisations.keeper(DEFAULT_TENANT, found.integration_id, found.name).revoke())
