"""A client's signed assertion of itself, `private_key_jwt` (RFC 7523; OpenID Connect Core, 9)."""

import base64
import json
import secrets

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import SecretStr

from reconduit.authorisation.client import OAuthClient
from reconduit.authorisation.errors import ClientSettingsError

__all__ = ["ASSERTION_TYPE", "client_assertion"]

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFE_SECONDS = 120
_P256_BYTES = 32
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=hashes.SHA256.digest_size)


def client_assertion(client: OAuthClient, key: SecretStr, now: int) -> str:
    """A JWT that is good for one request within two minutes of `now` (Unix seconds).

    Raises:
        ClientSettingsError: the key does not fit the algorithm.
    """
    header = {"alg": client.signing_algorithm, "typ": "JWT"} | ({"kid": client.signing_key_id} if client.signing_key_id else {})
    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": client.assertion_audience or client.token_url,
        "jti": secrets.token_urlsafe(18),
        "iat": now,
        "exp": now + _LIFE_SECONDS,
    }
    signed = f"{_encoded(json.dumps(header).encode())}.{_encoded(json.dumps(claims).encode())}"
    return f"{signed}.{_encoded(_signature(client.signing_algorithm, key, signed.encode()))}"


def _signature(algorithm: str, pem: SecretStr, message: bytes) -> bytes:
    try:
        key = load_pem_private_key(pem.get_secret_value().encode(), password=None)
    except (ValueError, TypeError):
        raise ClientSettingsError("signing_key holds no PEM private key without passphrase") from None
    if algorithm == "ES256" and isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        r, s = decode_dss_signature(key.sign(message, ec.ECDSA(hashes.SHA256())))
        # RFC 7518, 3.4: both numbers at full length, not the DER that the library gives.
        return r.to_bytes(_P256_BYTES) + s.to_bytes(_P256_BYTES)
    if algorithm == "PS256" and isinstance(key, RSAPrivateKey):
        return key.sign(message, _PSS, hashes.SHA256())
    if algorithm == "RS256" and isinstance(key, RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), hashes.SHA256())
    raise ClientSettingsError(f"signing_key is no key for {algorithm}; PS256 and RS256 want RSA, ES256 the curve P-256")


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")
