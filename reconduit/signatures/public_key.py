"""Asymmetric schemes: Ed25519, RSA and ECDSA signatures over a template of the delivery.

The keys are what an operator stored (public keys or certificates in PEM), several at a time. An address of a key in a delivery is
never followed: whoever forges a delivery would choose it.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from pydantic import SecretStr

from reconduit.signatures.content import SignedScheme
from reconduit.signatures.delivery import Delivery, Verified
from reconduit.signatures.errors import RefusedDeliveryError, SchemeError

__all__ = ["PublicKeyScheme"]

Algorithm = Literal["ed25519", "rsa-pkcs1-sha256", "rsa-pss-sha256", "ecdsa-p256-sha256"]
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
_LEAST_RSA_BITS = 2048
_Key = ed25519.Ed25519PublicKey | rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class PublicKeyScheme(SignedScheme):
    """A signature by the provider's private key.

    Attributes:
        algorithm: exactly one, so that a delivery cannot choose; ECDSA signatures are DER.
    """

    scheme: Literal["public_key"] = "public_key"
    acknowledgement: ClassVar[bytes] = b""
    algorithm: Algorithm

    def check_secrets(self, secrets: Sequence[SecretStr]) -> None:
        """Refuse keys that cannot be used.

        Raises:
            SchemeError: one cannot.
        """
        for secret in secrets:
            self._key(secret)

    def verify(self, delivery: Delivery, secrets: Sequence[SecretStr]) -> Verified:
        """As `HmacScheme.verify`, with public keys in place of secrets."""
        presented = self.signatures(delivery)
        content = self.content(delivery)
        keys = [self._key(secret) for secret in secrets]
        # Everything here is public, so it does not matter how long it takes.
        if not any(_fits(self.algorithm, key, signature, content.parts) for key in keys for signature in presented):
            raise RefusedDeliveryError("forged", "the signature fits no active key")
        self.check_time(delivery)
        return self.identify(delivery, content)

    def _key(self, pem: SecretStr) -> _Key:
        text = pem.get_secret_value()
        try:
            loaded = (
                x509.load_pem_x509_certificate(text.encode()).public_key()
                if _CERTIFICATE in text
                else load_pem_public_key(text.encode())
            )
        except ValueError:
            raise SchemeError("a key of the webhook is neither a public key nor a certificate in PEM") from None
        if self.algorithm == "ed25519" and isinstance(loaded, ed25519.Ed25519PublicKey):
            return loaded
        if self.algorithm == "ecdsa-p256-sha256" and isinstance(loaded, ec.EllipticCurvePublicKey):
            if not isinstance(loaded.curve, ec.SECP256R1):
                raise SchemeError(f"a key of the webhook is on the curve {loaded.curve.name}; {self.algorithm} is on P-256")
            return loaded
        if self.algorithm.startswith("rsa") and isinstance(loaded, rsa.RSAPublicKey):
            if loaded.key_size < _LEAST_RSA_BITS:
                raise SchemeError(f"an RSA key of the webhook has {loaded.key_size} bits; {_LEAST_RSA_BITS} are the least")
            return loaded
        raise SchemeError(f"a key of the webhook is no key for {self.algorithm}")


def _fits(algorithm: Algorithm, key: _Key, signature: bytes, signed: bytes) -> bool:
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, ec.ECDSA(SHA256()))
        elif algorithm == "rsa-pss-sha256":
            key.verify(signature, signed, padding.PSS(padding.MGF1(SHA256()), padding.PSS.AUTO), SHA256())
        else:
            key.verify(signature, signed, padding.PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
