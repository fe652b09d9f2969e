"""One secret sealed with AES-256-GCM, bound to where it belongs.

The place of a secret (tenant, integration, name), its version and the id of its key are authenticated with it: a row that is copied
to another place, or whose columns are changed, does not open. Nonces are 96 random bits; at a write a second that is safe for
longer than a century with one key (NIST SP 800-38D, 8.3, allows 2^32 seals).
"""

import json
import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from reconduit.vault.errors import SecretSealedError
from reconduit.vault.keys import KeyProvider

__all__ = ["Place", "Sealed", "seal", "unseal"]

_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret belongs."""

    tenant_id: str
    integration_id: UUID
    name: str

    def __str__(self) -> str:
        return f"secret {self.name!r} of integration {self.integration_id} (tenant {self.tenant_id})"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed secret as its row holds it.

    Attributes:
        key_id: the key that opens it.
        nonce: 12 bytes.
        ciphertext: with the tag at its end.
        version: counts the writes of the row, from 1.
    """

    key_id: str
    nonce: bytes
    ciphertext: bytes
    version: int


def seal(keys: KeyProvider, place: Place, secret: SecretStr, version: int) -> Sealed:
    """Seal `secret` for `place` with the current key.

    Raises:
        VaultKeyError: there is no key.
    """
    key_id, key = keys.current()
    nonce = os.urandom(_NONCE_BYTES)
    ciphertext = AESGCM(key).encrypt(nonce, secret.get_secret_value().encode("utf-8"), _bound(place, key_id, version))
    return Sealed(key_id, nonce, ciphertext, version)


def unseal(keys: KeyProvider, place: Place, sealed: Sealed) -> SecretStr:
    """The secret of a row.

    Raises:
        VaultKeyError: its key is not there.
        SecretSealedError: it does not open here.
    """
    key = keys.key(sealed.key_id)
    try:
        clear = AESGCM(key).decrypt(sealed.nonce, sealed.ciphertext, _bound(place, sealed.key_id, sealed.version))
    except (InvalidTag, ValueError):
        raise SecretSealedError(
            f"{place} does not open with key {sealed.key_id!r}: the row was moved or altered, or the key is another one; "
            "put the secret again"
        ) from None
    return SecretStr(clear.decode("utf-8"))


def _bound(place: Place, key_id: str, version: int) -> bytes:
    # A JSON list, because joined texts could be cut elsewhere: "a|b" + "c" is "a" + "b|c".
    return json.dumps([place.tenant_id, str(place.integration_id), place.name, key_id, version]).encode("ascii")
