"""Lets one process at a time renew an integration's tokens: an advisory lock of Postgres, gone with its connection."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from uuid import UUID

import psycopg

from reconduit.authorisation.errors import TokenEndpointError
from reconduit.vault.errors import VaultUnavailableError

__all__ = ["RenewalLock"]


class RenewalLock:
    """The lock of one integration. It wants a connection of its own that no pooler shares among sessions.

    Args:
        dsn: libpq URL.
        tenant_id: whose integration it is.
        integration_id: the integration.
        wait_seconds: how long to wait for somebody else's renewal.
    """

    def __init__(self, dsn: str, tenant_id: str, integration_id: UUID, *, wait_seconds: float = 90.0) -> None:
        self._dsn = dsn
        self._key = int.from_bytes(sha256(f"reconduit/tokens/{integration_id}/{tenant_id}".encode()).digest()[:8], signed=True)
        self._milliseconds = int(wait_seconds * 1000)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock.

        Raises:
            TokenEndpointError: somebody else has it for longer than `wait_seconds`; retryable.
            VaultUnavailableError: Postgres is away.
        """
        connection = self._locked()
        try:
            yield
        finally:
            connection.close()

    def _locked(self) -> "psycopg.Connection[tuple[object, ...]]":
        try:
            connection = psycopg.connect(self._dsn, autocommit=True, connect_timeout=5, application_name="reconduit-tokens")
        except psycopg.OperationalError as error:
            raise VaultUnavailableError(f"the vault's database does not answer: {type(error).__name__}") from error
        try:
            connection.execute("SELECT set_config('lock_timeout', %s, false)", (f"{self._milliseconds}ms",))
            connection.execute("SELECT pg_advisory_lock(%s)", (self._key,))
        except psycopg.errors.LockNotAvailable as error:
            connection.close()
            raise TokenEndpointError("another process has been renewing these tokens for too long; try again") from error
        except psycopg.OperationalError as error:
            connection.close()
            raise VaultUnavailableError(f"the vault's database does not answer: {type(error).__name__}") from error
        return connection
