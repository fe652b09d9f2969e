"""The vault on a real database: swapped rows, racing writers, and a rotation with readers at work."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool
from pydantic import SecretStr

from reconduit.vault import Vault
from reconduit.vault.errors import SecretMissingError, SecretSealedError, VaultKeyError, VaultUnavailableError
from reconduit.vault.keys import FileKeys
from tests.fixtures.vault_keys import StaticKeys

ONE, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def keys() -> StaticKeys:
    return StaticKeys({"k1": b"1" * 32})


@pytest.fixture
def vault(database_url: str, keys: StaticKeys) -> Vault:
    return Vault(lambda: psycopg.connect(database_url), keys)


def opened(vault: Vault, integration: UUID = ONE, name: str = "token", tenant: str = "acme") -> str:
    return vault.get(tenant, integration, name).get_secret_value()


def test_the_last_one_put_is_what_is_read(vault: Vault) -> None:
    for text in ("first", "", "öäü \x00 third"):
        vault.put("acme", ONE, "token", SecretStr(text))
        assert opened(vault) == text
    assert vault.reader("acme", ONE)("token").get_secret_value() == "öäü \x00 third"
    assert vault.names("acme", ONE) == ["token"]


def test_what_was_deleted_or_never_there_is_missing(vault: Vault) -> None:
    vault.put("acme", ONE, "token", SecretStr("x"))
    vault.put("acme", OTHER, "token", SecretStr("of another"))
    vault.delete("acme", ONE, "token")
    vault.delete("acme", ONE, "token")
    for tenant, integration in (("acme", ONE), ("beta", OTHER)):
        with pytest.raises(SecretMissingError, match="'token'"):
            opened(vault, integration, tenant=tenant)
    assert opened(vault, OTHER) == "of another"


def test_all_of_an_integration_is_forgotten_and_nothing_else(vault: Vault, database_url: str) -> None:
    for integration in (ONE, OTHER):
        vault.put("acme", integration, "a", SecretStr("x"))
        vault.put("acme", integration, "b", SecretStr("x"))
    vault.forget("acme", ONE)
    assert (vault.names("acme", ONE), vault.names("acme", OTHER)) == ([], ["a", "b"])


def test_a_row_that_is_copied_or_swapped_does_not_open(vault: Vault, database_url: str) -> None:
    vault.put("acme", ONE, "token", SecretStr("of one"))
    vault.put("acme", OTHER, "token", SecretStr("of the other"))
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """UPDATE secret s SET nonce = o.nonce, ciphertext = o.ciphertext, key_id = o.key_id, version = o.version
               FROM secret o WHERE s.integration_id <> o.integration_id"""
        )
    for integration in (ONE, OTHER):
        with pytest.raises(SecretSealedError, match="moved or altered") as caught:
            opened(vault, integration)
        assert "of one" not in str(caught.value)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE secret SET tenant_id = 'beta' WHERE integration_id = %s", (ONE,))
    with pytest.raises(SecretSealedError):
        opened(vault, ONE, tenant="beta")


def test_nothing_in_the_database_shows_the_secret(vault: Vault, database_url: str) -> None:
    vault.put("acme", ONE, "token", SecretStr("canary-4711"))
    with psycopg.connect(database_url) as connection:
        rows = connection.execute("SELECT secret::text, ciphertext FROM secret").fetchall()
    assert rows
    for shown, ciphertext in rows:
        assert "canary" not in shown
        assert b"canary".hex() not in shown
        assert b"canary" not in ciphertext


def test_writers_at_once_leave_one_of_their_secrets(vault: Vault) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: vault.put("acme", ONE, "token", SecretStr(f"s{number}")), range(24)))
    assert opened(vault) in {f"s{number}" for number in range(24)}


def test_a_rotation_with_readers_and_a_writer_at_work(database_url: str, keys: StaticKeys) -> None:
    with ConnectionPool(database_url, min_size=4, max_size=8) as pool:
        vault = Vault(pool.connection, keys)
        names = [f"n{number:03}" for number in range(450)]
        with vault.transaction() as connection:
            for name in names:
                vault.put_in(connection, "acme", ONE, name, SecretStr(f"value of {name}"))
        done = threading.Event()

        def read(first: int) -> int:
            seen = 0
            while not (seen and done.is_set()):
                name = names[(first + seen * 7) % len(names)]
                assert opened(vault, ONE, name) == f"value of {name}"
                seen += 1
            return seen

        def write() -> int:
            written = 0
            while not (written and done.is_set()):
                name = names[written * 11 % 150]
                vault.put("acme", ONE, name, SecretStr(f"value of {name}"))
                written += 1
            return written

        with ThreadPoolExecutor(4) as threads:
            workers = [threads.submit(read, first) for first in (0, 100, 200)] + [threads.submit(write)]
            keys.put_first("k2", b"2" * 32)
            rotation = vault.rotate()
            # A writer may have sealed with the former key before the new one was there and stored it after; again is harmless.
            vault.rotate()
            done.set()
            assert all(worker.result() > 0 for worker in workers)
        assert rotation.failed == ()
        assert len(names) - 150 <= rotation.sealed_again <= len(names), "the writer may have sealed its own before"
        keys.drop("k1")
        assert [opened(vault, ONE, name) for name in names] == [f"value of {name}" for name in names]


def test_a_secret_that_is_put_during_its_rotation_is_not_overwritten(vault: Vault, database_url: str) -> None:
    class Interrupted(StaticKeys):
        def key(self, key_id: str) -> bytes:
            # The rotation has read the row and opens it; somebody else writes before it does.
            vault.put("acme", ONE, "token", SecretStr("newer"))
            return super().key(key_id)

    vault.put("acme", ONE, "token", SecretStr("older"))
    rotating = Vault(lambda: psycopg.connect(database_url), Interrupted({"k2": b"2" * 32, "k1": b"1" * 32}))
    assert rotating.rotate().sealed_again == 0
    assert opened(vault) == "newer"


def test_a_rotation_names_what_it_cannot_open_and_goes_on(vault: Vault, keys: StaticKeys, database_url: str) -> None:
    for name in ("a", "b", "c"):
        vault.put("acme", ONE, name, SecretStr(name))
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE secret SET nonce = %s WHERE name = 'b'", (bytes(12),))
    keys.put_first("k2", b"2" * 32)
    rotation = vault.rotate()
    assert rotation.sealed_again == 2
    (failed,) = rotation.failed
    assert "'b'" in failed
    keys.drop("k1")
    assert [opened(vault, ONE, name) for name in ("a", "c")] == ["a", "c"]
    with pytest.raises(VaultKeyError):
        opened(vault, ONE, "b")


def test_a_pool_with_rows_as_mappings_serves_as_well(database_url: str, keys: StaticKeys) -> None:
    @contextmanager
    def connect() -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(database_url, row_factory=dict_row) as connection:
            yield connection

    vault = Vault(connect, keys)
    vault.put("acme", ONE, "token", SecretStr("x"))
    keys.put_first("k2", b"2" * 32)
    assert (vault.rotate().sealed_again, opened(vault), vault.names("acme", ONE)) == (1, "x", ["token"])


def test_an_absent_database_or_table_is_said_so(empty_database_url: str, keys: StaticKeys) -> None:
    with pytest.raises(VaultUnavailableError, match="reconduit migrate"):
        opened(Vault(lambda: psycopg.connect(empty_database_url), keys))
    away = Vault(lambda: psycopg.connect("postgresql://127.0.0.1:1/none"), keys)
    with pytest.raises(VaultUnavailableError, match="does not answer") as caught:
        opened(away)
    assert caught.value.retryable


def test_keys_are_made_and_rotated_by_command(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "keys"
    environment = os.environ | {"DATABASE_URL": database_url, "RECONDUIT_VAULT_KEY_FILE": str(path)}

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "reconduit", "vault", *arguments], env=environment, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    status, said = run("rotate")
    assert (status, "cannot be read" in said) == (2, True)
    assert run("new-key", str(path), "--id", "k1")[0] == 0
    vault = Vault(lambda: psycopg.connect(database_url), FileKeys(path))
    vault.put("acme", ONE, "token", SecretStr("canary"))
    assert run("new-key", str(path), "--id", "k2")[0] == 0
    assert run("rotate") == (0, "1 secrets sealed again\n")
    path.write_text(path.read_text().splitlines()[0] + "\n")
    assert opened(vault) == "canary"
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE secret SET key_id = 'lost'")
    status, said = run("rotate")
    assert (status, "no key 'lost'" in said, "canary" in said) == (1, True, False)
