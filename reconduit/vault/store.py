"""The vault: secrets of integrations in Postgres, sealed one by one, readable while their keys are changed.

A row is read and written whole in one statement, so a reader sees a secret as it was before a rotation or after it, and opens
either. Writers compare the version of the row and start again when somebody was faster.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row
from pydantic import SecretStr

from reconduit.vault.errors import SecretMissingError, VaultError, VaultUnavailableError
from reconduit.vault.keys import KeyProvider
from reconduit.vault.sealing import Place, Sealed, seal, unseal

__all__ = ["ConnectionFactory", "Rotation", "Vault"]

ConnectionFactory = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]
"""Gives a connection whose transaction ends with the context: `lambda: psycopg.connect(dsn)`, or a pool's `connection`."""

_ATTEMPTS = 20
_BEGINNING = ("", UUID(int=0), "")
_BATCH = 100

_SELECT = """SELECT key_id, nonce, ciphertext, version FROM secret
             WHERE tenant_id = %s AND integration_id = %s AND name = %s"""
_INSERT = """INSERT INTO secret (tenant_id, integration_id, name, key_id, nonce, ciphertext, version)
             VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"""
_UPDATE = """UPDATE secret SET key_id = %s, nonce = %s, ciphertext = %s, version = %s, updated_at = now()
             WHERE tenant_id = %s AND integration_id = %s AND name = %s AND version = %s"""
_OLD = """SELECT tenant_id, integration_id, name, key_id, nonce, ciphertext, version FROM secret
          WHERE key_id <> %s AND (tenant_id, integration_id, name) > (%s, %s, %s)
          ORDER BY tenant_id, integration_id, name LIMIT %s"""


@dataclass(frozen=True, slots=True)
class Rotation:
    """What `Vault.rotate` did.

    Attributes:
        sealed_again: secrets that were sealed with another key and are sealed with the current one now.
        failed: what is wrong with each secret that could not be; it is left as it was.
    """

    sealed_again: int
    failed: tuple[str, ...]


