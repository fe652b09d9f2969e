"""Tokens of integrations in Postgres: what is known of each, beside the tokens themselves, which the vault seals.

Both are written in one transaction. A generation counts them, and an exchange that was begun is on record before it is sent. All
times are the database's, so that processes with different clocks agree.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import class_row
from pydantic import SecretStr

from reconduit.authorisation.token_answer import TokenSet
from reconduit.vault import Vault
from reconduit.vault.errors import SecretMissingError

__all__ = ["TOKENS", "StoredTokens", "TokenState", "TokenStore"]

TOKENS = "oauth.tokens"
"""Name of the secret that holds an integration's tokens."""

_SELECT = """
SELECT generation, state, reason,
       extract(epoch FROM access_expires_at - now())::float8 AS access_seconds,
       extract(epoch FROM refresh_expires_at - now())::float8 AS refresh_seconds,
       attempt_id, extract(epoch FROM now() - attempt_started_at)::float8 AS attempt_age
FROM oauth_token WHERE tenant_id = %s AND integration_id = %s"""
_BEGIN = """
INSERT INTO oauth_token AS t (tenant_id, integration_id, generation, state, reason, attempt_id, attempt_started_at)
VALUES (%(tenant)s, %(integration)s, 0, 'waiting_user_input', 'it was never authorised', %(attempt)s, now())
ON CONFLICT (tenant_id, integration_id) DO UPDATE
SET attempt_id = excluded.attempt_id, attempt_started_at = excluded.attempt_started_at"""
_STORE = """
UPDATE oauth_token SET generation = generation + 1, state = 'active', reason = NULL, attempt_id = NULL, attempt_started_at = NULL,
    access_expires_at = now() + make_interval(secs => %(life)s),
    refresh_expires_at = now() + make_interval(secs => %(refresh_life)s), updated_at = now()
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND attempt_id = %(attempt)s"""
_WAIT = """
UPDATE oauth_token SET state = 'waiting_user_input', reason = %(reason)s, attempt_id = NULL, attempt_started_at = NULL,
    updated_at = now()
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s
    AND (%(attempt)s::uuid IS NULL OR attempt_id = %(attempt)s)"""
_END = """
UPDATE oauth_token SET attempt_id = NULL, attempt_started_at = NULL
WHERE tenant_id = %(tenant)s AND integration_id = %(integration)s AND attempt_id = %(attempt)s"""


@dataclass(frozen=True, slots=True)
class TokenState:
    """What is known of an integration's tokens, without them.

    Attributes:
        generation: how often tokens were stored; 0 for never.
        state: `active`, or `waiting_user_input`: a person must authorise.
        reason: why.
        access_seconds: until the access token ends, by the database's clock; negative when it has.
        refresh_seconds: until the refresh token ends; None when the provider does not say.
        attempt_id: an exchange that was begun and whose answer is not stored.
        attempt_age: seconds since it was begun.
    """

    generation: int
    state: str
    reason: str | None
    access_seconds: float | None
    refresh_seconds: float | None
    attempt_id: UUID | None
    attempt_age: float | None

    @property
    def is_authorised(self) -> bool:
        """Whether there are tokens, and nobody has to act."""
        return self.generation > 0 and self.state == "active"


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """Tokens as they are stored; `tokens.life_seconds` is what the provider said, not what is left."""

    state: TokenState
    tokens: TokenSet | None

    @property
    def renew_in(self) -> float:
        """Seconds until the access token is due for renewal: a minute before its end, or half its life when that is shorter."""
        if self.tokens is None or self.state.access_seconds is None:
            return 0.0
        return self.state.access_seconds - min(60.0, self.tokens.life_seconds / 2)


class TokenStore:
    """The stored tokens of one integration; each method is part of the caller's transaction.

    Args:
        vault: seals the tokens.
        tenant_id: whose integration it is.
        integration_id: the integration.
    """

    def __init__(self, vault: Vault, tenant_id: str, integration_id: UUID) -> None:
        self._vault = vault
        self._where = (tenant_id, integration_id)
        self._names = {"tenant": tenant_id, "integration": integration_id}

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """A short transaction of its own. Raises VaultUnavailableError when Postgres is away."""
        with self._vault.transaction() as connection:
            yield connection

    def state(self, connection: psycopg.Connection[Any]) -> TokenState | None:
        """What is known; None for an integration that never had a token."""
        with connection.cursor(row_factory=class_row(TokenState)) as cursor:
            return cursor.execute(_SELECT, self._where).fetchone()

    def load(self, connection: psycopg.Connection[Any]) -> StoredTokens | None:
        """What is known, with the tokens. The caller's transaction must see both as of one moment: hold the lock, or lock the row.

        Raises:
            VaultError: the tokens do not open.
        """
        # A shared row lock keeps the two reads together: whoever stores new tokens updates the row first.
        connection.execute("SELECT FROM oauth_token WHERE tenant_id = %s AND integration_id = %s FOR SHARE", self._where)
        state = self.state(connection)
        if state is None:
            return None
        try:
            text = self._vault.get_in(connection, *self._where, TOKENS).get_secret_value()
        except SecretMissingError:
            return StoredTokens(state, None)
        document = json.loads(text)
        refresh = document["refresh"]
        tokens = TokenSet(SecretStr(document["access"]), SecretStr(refresh) if refresh else None, document["life_seconds"])
        return StoredTokens(state, tokens)

    def begin(self, connection: psycopg.Connection[Any]) -> UUID:
        """Put on record that an exchange is about to be sent; returns its id."""
        attempt = uuid4()
        connection.execute(_BEGIN, self._names | {"attempt": attempt})
        return attempt

    def end(self, connection: psycopg.Connection[Any], attempt: UUID) -> None:
        """Take an exchange off the record that is over without tokens."""
        connection.execute(_END, self._names | {"attempt": attempt})

    def store(self, connection: psycopg.Connection[Any], attempt: UUID, tokens: TokenSet) -> bool:
        """Store the tokens that an exchange gave; False when another one was begun since, and nothing is written."""
        values = {"attempt": attempt, "life": tokens.life_seconds, "refresh_life": tokens.refresh_life_seconds}
        if connection.execute(_STORE, self._names | values).rowcount == 0:
            return False
        document = {
            "access": tokens.access.get_secret_value(),
            "refresh": tokens.refresh.get_secret_value() if tokens.refresh else None,
            "life_seconds": tokens.life_seconds,
        }
        self._vault.put_in(connection, *self._where, TOKENS, SecretStr(json.dumps(document)))
        return True

    def wait_for_person(self, connection: psycopg.Connection[Any], reason: str, attempt: UUID | None = None) -> None:
        """Remember that a person must authorise, and why; with `attempt`, unless another exchange was begun since."""
        connection.execute(_WAIT, self._names | {"reason": reason, "attempt": attempt})

    def discard(self, connection: psycopg.Connection[Any], reason: str) -> None:
        """Throw the tokens away; a person must authorise again."""
        self.wait_for_person(connection, reason)
        self._vault.delete_in(connection, *self._where, TOKENS)
