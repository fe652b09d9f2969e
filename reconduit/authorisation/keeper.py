"""One integration's access token, renewed by one process at a time.

Before an exchange is sent, its intent is committed; when the answer has come, it is synced to the journal of this machine; then the
tokens are stored by compare-and-set on the intent. A lock in Postgres lets one process through, and goes away with its connection.
So whoever comes next knows what happened to the one before:

| it died, or lost the database      | what is left                     | the next one                                          |
|------------------------------------|----------------------------------|-------------------------------------------------------|
| before the request was sent        | the intent                       | waits until it must be over, uses the same token      |
| while the provider answered        | the intent                       | the same; a provider that forbids a second use says   |
|                                    |                                  | `invalid_grant`, and a person must authorise          |
| after the answer was in the journal| the intent, and the answer       | stores that answer; the provider is not asked         |
| after it was stored                | a file in the journal            | has the token                                         |
"""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import structlog
from pydantic import SecretStr

from reconduit.authorisation.client import OAuthClient
from reconduit.authorisation.errors import (
    AuthorisationError,
    AuthorisationExpiredError,
    AuthorisationNeededError,
    GrantRefusedError,
    TokenEndpointError,
)
from reconduit.authorisation.exchange import TokenExchange
from reconduit.authorisation.expiry import show_expiry
from reconduit.authorisation.journal import AnswerJournal
from reconduit.authorisation.renewal_lock import RenewalLock
from reconduit.authorisation.token_answer import Answer
from reconduit.authorisation.token_endpoint import TokenEndpoint
from reconduit.authorisation.token_store import StoredTokens, TokenStore
from reconduit.vault import Vault
from reconduit.vault.errors import VaultUnavailableError

__all__ = ["TokenKeeper"]

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class _Held:
    """A token that this process has in hand until `until` (monotonic seconds)."""

    token: SecretStr
    until: float


