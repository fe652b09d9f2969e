"""`reconduit sources oauth`: OAuth of an integration from the command line: settings, authorising, renewing and revoking."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from reconduit.commands.registry_session import Key, actor, checked, opened, print_json, read_mapping

if TYPE_CHECKING:
    from reconduit.authorisation import Authorisations
    from reconduit.integrations.model import Integration

__all__ = ["oauth"]

oauth = typer.Typer(
    name="oauth", help="OAuth of an integration; its secrets are stored with `reconduit sources secret`.", no_args_is_help=True
)


@oauth.command("set")
def configure(
    key: Key,
    file: Annotated[Path, typer.Argument(help="YAML or JSON file: grant, token_url, client_id, ...; no secrets.")],
) -> None:
    """Store how the integration is a client of its provider; an enabled integration is polled anew at once."""
    from reconduit.authorisation import OAuthClient

    client = checked(OAuthClient, read_mapping(file, "OAuth settings"))
    found, authorisations = _opened(key)
    authorisations.configure(found.tenant_id, found.integration_id, client)
    _note_change(found.integration_id, "oauth settings")
    typer.echo(f"OAuth settings of {found.name} are stored")


@oauth.command()
def show(key: Key) -> None:
    """The settings and how the tokens fare, never a token. Exit status 1 when a person must authorise."""
    from reconduit.authorisation.errors import ClientSettingsError

    found, authorisations = _opened(key)
    client = authorisations.client(found.tenant_id, found.integration_id)
    if client is None:
        raise ClientSettingsError(f"integration {found.name} has no OAuth settings; store them with `reconduit sources oauth set`")
    state = authorisations.state(found.tenant_id, found.integration_id)
    authorised = state is not None and state.is_authorised
    print_json(
        {
            "client": client.model_dump(mode="json"),
            "authorised": authorised,
            "reason": "it was never authorised" if state is None else state.reason,
            "generation": 0 if state is None else state.generation,
            "access_seconds": None if state is None else state.access_seconds,
            "refresh_seconds": None if state is None else state.refresh_seconds,
        }
    )
    if not authorised:
        raise typer.Exit(1)


@oauth.command()
def authorise(key: Key) -> None:
    """Open the printed address in a browser, authorise, and paste the address that the provider sends the browser to.

    The page there need not work: it only has to show its address. The address is good once, for ten minutes, and for this command.
    """
    import secrets

    from reconduit.authorisation.callback_address import read_callback

    found, authorisations = _opened(key)
    session = secrets.token_bytes(32)
    typer.echo(authorisations.begin(found.tenant_id, found.integration_id, session))
    # Not echoed: the code in it is a secret until it is exchanged.
    answer = read_callback(typer.prompt("the address that the browser was sent to", hide_input=True))
    if answer.code is None:
        authorisations.refuse(state=answer.state, session=session)
        typer.echo(f"the provider did not authorise: {answer.error}; begin again", err=True)
        raise typer.Exit(1)
    authorisations.complete(state=answer.state, code=answer.code, session=session, issuer=answer.issuer)
    _note_change(found.integration_id, "authorisation")
    typer.echo(f"integration {found.name} is authorised")


@oauth.command()
def renew(key: Key) -> None:
    """See to it that there is a good access token now: obtain one, or renew the one that is about to end."""
    found, authorisations = _opened(key)
    authorisations.keeper(found.tenant_id, found.integration_id, found.name).token()
    typer.echo(f"integration {found.name} has a good access token")


@oauth.command()
def revoke(key: Key) -> None:
    """Let the provider revoke the tokens and throw them away. A person must authorise again to go on."""
    found, authorisations = _opened(key)
    told = authorisations.keeper(found.tenant_id, found.integration_id, found.name).revoke()
    typer.echo(
        f"tokens of {found.name} are " + ("revoked and forgotten" if told else "forgotten; the provider has no address to tell")
    )


def _opened(key: str) -> "tuple[Integration, Authorisations]":
    from reconduit.authorisation import open_authorisations
    from reconduit.integrations.registry import find_integration
    from reconduit.settings import load_settings

    with opened() as (connection, tenant):
        found = find_integration(connection, tenant, key)
    return found, open_authorisations(load_settings().dsn())


def _note_change(integration_id: UUID, what: str) -> None:
    """Let whoever polls the integration begin anew with what was changed."""
    from reconduit.integrations.registry import note_secrets_changed

    with opened() as (connection, tenant):
        note_secrets_changed(connection, tenant, integration_id, actor=actor(), name=what)
