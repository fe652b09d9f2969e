"""One exchange with a token endpoint whose answer is not lost: intent, request, journal, database, in this order.

Whoever calls holds the renewal lock of the integration. `reconduit.authorisation.keeper` says what a dying process leaves behind.
"""

import time
from collections.abc import Callable
from typing import Any, NoReturn
from uuid import UUID

import psycopg
import structlog

from reconduit.authorisation.errors import (
    AuthorisationError,
    AuthorisationNeededError,
    ClientSettingsError,
    GrantRefusedError,
    TokenEndpointError,
)
from reconduit.authorisation.journal import AnswerJournal
from reconduit.authorisation.token_answer import Answer, TokenSet, read_answer
from reconduit.authorisation.token_store import TokenStore
from reconduit.errors import ReconduitError
from reconduit.faultpoint import faultpoint
from reconduit.vault.errors import VaultUnavailableError

__all__ = ["TokenExchange"]

_STORE_SECONDS = 30.0
_POLL_SECONDS = 0.5
_PERSON_CODES = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required", "access_denied"})


class TokenExchange:
    """Exchanges of one integration.

    Args:
        store: where the tokens go.
        journal: keeps answers until they are stored.
        tenant_id: whose integration it is.
        integration_id: the integration.
    """

    def __init__(self, store: TokenStore, journal: AnswerJournal, tenant_id: str, integration_id: UUID) -> None:
        self._store = store
        self._journal = journal
        self._names = (tenant_id, integration_id)
        self._log = structlog.stdlib.get_logger("authorisation").bind(integration=str(integration_id))

    def send(self, ask: Callable[[], Answer], *, replace: bool = False) -> TokenSet:
        """Send a request for tokens and store them.

        Args:
            ask: asks the token endpoint.
            replace: nothing of the tokens before stays, not even a refresh token that the answer does not replace.

        Raises:
            AuthorisationNeededError: a person must authorise.
            AuthorisationError: see `reconduit.authorisation.errors`.
            VaultError: the tokens cannot be stored.
        """
        if not self._journal.is_writable():
            raise ClientSettingsError("the token journal cannot be written; set RECONDUIT_TOKEN_JOURNAL to a folder that can")
        with self._store.transaction() as connection:
            attempt = self._store.begin(connection)
        faultpoint("token-attempt")
        try:
            answer = ask()
        except ReconduitError:
            self._end(attempt)
            raise
        try:
            self._journal.keep(*self._names, attempt, answer)
        except ClientSettingsError as error:
            # The disk is full. Storing the tokens matters more than the second copy.
            self._log.warning("the answer is not in the journal", error=str(error))
        faultpoint("token-received")
        return self.finish(attempt, answer, replace=replace)

    def finish(self, attempt: UUID, answer: Answer, *, replace: bool = False) -> TokenSet:
        """Store what an exchange gave, wait for the database if need be, and forget the journal's copy. Raises as `send`."""
        try:
            tokens = read_answer(answer, self._what())
        except GrantRefusedError as refusal:
            self._refused(attempt, refusal, replace=replace)
        except AuthorisationError:
            self._end(attempt)
            raise
        stored = self._patiently(lambda connection: self._write(connection, attempt, tokens, replace=replace))
        faultpoint("token-stored")
        if not stored:
            self._journal.remove(self._names[1], attempt)
            raise TokenEndpointError(f"{self._what()}: somebody else began another exchange meanwhile; ask again")
        self._journal.clear(self._names[1])
        self._log.info("token renewed", life_seconds=tokens.life_seconds, rotated=tokens.refresh is not None)
        return tokens

    def _write(self, connection: psycopg.Connection[Any], attempt: UUID, tokens: TokenSet, *, replace: bool) -> bool:
        """Store the tokens of an attempt. Without a refresh token among them the one before stays in force (RFC 6749, 6)."""
        if tokens.refresh is None and not replace:
            stored = self._store.load(connection)
            former = stored.tokens.refresh if stored is not None and stored.tokens is not None else None
            left = stored.state.refresh_seconds if stored is not None else None
            tokens = TokenSet(tokens.access, former, tokens.life_seconds, tokens.refresh_life_seconds or left)
        return self._store.store(connection, attempt, tokens)

    def _refused(self, attempt: UUID, refusal: GrantRefusedError, *, replace: bool) -> NoReturn:
        # A new authorisation that fails says nothing about the one in force.
        if refusal.code in _PERSON_CODES and not replace:
            self._journal.remove(self._names[1], attempt)
            reason = f"the provider does not accept the authorisation any more ({refusal.code}); authorise again"
            self._patiently(lambda connection: self._store.wait_for_person(connection, reason, attempt))
            self._log.error("a person must authorise", reason=reason)
            raise AuthorisationNeededError(f"{self._what()}: {reason}") from refusal
        self._end(attempt)
        raise refusal

    def _end(self, attempt: UUID) -> None:
        self._journal.remove(self._names[1], attempt)
        self._patiently(lambda connection: self._store.end(connection, attempt))

    def _patiently(self, write: Callable[[psycopg.Connection[Any]], Any]) -> Any:
        """A transaction, tried for half a minute: what is written is nowhere else but in this process and its journal."""
        until = time.monotonic() + _STORE_SECONDS
        while True:
            try:
                with self._store.transaction() as connection:
                    return write(connection)
            except VaultUnavailableError:
                if time.monotonic() > until:
                    raise
                time.sleep(_POLL_SECONDS)

    def _what(self) -> str:
        return f"OAuth of integration {self._names[1]}"
