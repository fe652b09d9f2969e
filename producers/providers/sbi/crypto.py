"""The envelope of SBI's EIS GEN6 gateway, as integrations in public show it.

* A session key of 32 characters, fresh for each call, goes into the header `AccessToken` as base64 of its RSA encryption.
* `REQUEST` and `RESPONSE` are base64 of AES-256-GCM with the key's bytes; the IV is the first 12 bytes of the key.
* `DIGI_SIGN` is base64 of an RSA signature (PKCS#1 v1.5, SHA-256) over the plain inner document.

Taking the IV from the key is the bank's choice. It is safe for one message, so a key is never used for a second request. The
response reuses key and IV all the same, which GCM does not allow for: whoever records both can learn how the two differ. TLS
around it is therefore essential, and the signature, not the GCM tag, is what says that the bank wrote the response.
"""

import base64
import binascii
import datetime as dt
import secrets
import string
from typing import Final

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from producers.errors import ContractChangeError
from producers.kit.reading.day_windows import IST
from producers.providers.sbi.options import RsaPadding

__all__ = [
    "access_token",
    "decrypt",
    "encrypt",
    "new_request_reference",
    "new_session_key",
    "open_access_token",
    "sign",
    "verify",
]

_ALPHABET: Final = string.ascii_letters + string.digits
_KEY_CHARACTERS: Final = 32
_IV_BYTES: Final = 12


def new_session_key() -> str:
    """A session key: 32 random letters and digits (190 bits), for one call."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_KEY_CHARACTERS))


def new_request_reference(source_id: str, now: dt.datetime) -> str:
    """A new REQUEST_REFERENCE_NUMBER: `SBI`, two characters of the source, YYDDDHHMMSS in IST, nine random digits."""
    return f"SBI{source_id}{now.astimezone(IST):%y%j%H%M%S}{secrets.randbelow(10**9):09d}"


def _rsa_padding(name: RsaPadding) -> padding.AsymmetricPadding:
    match name:
        case "PKCS1":
            return padding.PKCS1v15()
        case "OAEP_SHA1":
            sha1 = hashes.SHA1()  # noqa: S303  one of the bank's variants; OAEP does not need collision resistance
            return padding.OAEP(mgf=padding.MGF1(algorithm=sha1), algorithm=sha1, label=None)
        case "OAEP_SHA256":
            sha256 = hashes.SHA256()
            return padding.OAEP(mgf=padding.MGF1(algorithm=sha256), algorithm=sha256, label=None)


def access_token(session_key: str, bank_key: RSAPublicKey, rsa_padding: RsaPadding) -> str:
    """The header `AccessToken` for a session key."""
    return base64.b64encode(bank_key.encrypt(session_key.encode("ascii"), _rsa_padding(rsa_padding))).decode("ascii")


def open_access_token(token: str, bank_key: RSAPrivateKey, rsa_padding: RsaPadding) -> str:
    """The session key of a header `AccessToken`.

    Raises:
        ContractChangeError: it does not hold 32 ASCII characters for this key.
    """
    try:
        session_key = bank_key.decrypt(base64.b64decode(token, validate=True), _rsa_padding(rsa_padding)).decode("ascii")
    except (binascii.Error, ValueError):
        raise ContractChangeError("AccessToken cannot be opened with this private key") from None
    if len(session_key) != _KEY_CHARACTERS:
        raise ContractChangeError(f"AccessToken holds {len(session_key)} characters; a session key has {_KEY_CHARACTERS}")
    return session_key


def _cipher(session_key: str) -> tuple[AESGCM, bytes]:
    key = session_key.encode("ascii")
    return AESGCM(key), key[:_IV_BYTES]


def encrypt(plain: bytes, session_key: str) -> str:
    """`REQUEST` or `RESPONSE` for a plain inner document."""
    cipher, iv = _cipher(session_key)
    return base64.b64encode(cipher.encrypt(iv, plain, None)).decode("ascii")


def decrypt(text: str, session_key: str) -> bytes:
    """The plain inner document of a `REQUEST` or `RESPONSE`.

    Raises:
        ContractChangeError: it is no base64, was encrypted with another key, or was changed on its way.
    """
    cipher, iv = _cipher(session_key)
    try:
        return cipher.decrypt(iv, base64.b64decode(text, validate=True), None)
    except (binascii.Error, InvalidTag, ValueError):
        raise ContractChangeError(
            "the GEN6 message cannot be decrypted with this call's session key; check rsa_padding and bank_public_key"
        ) from None


def sign(plain: bytes, private_key: RSAPrivateKey) -> str:
    """`DIGI_SIGN` over a plain inner document."""
    return base64.b64encode(private_key.sign(plain, padding.PKCS1v15(), hashes.SHA256())).decode("ascii")


def verify(plain: bytes, signature: str, public_key: RSAPublicKey) -> None:
    """Check `DIGI_SIGN` of a plain inner document.

    Raises:
        ContractChangeError: the signature is not over this document by this key.
    """
    try:
        public_key.verify(base64.b64decode(signature, validate=True), plain, padding.PKCS1v15(), hashes.SHA256())
    except (binascii.Error, InvalidSignature, ValueError):
        raise ContractChangeError(
            "DIGI_SIGN does not fit the GEN6 message; check that bank_public_key is the bank's present key"
        ) from None