class TokenKeeper:
    """Hands out an integration's access token and renews it. Any number of threads and processes may ask at once.

    Args:
        vault: keeps the tokens.
        tenant_id: whose integration it is.
        integration_id: the integration.
        client: its OAuth settings.
        endpoint: asks the provider.
        journal: keeps answers until they are stored.
        lock: lets one process renew at a time.
        source: label of the metrics, the name of the source.
    """

    def __init__(
        self,
        vault: Vault,
        tenant_id: str,
        integration_id: UUID,
        client: OAuthClient,
        endpoint: TokenEndpoint,
        journal: AnswerJournal,
        lock: RenewalLock,
        source: str = "",
    ) -> None:
        self._names = (tenant_id, integration_id)
        self._client = client
        self._endpoint = endpoint
        self._journal = journal
        self._exclusive = lock
        self._store = TokenStore(vault, tenant_id, integration_id)
        self._exchange = TokenExchange(self._store, journal, tenant_id, integration_id)
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._log = structlog.stdlib.get_logger("authorisation").bind(integration=str(integration_id))
        self._source = source

    def token(self, refused: SecretStr | None = None) -> SecretStr:
        """An access token that is good now.

        Args:
            refused: a token that the provider has just refused; another one is handed out.

        Raises:
            AuthorisationNeededError: a person must authorise.
            GrantRefusedError: the provider refuses the client.
            TokenEndpointError: the provider is in trouble; retryable.
            AuthorisationError: see `reconduit.authorisation.errors`.
            VaultError: the tokens cannot be read or stored.
        """
        with self._lock:
            held = self._held
            if held is not None and not _is(held.token, refused) and time.monotonic() < held.until:
                return held.token
            self._held = None
            with self._store.transaction() as connection:
                stored = self._store.load(connection)
            if stored is not None:
                show_expiry(self._source, stored.state)
            token = self._usable(stored, refused)
            if token is None:
                with self._exclusive.held():
                    token = self._renewed(refused)
            return token

    def adopt(self, exchange: Callable[[], Answer]) -> None:
        """Store the tokens that a person's authorisation gives, in place of those before.

        Args:
            exchange: asks the token endpoint; called once nobody else is at work with this integration's tokens.

        Raises:
            AuthorisationError: as `token`.
            VaultError: the tokens cannot be stored.
        """
        with self._lock, self._exclusive.held():
            self._held = None
            self._exchanged(exchange, replace=True)

    def revoke(self) -> bool:
        """Let the provider revoke the tokens, then throw them away; False when the provider has no way to be told.

        Raises:
            TokenEndpointError: the provider could not be told; the tokens are still here.
            AuthorisationError: as `token`.
        """
        with self._lock, self._exclusive.held():
            self._held = None
            with self._store.transaction() as connection:
                stored = self._store.load(connection)
            told = False
            if stored is not None and stored.tokens is not None and self._client.revoke_url is not None:
                token, hint = stored.tokens.refresh, "refresh_token"
                if token is None:
                    token, hint = stored.tokens.access, "access_token"
                self._tell_revoked(token, hint)
                told = True
            with self._store.transaction() as connection:
                self._store.discard(connection, "revoked by an operator; authorise again to go on")
            return told

    def _tell_revoked(self, token: SecretStr, hint: str) -> None:
        answer = self._endpoint.revoke(token, hint)
        if answer.status == 200:
            return
        # RFC 7009, 2.2: also a token that is not known any more is answered with 200, so anything else is a failure.
        if answer.status == 429 or answer.status >= 500:
            raise TokenEndpointError(f"revocation at {self._client.revoke_url}: {answer.status}", answer.retry_after)
        raise GrantRefusedError(f"revocation at {self._client.revoke_url}: {answer.status}; check the client's credentials", "")

    def _usable(self, stored: StoredTokens | None, refused: SecretStr | None) -> SecretStr | None:
        """The stored access token when it is good, and kept at hand from now on."""
        if stored is None or stored.tokens is None or stored.state.state != "active" or stored.renew_in <= 0:
            return None
        if _is(stored.tokens.access, refused):
            return None
        self._held = _Held(stored.tokens.access, time.monotonic() + stored.renew_in)
        return stored.tokens.access

    def _renewed(self, refused: SecretStr | None) -> SecretStr:
        """Renew, with the lock held, unless somebody else has just done it."""
        stored = self._settled()
        token = self._usable(stored, refused)
        if token is not None:
            return token
        person = self._client.grant == "authorization_code"
        if stored is not None and stored.state.state == "waiting_user_input" and person:
            raise self._needed(f"{self._what()}: {stored.state.reason}", stored)
        refresh = stored.tokens.refresh if stored is not None and stored.tokens is not None else None
        if refresh is None and person:
            raise AuthorisationNeededError(f"{self._what()}: nobody has authorised it yet; open its authorisation page")
        if refresh is not None:
            try:
                return self._exchanged(lambda: self._endpoint.refresh(refresh))
            except AuthorisationNeededError as error:
                if person:
                    raise self._needed(str(error), stored) from error
        return self._exchanged(self._endpoint.obtain)

    @staticmethod
    def _needed(message: str, stored: StoredTokens | None) -> AuthorisationNeededError:
        left = None if stored is None else stored.state.refresh_seconds
        # The provider is asked even when the announced time is over: some let it slide without saying so again.
        kind = AuthorisationNeededError if left is None or left > 0 else AuthorisationExpiredError
        return kind(message)

    def _settled(self) -> StoredTokens | None:
        """What is stored, once an exchange that somebody left unfinished is over."""
        while True:
            with self._store.transaction() as connection:
                stored = self._store.load(connection)
            if stored is None or stored.state.attempt_id is None:
                return stored
            attempt = stored.state.attempt_id
            answer = self._journal.find(*self._names, attempt)
            if answer is not None:
                self._log.warning("an answer that was not stored is taken from the journal", attempt=str(attempt))
                # A refusal is on record now like any other; whoever asked goes on from what is stored.
                with contextlib.suppress(AuthorisationError):
                    self._exchange.finish(attempt, answer)
                continue
            if stored.state.attempt_age is None or stored.state.attempt_age > self._endpoint.longest_seconds:
                # Its answer is lost, if there was one. Providers with a time of grace give another one for the same token.
                self._log.warning("an exchange was begun and its answer never stored; it is sent again", attempt=str(attempt))
                return stored
            time.sleep(_POLL_SECONDS)

    def _exchanged(self, ask: Callable[[], Answer], *, replace: bool = False) -> SecretStr:
        """Exchange with the lock held; the access token is at hand from now on."""
        tokens = self._exchange.send(ask, replace=replace)
        self._held = _Held(tokens.access, time.monotonic() + tokens.life_seconds - min(60.0, tokens.life_seconds / 2))
        with contextlib.suppress(VaultUnavailableError), self._store.transaction() as connection:
            show_expiry(self._source, self._store.state(connection))
        return tokens.access

    def _what(self) -> str:
        return f"OAuth of integration {self._names[1]}"


def _is(token: SecretStr, other: SecretStr | None) -> bool:
    return other is not None and token.get_secret_value() == other.get_secret_value()