class Vault:
    """Secrets by tenant, integration and name.

    Args:
        connect: gives a connection; see `ConnectionFactory`.
        keys: seal and open them.
    """

    def __init__(self, connect: ConnectionFactory, keys: KeyProvider) -> None:
        self._connect = connect
        self._keys = keys

    @property
    def keys(self) -> KeyProvider:
        """What seals and opens."""
        return self._keys

    def put(self, tenant_id: str, integration_id: UUID, name: str, secret: SecretStr) -> None:
        """Store a secret in place of the one before.

        Raises:
            VaultKeyError: there is no key.
            VaultUnavailableError: Postgres is away.
        """
        with self.transaction() as connection:
            self.put_in(connection, tenant_id, integration_id, name, secret)

    def put_in(
        self, connection: psycopg.Connection[Any], tenant_id: str, integration_id: UUID, name: str, secret: SecretStr
    ) -> None:
        """As `put`, as part of the caller's transaction."""
        place = Place(tenant_id, integration_id, name)
        for _ in range(_ATTEMPTS):
            row = _row(connection, place)
            if self._write(connection, place, secret, 0 if row is None else row.version):
                return
        raise VaultUnavailableError(f"{place} is being written by somebody else again and again; try again")

    def get(self, tenant_id: str, integration_id: UUID, name: str) -> SecretStr:
        """The stored secret.

        Raises:
            SecretMissingError: there is none.
            SecretSealedError: it does not open here.
            VaultKeyError: its key is not there.
            VaultUnavailableError: Postgres is away.
        """
        with self.transaction() as connection:
            return self.get_in(connection, tenant_id, integration_id, name)

    def get_in(self, connection: psycopg.Connection[Any], tenant_id: str, integration_id: UUID, name: str) -> SecretStr:
        """As `get`, as part of the caller's transaction."""
        place = Place(tenant_id, integration_id, name)
        row = _row(connection, place)
        if row is None:
            raise SecretMissingError(f"{place} is not stored; put it with the integration's credentials")
        return unseal(self._keys, place, row)

    def reader(self, tenant_id: str, integration_id: UUID) -> Callable[[str], SecretStr]:
        """`get` for one integration, for `SourceConfig.bound_to`."""
        return lambda name: self.get(tenant_id, integration_id, name)

    def names(self, tenant_id: str, integration_id: UUID) -> list[str]:
        """Names of the secrets that were put for an integration, in order.

        Names with a dot in them are Reconduit's own, such as `oauth.tokens`, and are not among them.
        """
        query = "SELECT name FROM secret WHERE tenant_id = %s AND integration_id = %s AND strpos(name, '.') = 0 ORDER BY name"
        with self.transaction() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            return [name for (name,) in cursor.execute(query, (tenant_id, integration_id)).fetchall()]

    def delete(self, tenant_id: str, integration_id: UUID, name: str) -> None:
        """Remove a secret; it is no error when there is none.

        Raises:
            VaultUnavailableError: Postgres is away.
        """
        with self.transaction() as connection:
            self.delete_in(connection, tenant_id, integration_id, name)

    @staticmethod
    def delete_in(connection: psycopg.Connection[Any], tenant_id: str, integration_id: UUID, name: str) -> None:
        """As `delete`, as part of the caller's transaction."""
        query = "DELETE FROM secret WHERE tenant_id = %s AND integration_id = %s AND name = %s"
        connection.execute(query, (tenant_id, integration_id, name))

    def forget(self, tenant_id: str, integration_id: UUID) -> None:
        """Remove every secret of an integration and all that is stored about its authorisation."""
        with self.transaction() as connection:
            self.forget_in(connection, tenant_id, integration_id)

    @staticmethod
    def forget_in(connection: psycopg.Connection[Any], tenant_id: str, integration_id: UUID) -> None:
        """As `forget`, as part of the caller's transaction."""
        for delete in (
            "DELETE FROM oauth_request WHERE tenant_id = %s AND integration_id = %s",
            "DELETE FROM oauth_token WHERE tenant_id = %s AND integration_id = %s",
            "DELETE FROM oauth_client WHERE tenant_id = %s AND integration_id = %s",
            "DELETE FROM secret WHERE tenant_id = %s AND integration_id = %s",
        ):
            connection.execute(delete, (tenant_id, integration_id))

    def rotate(self) -> Rotation:
        """Seal again, with the current key, every secret that another key seals. Readers and writers may be at work meanwhile.

        A hundred secrets are a transaction: an interrupted rotation is finished by the next one. Rotate until nothing is sealed
        again before a former key is thrown away: a writer may have had it in hand.

        Raises:
            VaultKeyError: there is no current key.
            VaultUnavailableError: Postgres is away.
        """
        current, _ = self._keys.current()
        done, failed = 0, []
        after: tuple[str, UUID, str] | None = _BEGINNING
        while after is not None:
            with self.transaction() as connection:
                rows = _sealed_otherwise(connection, current, after)
                for place, row in rows:
                    try:
                        # False: somebody wrote meanwhile, with the current key unless that process has not learnt it yet.
                        done += self._write(connection, place, unseal(self._keys, place, row), row.version)
                    except VaultError as error:
                        failed.append(str(error))
                last = rows[-1][0] if rows else None
                after = None if last is None else (last.tenant_id, last.integration_id, last.name)
        return Rotation(done, tuple(failed))

    def _write(self, connection: psycopg.Connection[Any], place: Place, secret: SecretStr, version: int) -> bool:
        """Write the row behind `version`; False when it is no longer the stored one."""
        sealed = seal(self._keys, place, secret, version + 1)
        where = (place.tenant_id, place.integration_id, place.name)
        what = (sealed.key_id, sealed.nonce, sealed.ciphertext, sealed.version)
        if version == 0:
            return connection.execute(_INSERT, (*where, *what)).rowcount == 1
        return connection.execute(_UPDATE, (*what, *where, version)).rowcount == 1

    @contextmanager
    def transaction(self) -> Iterator[psycopg.Connection[Any]]:
        """A connection whose transaction ends with the context.

        Raises:
            VaultUnavailableError: Postgres is away.
        """
        try:
            with self._connect() as connection:
                yield connection
        except psycopg.OperationalError as error:
            raise VaultUnavailableError(f"the vault's database does not answer: {type(error).__name__}") from error
        except psycopg.errors.UndefinedTable as error:
            raise VaultUnavailableError("the database has no tables of this version yet; run `reconduit migrate`") from error


def _row(connection: psycopg.Connection[Any], place: Place) -> Sealed | None:
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_SELECT, (place.tenant_id, place.integration_id, place.name)).fetchone()
    return None if row is None else Sealed(*row)


def _sealed_otherwise(
    connection: psycopg.Connection[Any], current: str, after: tuple[str, UUID, str]
) -> list[tuple[Place, Sealed]]:
    """The next rows behind `after` whose key is not the current one."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(_OLD, (current, *after, _BATCH)).fetchall()
    return [(Place(*row[:3]), Sealed(*row[3:])) for row in rows]
