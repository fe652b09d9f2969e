"""HDFC's JOSE scheme: a JWS (RS256) nested in a JWE (RSA-OAEP-256, A256GCM), both in compact form (RFC 7515, 7516, 7518).

Each side signs with its own private key and encrypts for the other's public key. The key id in both headers is the SHA-256
thumbprint of the public key (its DER SubjectPublicKeyInfo), base64url, unless the bank assigned another.
"""

import base64
import binascii
import hashlib
import json
import os
import re
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from producers.providers.hdfc.errors import JoseFormatError, JoseIntegrityError

__all__ = ["Jose", "decrypt", "encrypt", "key_thumbprint", "sign", "verify"]

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)
_OAEP_256 = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
_IV_BYTES = 12
_TAG_BYTES = 16


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _decode(text: str, part: str) -> bytes:
    if not _BASE64URL.fullmatch(text):
        raise JoseFormatError(f"JOSE {part} is no base64url: begins {text[:16]!r}")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise JoseFormatError(f"JOSE {part} is cut short: {error}") from error


def _header(text: str, part: str) -> Mapping[str, Any]:
    try:
        header = json.loads(_decode(text, part))
    except ValueError as error:
        raise JoseFormatError(f"JOSE {part} is no JSON: {error}") from error
    if not isinstance(header, dict):
        raise JoseFormatError(f"JOSE {part} is no JSON object")
    return header


def _require(header: Mapping[str, Any], name: str, value: str) -> None:
    if header.get(name) != value:
        raise JoseIntegrityError(f"JOSE header {name} is {header.get(name)!r}, agreed is {value!r}")


def _require_kid(header: Mapping[str, Any], kid: str, whose: str) -> None:
    """A key id may be left out; one that names another key says that keys were rotated."""
    if header.get("kid") not in (None, kid):
        raise JoseIntegrityError(f"JOSE kid is {header['kid']!r}, the configured {whose} key is {kid!r}; exchange keys again")


def sign(payload: bytes, key: RSAPrivateKey, kid: str) -> str:
    """Compact JWS of `payload`, RS256."""
    header = json.dumps({"alg": "RS256", "kid": kid}, separators=(",", ":")).encode()
    signed = f"{_encode(header)}.{_encode(payload)}"
    return f"{signed}.{_encode(key.sign(signed.encode('ascii'), padding.PKCS1v15(), hashes.SHA256()))}"


def verify(token: str, key: RSAPublicKey, kid: str) -> bytes:
    """Payload of a compact JWS whose signature was made with the private half of `key`.

    Raises:
        JoseFormatError: no compact JWS.
        JoseIntegrityError: another algorithm, another key, or a wrong signature.
    """
    parts = token.split(".")
    if len(parts) != 3:
        raise JoseFormatError(f"a compact JWS has 3 parts, this has {len(parts)}")
    header = _header(parts[0], "JWS header")
    _require(header, "alg", "RS256")
    _require_kid(header, kid, "signing")
    payload, signature = _decode(parts[1], "JWS payload"), _decode(parts[2], "JWS signature")
    try:
        key.verify(signature, f"{parts[0]}.{parts[1]}".encode("ascii"), padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature as error:
        raise JoseIntegrityError(f"JWS signature does not verify with key {kid!r}") from error
    return payload


def encrypt(plaintext: bytes, key: RSAPublicKey, kid: str) -> str:
    """Compact JWE of `plaintext` with a fresh content key and IV."""
    content_key, iv = os.urandom(32), os.urandom(_IV_BYTES)
    fields = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "typ": "JWE", "kid": kid}
    header = _encode(json.dumps(fields, separators=(",", ":")).encode())
    sealed = AESGCM(content_key).encrypt(iv, plaintext, header.encode("ascii"))
    parts = (key.encrypt(content_key, _OAEP_256), iv, sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:])
    return ".".join((header, *map(_encode, parts)))


def decrypt(token: str, key: RSAPrivateKey, kid: str) -> bytes:
    """Plaintext of a compact JWE for the public half of `key`.

    Raises:
        JoseFormatError: no compact JWE, or one that was cut short.
        JoseIntegrityError: another algorithm, another key, or changed on the way.
    """
    parts = token.split(".")
    if len(parts) != 5:
        raise JoseFormatError(f"a compact JWE has 5 parts, this has {len(parts)}: begins {token[:16]!r}")
    header = _header(parts[0], "JWE header")
    _require(header, "alg", "RSA-OAEP-256")
    _require(header, "enc", "A256GCM")
    _require_kid(header, kid, "encryption")
    encrypted_key, iv, ciphertext, tag = (
        _decode(text, f"JWE {name}") for text, name in zip(parts[1:], ("key", "IV", "ciphertext", "tag"), strict=True)
    )
    if len(iv) != _IV_BYTES or len(tag) != _TAG_BYTES:
        raise JoseFormatError(f"JWE is cut short: IV of {len(iv)} bytes, tag of {len(tag)}")
    try:
        content_key = key.decrypt(encrypted_key, _OAEP_256)
        return AESGCM(content_key).decrypt(iv, ciphertext + tag, parts[0].encode("ascii"))
    except (ValueError, InvalidTag) as error:
        raise JoseIntegrityError(f"JWE does not decrypt with key {kid!r}: wrong key, or changed on the way") from error


def key_thumbprint(key: RSAPublicKey) -> str:
    """SHA-256 of the public key's DER form, base64url: the key id unless the bank assigned another."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return _encode(hashlib.sha256(der).digest())


class Jose:
    """Both directions between us and one peer."""

    def __init__(self, own: RSAPrivateKey, peer: RSAPublicKey, *, own_kid: str = "", peer_kid: str = "") -> None:
        """Empty key ids mean the keys' thumbprints."""
        self._own = own
        self._peer = peer
        self._own_kid = own_kid or key_thumbprint(own.public_key())
        self._peer_kid = peer_kid or key_thumbprint(peer)

    def seal(self, payload: bytes) -> str:
        """`payload` signed by us and encrypted for the peer."""
        return encrypt(sign(payload, self._own, self._own_kid).encode("ascii"), self._peer, self._peer_kid)

    def open(self, token: str) -> bytes:
        """The payload that the peer signed and encrypted for us.

        Raises:
            JoseFormatError: cut short, or no JOSE.
            JoseIntegrityError: not made with the agreed keys and algorithms.
        """
        signed = decrypt(token.strip(), self._own, self._own_kid)
        try:
            return verify(signed.decode("ascii"), self._peer, self._peer_kid)
        except UnicodeDecodeError as error:
            raise JoseIntegrityError("the JWE holds no JWS") from error
