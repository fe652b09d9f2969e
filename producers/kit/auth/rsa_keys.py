"""RSA keys out of PEM texts, as banks and their customers exchange them."""

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate

from producers.errors import ConfigurationError

__all__ = ["load_private_key", "load_public_key"]


def load_private_key(pem: str, option: str) -> RSAPrivateKey:
    """The RSA private key of a PEM text without passphrase.

    Raises:
        ConfigurationError: no such key in the text; the message names `option`, never the text.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        raise ConfigurationError(f"{option} holds no PEM private key without passphrase") from None
    if not isinstance(key, RSAPrivateKey):
        raise ConfigurationError(f"{option} holds a private key that is not RSA")
    return key


def load_public_key(pem: str, option: str) -> RSAPublicKey:
    """The RSA public key of a PEM text: the key itself, or the certificate that a bank sends.

    Raises:
        ConfigurationError: neither is in the text; the message names `option`.
    """
    try:
        key: object = (
            load_pem_x509_certificate(pem.encode()).public_key()
            if "BEGIN CERTIFICATE" in pem
            else load_pem_public_key(pem.encode())
        )
    except ValueError:
        raise ConfigurationError(f"{option} holds neither a PEM public key nor a PEM certificate") from None
    if not isinstance(key, RSAPublicKey):
        raise ConfigurationError(f"{option} holds a public key that is not RSA")
    return key
