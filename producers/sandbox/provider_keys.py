"""Keys and secrets of the sandbox's banks: made afresh at each start, kept in files that only their owner can read."""

from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from producers.sandbox.credentials import write_secret

__all__ = ["pem_pair", "write_credentials"]


def pem_pair(bits: int) -> tuple[str, str]:
    """A new RSA key pair as PEM texts: private (PKCS#8, no passphrase) and public (SubjectPublicKeyInfo)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), public.decode()


def write_credentials(directory: Path, credentials: Mapping[str, str]) -> None:
    """Write each credential to a file of its name, mode 0600, in `directory` (created with mode 0700)."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, value in credentials.items():
        write_secret(directory / name, value)
