"""ICICI's two envelopes, as the bank's developer portal describes them.

* asymmetric: `base64(RSA/ECB/PKCS1(plain))` in one block, as `text/plain`; what statement requests use.
* hybrid: JSON with the session key under RSA (`oaepHashingAlgorithm` NONE: PKCS#1 v1.5, SHA1: OAEP with SHA-1 and MGF1) and
  the data under AES-CBC with PKCS#7 padding; what statement responses use. Responses carry the IV in the first 16 bytes of
  the data; a request may put it into `iv` instead.

Both have no signature and no authentication tag: who holds the public key can make one, so the TLS connection is what says
that the bank is speaking. The algorithms are the bank's choice; a session key and an IV are never used twice here.
"""

import base64
import binascii
import secrets
from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from producers.errors import ConfigurationError, ContractChangeError

__all__ = [
    "decrypt_asymmetric",
    "encrypt_asymmetric",
    "open_hybrid",
    "seal_hybrid",
]

_IV_BYTES: Final = 16
_PKCS1_OVERHEAD: Final = 11


def _key_padding(algorithm: str) -> rsa_padding.AsymmetricPadding:
    match algorithm.upper():
        case "NONE" | "":
            return rsa_padding.PKCS1v15()
        case "SHA1" | "SHA-1":
            # SHA-1 inside OAEP is the bank's choice; its known weakness (collisions) does not touch OAEP.
            sha1 = hashes.SHA1()  # noqa: S303
            return rsa_padding.OAEP(mgf=rsa_padding.MGF1(algorithm=sha1), algorithm=sha1, label=None)
        case _:
            raise ContractChangeError(
                f"the envelope names oaepHashingAlgorithm {algorithm!r}; NONE and SHA1 are documented, ask the bank"
            )


def encrypt_asymmetric(plain: bytes, key: RSAPublicKey) -> bytes:
    """A request body: `plain` in one RSA block, as base64.

    Raises:
        ConfigurationError: `plain` does not fit one block (501 bytes with a key of 4096 bits).
    """
    limit = key.key_size // 8 - _PKCS1_OVERHEAD
    if len(plain) > limit:
        raise ConfigurationError(
            f"an ICICI request of {len(plain)} bytes does not fit the {limit} of one RSA block; "
            "shorten the ids in the options or check that bank_public_key is the bank's key of 4096 bits"
        )
    return base64.b64encode(key.encrypt(plain, rsa_padding.PKCS1v15()))


def decrypt_asymmetric(body: bytes, key: RSAPrivateKey) -> bytes:
    """The plain text of a request body.

    Raises:
        ContractChangeError: it is not base64 of one RSA block for this key.
    """
    try:
        return key.decrypt(base64.b64decode(body, validate=True), rsa_padding.PKCS1v15())
    except (binascii.Error, ValueError):
        raise ContractChangeError("the asymmetric body cannot be opened with this private key") from None


def _b64(envelope: Mapping[str, Any], name: str) -> bytes:
    value = envelope.get(name)
    if not isinstance(value, str):
        raise ContractChangeError(f"the ICICI envelope has no text field {name}")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise ContractChangeError(f"field {name} of the ICICI envelope is no base64") from None


def seal_hybrid(
    plain: bytes, key: RSAPublicKey, *, algorithm: str = "NONE", request_id: str = "", service: str = ""
) -> dict[str, str]:
    """A hybrid envelope around `plain` with a fresh session key and a fresh IV in front of the data.

    Args:
        plain: what to seal.
        key: public key of the receiver.
        algorithm: `oaepHashingAlgorithm`, NONE or SHA1.
        request_id: at most 64 characters, echoed by the bank.
        service: the bank's name of the service.
    """
    session_key, iv = secrets.token_bytes(16), secrets.token_bytes(_IV_BYTES)
    padder = padding.PKCS7(algorithms.AES.block_size).padder()
    encryptor = Cipher(algorithms.AES(session_key), modes.CBC(iv)).encryptor()
    data = encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()
    return {
        "requestId": request_id,
        "service": service,
        "encryptedKey": base64.b64encode(key.encrypt(session_key, _key_padding(algorithm))).decode(),
        "oaepHashingAlgorithm": algorithm,
        "iv": "",
        "encryptedData": base64.b64encode(iv + data).decode(),
        "clientInfo": "",
        "optionalParam": "",
    }


def open_hybrid(envelope: Mapping[str, Any], key: RSAPrivateKey) -> bytes:
    """The plain text of a hybrid envelope.

    Raises:
        ContractChangeError: a field is missing or malformed, or the envelope was sealed for another key or changed on its
            way. One error for all of these: which step failed is nobody's business.
    """
    sealed_key, data = _b64(envelope, "encryptedKey"), _b64(envelope, "encryptedData")
    iv = _b64(envelope, "iv") if envelope.get("iv") else b""
    if not iv:
        iv, data = data[:_IV_BYTES], data[_IV_BYTES:]
    key_padding = _key_padding(str(envelope.get("oaepHashingAlgorithm") or "NONE"))
    try:
        # PKCS#1 v1.5 answers a wrong key with random bytes instead of an error; AES and the padding refuse nearly all.
        session_key = key.decrypt(sealed_key, key_padding)
        decryptor = Cipher(algorithms.AES(session_key), modes.CBC(iv)).decryptor()
        unpadder = padding.PKCS7(algorithms.AES.block_size).unpadder()
        return unpadder.update(decryptor.update(data) + decryptor.finalize()) + unpadder.finalize()
    except ValueError:
        raise ContractChangeError(
            "the ICICI envelope cannot be opened: check that private_key is the partner of the public key that the bank has"
        ) from None
