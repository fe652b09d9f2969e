"""Answers of token endpoints, kept on this machine from the moment they came until the database has them.

A refresh token that may be used once is gone when its answer is lost. The answer is therefore sealed and synced to a file before it
is even parsed: a process that dies before the database has it, or finds the database away, leaves what the next one needs.
"""

import contextlib
import json
import os
from pathlib import Path
from uuid import UUID

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from reconduit.authorisation.errors import ClientSettingsError
from reconduit.authorisation.token_answer import Answer
from reconduit.vault.errors import VaultError
from reconduit.vault.keys import KeyProvider
from reconduit.vault.sealing import Place, Sealed, seal, unseal

__all__ = ["AnswerJournal", "JournalSettings"]


class JournalSettings(BaseSettings):
    """Where the journal is."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    folder: Path = Field(alias="RECONDUIT_TOKEN_JOURNAL", default=Path(".local/token-journal"))
    """Folder on a disk that outlives the process, shared by the processes of this machine."""


class AnswerJournal:
    """One file for each answer that is not stored yet, named by its integration and the attempt that it answers.

    Args:
        folder: made when it is not there, for its owner only.
        keys: the vault's keys; the files are sealed with them.
    """

    def __init__(self, folder: Path, keys: KeyProvider) -> None:
        self._folder = folder
        self._keys = keys

    def keep(self, tenant_id: str, integration_id: UUID, attempt: UUID, answer: Answer) -> None:
        """Make the answer of an attempt durable.

        Raises:
            ClientSettingsError: the folder cannot be written.
        """
        content = json.dumps({"status": answer.status, "body": answer.body.decode("latin-1")})
        sealed = seal(self._keys, self._place(tenant_id, integration_id, attempt), SecretStr(content), 1)
        row = {"key_id": sealed.key_id, "nonce": sealed.nonce.hex(), "ciphertext": sealed.ciphertext.hex()}
        path = self._path(integration_id, attempt)
        part = path.with_suffix(".part")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                json.dump(row, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            _sync_folder(self._folder)
        except OSError as error:
            raise ClientSettingsError(
                f"token journal {self._folder} cannot be written: {error.strerror}; set RECONDUIT_TOKEN_JOURNAL"
            ) from error

    def find(self, tenant_id: str, integration_id: UUID, attempt: UUID) -> Answer | None:
        """The kept answer of an attempt; None when there is none on this machine, or it does not open."""
        try:
            row = json.loads(self._path(integration_id, attempt).read_text(encoding="ascii"))
            sealed = Sealed(row["key_id"], bytes.fromhex(row["nonce"]), bytes.fromhex(row["ciphertext"]), 1)
            content = json.loads(unseal(self._keys, self._place(tenant_id, integration_id, attempt), sealed).get_secret_value())
            return Answer(content["status"], content["body"].encode("latin-1"))
        except (OSError, ValueError, KeyError, VaultError):
            return None

    def is_writable(self) -> bool:
        """Whether an answer could be kept now."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            return os.access(self._folder, os.W_OK | os.X_OK)
        return False

    def remove(self, integration_id: UUID, attempt: UUID) -> None:
        """Forget an answer that holds no tokens, or that nobody waits for any more."""
        with contextlib.suppress(OSError):
            self._path(integration_id, attempt).unlink(missing_ok=True)

    def clear(self, integration_id: UUID) -> None:
        """Forget every answer of an integration: the database has newer tokens."""
        with contextlib.suppress(OSError):
            for path in self._folder.glob(f"{integration_id}.*"):
                path.unlink(missing_ok=True)

    def _path(self, integration_id: UUID, attempt: UUID) -> Path:
        return self._folder / f"{integration_id}.{attempt}.json"

    @staticmethod
    def _place(tenant_id: str, integration_id: UUID, attempt: UUID) -> Place:
        return Place(tenant_id, integration_id, f"answer to {attempt}")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
