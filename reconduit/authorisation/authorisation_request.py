"""Asking a person to authorise: the address of the provider's page, and the answer that comes back to the callback.

`state` is random, known to us only by its digest, good once and for ten minutes, and bound to the session that asked: a callback
that an attacker made a browser call carries a state that this browser never asked for. PKCE (RFC 7636, S256) binds the code to us;
its verifier is in the vault until then.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import psycopg
from psycopg.rows import tuple_row
from pydantic import SecretStr

from reconduit.authorisation.client import OAuthClient
from reconduit.authorisation.errors import AuthorisationRequestError, ClientSettingsError
from reconduit.vault import Vault
from reconduit.vault.errors import SecretMissingError

__all__ = ["REQUEST_SECONDS", "CallbackTarget", "begin_authorisation", "take_callback"]

REQUEST_SECONDS = 600
_FORGET = "DELETE FROM oauth_request WHERE expires_at < now() RETURNING state_digest, tenant_id, integration_id"
_INSERT = """INSERT INTO oauth_request (state_digest, tenant_id, integration_id, session_digest, redirect_uri, expires_at)
             VALUES (%s, %s, %s, %s, %s, now() + make_interval(secs => %s))"""
_FIND = "SELECT session_digest FROM oauth_request WHERE state_digest = %s AND expires_at > now()"
_TAKE = """DELETE FROM oauth_request WHERE state_digest = %s AND session_digest = %s AND expires_at > now()
           RETURNING tenant_id, integration_id, redirect_uri"""


@dataclass(frozen=True, slots=True)
class CallbackTarget:
    """Whom an answer at the callback is for.

    Attributes:
        tenant_id: whose integration it is.
        integration_id: the integration.
        redirect_uri: as it was sent to the provider; the exchange repeats it.
        verifier: of PKCE.
    """

    tenant_id: str
    integration_id: UUID
    redirect_uri: str
    verifier: SecretStr


def begin_authorisation(vault: Vault, tenant_id: str, integration_id: UUID, client: OAuthClient, session: bytes) -> str:
    """Address of the provider's page for a person to authorise at.

    Args:
        vault: keeps the PKCE verifier.
        tenant_id: whose integration it is.
        integration_id: the integration.
        client: its settings.
        session: what only the session that asks can present again at the callback.

    Raises:
        ClientSettingsError: the client's grant knows no such page.
        VaultError: the request cannot be stored.
    """
    if client.authorise_url is None or client.redirect_uri is None:
        raise ClientSettingsError(f"grant {client.grant} needs nobody to authorise; or set authorise_url and redirect_uri")
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    digest = hashlib.sha256(state.encode()).digest()
    with vault.transaction() as connection:
        _forget_expired(connection)
        row = (digest, tenant_id, integration_id, hashlib.sha256(session).digest(), client.redirect_uri, REQUEST_SECONDS)
        connection.execute(_INSERT, row)
        vault.put_in(connection, tenant_id, integration_id, _verifier_name(digest), SecretStr(verifier))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode("ascii")
    parameters = client.authorise_parameters | {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.redirect_uri,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    if client.scopes:
        parameters["scope"] = " ".join(client.scopes)
    return str(httpx.URL(client.authorise_url).copy_merge_params(parameters))


def take_callback(vault: Vault, state: str, session: bytes) -> CallbackTarget:
    """The request that an answer belongs to; it is used up by this call.

    A foreign session does not use it up: else whoever sees the state in passing could spoil the authorisation.

    Raises:
        AuthorisationRequestError: no such request, used before, expired, or of another session.
        VaultError: it cannot be read.
    """
    digest = hashlib.sha256(state.encode()).digest()
    session_digest = hashlib.sha256(session).digest()
    with vault.transaction() as connection, connection.cursor(row_factory=tuple_row) as cursor:
        found = cursor.execute(_FIND, (digest,)).fetchone()
        if found is None:
            raise AuthorisationRequestError(
                "this authorisation was not asked for here, was used, or is older than ten minutes; begin again"
            )
        if not hmac.compare_digest(bytes(found[0]), session_digest):
            raise AuthorisationRequestError("this authorisation was begun in another session; begin it in this browser")
        row = cursor.execute(_TAKE, (digest, session_digest)).fetchone()
        if row is None:
            raise AuthorisationRequestError("this authorisation was used already; begin again")
        name = _verifier_name(digest)
        try:
            verifier = vault.get_in(connection, row[0], row[1], name)
        except SecretMissingError:
            raise AuthorisationRequestError("the integration was deleted or its credentials were removed; begin again") from None
        vault.delete_in(connection, row[0], row[1], name)
        return CallbackTarget(row[0], row[1], row[2], verifier)


def _forget_expired(connection: psycopg.Connection[Any]) -> None:
    with connection.cursor(row_factory=tuple_row) as cursor:
        for digest, tenant_id, integration_id in cursor.execute(_FORGET).fetchall():
            Vault.delete_in(connection, tenant_id, integration_id, _verifier_name(bytes(digest)))


def _verifier_name(digest: bytes) -> str:
    return f"oauth.verifier.{digest.hex()}"
