"""`/v1/integrations`: making, changing, enabling, testing and syncing integrations, and what became of it.

The API writes rows and reads results; supervisors (`reconduit supervise`) do the work.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from api.bearer_scheme import DESCRIBED
from api.context import Context, Here
from api.database import Connection
from api.errors import ConflictError, IdempotencyKeyError, NotFoundError, PreconditionFailedError, VaultClosedError
from api.integration_models import (
    CommandList,
    IntegrationCommand,
    IntegrationEventPage,
    IntegrationPage,
    IntegrationState,
    RecordingHours,
    SecretNames,
    SecretValue,
)
from api.links import link_next
from api.problems import PROBLEM_RESPONSES
from api.queries.integrations import EventFilter, IntegrationFilter, list_events, list_integrations
from api.routes.operators import actor_of
from reconduit.integrations.commands import (
    Command,
    SyncArguments,
    read_command,
    request_due_syncs,
    request_sync,
    request_test,
)
from reconduit.integrations.errors import (
    CommandRefusedError,
    NameTakenError,
    RepeatedKeyError,
    UnknownIntegrationError,
    VersionConflictError,
)
from reconduit.integrations.model import SECRET_NAME, Integration, IntegrationChange, IntegrationDraft
from reconduit.integrations.recording import set_recording
from reconduit.integrations.registry import (
    change_integration,
    create_integration,
    delete_integration,
    find_integration,
    note_secrets_changed,
    remove_secret,
    secret_names,
    set_enabled,
)
from reconduit.vault import open_vault
from reconduit.vault.errors import VaultError
from schemas.records import DEFAULT_TENANT

__all__ = ["router"]

_LOOK_SECONDS = 0.2

router = APIRouter(prefix="/v1/integrations", tags=["integrations"], dependencies=[DESCRIBED], responses=PROBLEM_RESPONSES)

_Key = Annotated[str, Path(max_length=100, description="id or name")]
_IfMatch = Annotated[str | None, Header(max_length=100, description="ETag that the change is meant for; else the last one wins")]
_Wait = Annotated[int, Query(ge=0, le=30, description="seconds to wait for the outcome before answering")]


@contextmanager
def _registry(here: Context) -> Iterator[Connection]:
    """A transaction on the registry, whose errors are answers."""
    try:
        with here.database.writing() as connection:
            yield connection
    except UnknownIntegrationError as error:
        raise NotFoundError(str(error)) from error
    except VersionConflictError as error:
        raise PreconditionFailedError(str(error)) from error
    except (NameTakenError, CommandRefusedError) as error:
        raise ConflictError(str(error)) from error
    except RepeatedKeyError as error:
        raise IdempotencyKeyError(str(error)) from error


def _expected(if_match: str | None) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    tag = if_match.strip().removeprefix("W/").strip('"')
    if not tag.isdecimal() or not tag.isascii():
        raise PreconditionFailedError(f"If-Match {if_match!r} is no ETag of an integration; read it again")
    return int(tag)


def _told(response: Response, stored: Integration) -> IntegrationState:
    response.headers["ETag"] = f'"{stored.version}"'
    return IntegrationState.of(stored)


@router.post("", status_code=201)
def create(
    here: Here,
    request: Request,
    response: Response,
    draft: IntegrationDraft,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> IntegrationState:
    """Make an integration. It is inactive: store its secrets, test it, enable it.

    The same `Idempotency-Key` with the same body answers with what was made then, as it is now.
    """
    with _registry(here) as connection:
        made, repeated = create_integration(
            connection, DEFAULT_TENANT, draft, actor=actor_of(request), idempotency_key=idempotency_key
        )
    if repeated:
        response.headers["Idempotency-Replayed"] = "true"
    response.headers["Location"] = f"/v1/integrations/{made.integration_id}"
    return _told(response, made)


@router.get("")
def list_all(here: Here, request: Request, response: Response, filters: Annotated[IntegrationFilter, Query()]) -> IntegrationPage:
    """Integrations by name."""
    found = list_integrations(here.database, here.signer, filters)
    link_next(request, response, filters, found.next)
    return found


@router.post("/sync-due", status_code=202)
def sync_due(here: Here, request: Request) -> CommandList:
    """Ask for a sync of every enabled integration whose next poll is due."""
    with _registry(here) as connection:
        made = request_due_syncs(connection, DEFAULT_TENANT, actor=actor_of(request))
    return CommandList(items=[IntegrationCommand.of(command) for command in made])


@router.get("/{integration}")
def read(here: Here, response: Response, integration: _Key) -> IntegrationState:
    """One integration: configuration, status and what to do, health, last and next sync, errors."""
    with _registry(here) as connection:
        found = find_integration(connection, DEFAULT_TENANT, integration)
    return _told(response, found)


@router.patch("/{integration}")
def change(
    here: Here, request: Request, response: Response, integration: _Key, change: IntegrationChange, if_match: _IfMatch = None
) -> IntegrationState:
    """Change what is named; an enabled integration is polled anew at once."""
    with _registry(here) as connection:
        changed = change_integration(
            connection, DEFAULT_TENANT, integration, change, actor=actor_of(request), expected_version=_expected(if_match)
        )
    return _told(response, changed)


@router.delete("/{integration}", status_code=204)
def delete(here: Here, integration: _Key, if_match: _IfMatch = None) -> None:
    """Remove it with its secrets, authorisations, commands and logs. Its records and its position stay."""
    with _registry(here) as connection:
        delete_integration(connection, DEFAULT_TENANT, integration, expected_version=_expected(if_match))


@router.post("/{integration}/enable")
def enable(here: Here, request: Request, response: Response, integration: _Key, if_match: _IfMatch = None) -> IntegrationState:
    """Poll it from now on. Also says that somebody has acted on what it waited for."""
    return _switch(here, request, response, integration, if_match, wanted=True)


@router.post("/{integration}/disable")
def disable(here: Here, request: Request, response: Response, integration: _Key, if_match: _IfMatch = None) -> IntegrationState:
    """Poll it no more."""
    return _switch(here, request, response, integration, if_match, wanted=False)


def _switch(
    here: Context, request: Request, response: Response, key: str, if_match: str | None, *, wanted: bool
) -> IntegrationState:
    with _registry(here) as connection:
        changed = set_enabled(
            connection, DEFAULT_TENANT, key, wanted=wanted, actor=actor_of(request), expected_version=_expected(if_match)
        )
    return _told(response, changed)


@router.post("/{integration}/test", status_code=202)
def test(here: Here, request: Request, response: Response, integration: _Key, wait: _Wait = 0) -> IntegrationCommand:
    """Try the connection: build the connector and fetch one page, which is thrown away. Works for disabled ones too."""
    with _registry(here) as connection:
        found = find_integration(connection, DEFAULT_TENANT, integration)
        command = request_test(connection, found, actor=actor_of(request))
    return _await_outcome(here, response, found, command, wait)


@router.post("/{integration}/sync", status_code=202)
def sync(
    here: Here,
    request: Request,
    response: Response,
    integration: _Key,
    arguments: SyncArguments | None = None,
    wait: _Wait = 0,
) -> IntegrationCommand:
    """Poll it now, also when it is disabled; with days, publish again what was booked on them."""
    with _registry(here) as connection:
        found = find_integration(connection, DEFAULT_TENANT, integration)
        command = request_sync(connection, found, arguments or SyncArguments(), actor=actor_of(request))
    return _await_outcome(here, response, found, command, wait)


@router.get("/{integration}/commands/{command}")
def read_one_command(here: Here, integration: _Key, command: Annotated[str, Path(max_length=100)]) -> IntegrationCommand:
    """A command and its outcome."""
    with _registry(here) as connection:
        found = find_integration(connection, DEFAULT_TENANT, integration)
        return IntegrationCommand.of(read_command(connection, found, command))


@router.get("/{integration}/logs")
def read_logs(
    here: Here, request: Request, response: Response, integration: _Key, filters: Annotated[EventFilter, Query()]
) -> IntegrationEventPage:
    """What happened to it, latest first; the latest thousand events are kept."""
    with _registry(here) as connection:
        found = find_integration(connection, DEFAULT_TENANT, integration)
    page = list_events(here.database, here.signer, filters.of(found.integration_id))
    link_next(request, response, filters, page.next)
    return page


@router.put("/{integration}/recording")
def record_http(here: Here, request: Request, response: Response, integration: _Key, recording: RecordingHours) -> IntegrationState:
    """Record its HTTP exchanges for some hours from now on, for support, with secrets masked."""
    with _registry(here) as connection:
        changed = set_recording(connection, DEFAULT_TENANT, integration, recording.hours, actor=actor_of(request))
    return _told(response, changed)


@router.delete("/{integration}/recording")
def record_http_no_more(here: Here, request: Request, response: Response, integration: _Key) -> IntegrationState:
    """Record no more; what is recorded goes by its age."""
    with _registry(here) as connection:
        changed = set_recording(connection, DEFAULT_TENANT, integration, 0, actor=actor_of(request))
    return _told(response, changed)


@router.get("/{integration}/secrets")
def read_secret_names(here: Here, integration: _Key) -> SecretNames:
    """Names of its secrets; what they are cannot be read."""
    with _registry(here) as connection:
        return SecretNames(items=secret_names(connection, find_integration(connection, DEFAULT_TENANT, integration)))


_SecretName = Annotated[str, Path(pattern=SECRET_NAME, description="as the connector names it")]


@router.put("/{integration}/secrets/{name}", status_code=204)
def put_secret(here: Here, request: Request, integration: _Key, name: _SecretName, secret: SecretValue) -> None:
    """Seal a secret in the vault in place of the one before; an enabled integration is polled anew at once."""
    try:
        with _registry(here) as connection:
            changed = note_secrets_changed(connection, DEFAULT_TENANT, integration, actor=actor_of(request), name=name)
            vault = open_vault(here.database.writing)
            vault.put_in(connection, DEFAULT_TENANT, changed.integration_id, name, secret.value)
    except VaultError as error:
        raise VaultClosedError(str(error)) from error


@router.delete("/{integration}/secrets/{name}", status_code=204)
def delete_secret(here: Here, request: Request, integration: _Key, name: _SecretName) -> None:
    """Remove a secret; it is no error when there is none."""
    with _registry(here) as connection:
        remove_secret(connection, DEFAULT_TENANT, integration, actor=actor_of(request), name=name)


def _await_outcome(here: Context, response: Response, found: Integration, command: Command, seconds: int) -> IntegrationCommand:
    """The command as it is once it is finished, or after so many seconds."""
    response.headers["Location"] = f"/v1/integrations/{found.integration_id}/commands/{command.command_id}"
    deadline = time.monotonic() + seconds
    while command.finished_at is None and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        with _registry(here) as connection:
            command = read_command(connection, found, command.command_id)
    return IntegrationCommand.of(command)
