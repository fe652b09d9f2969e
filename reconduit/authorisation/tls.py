"""TLS from texts of the vault: a client certificate and authorities of an integration's own, never kept in a file."""

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr

from reconduit.authorisation.errors import ClientSettingsError

__all__ = ["tls_context"]


def tls_context(
    *, certificate: SecretStr | None = None, key: SecretStr | None = None, authorities: SecretStr | None = None
) -> ssl.SSLContext:
    """TLS 1.2 or newer with certificates checked.

    Args:
        certificate: PEM chain of the client certificate, for mutual TLS.
        key: its PEM private key; may be in `certificate` too.
        authorities: PEM certificates to trust instead of the system's.

    Raises:
        ClientSettingsError: one of the texts cannot be used; the message does not repeat it.
    """
    try:
        context = ssl.create_default_context(cadata=authorities.get_secret_value() if authorities is not None else None)
    except (ssl.SSLError, ValueError):
        raise ClientSettingsError("tls_authorities holds no PEM certificates") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is not None:
        chain = certificate.get_secret_value() + ("\n" + key.get_secret_value() if key is not None else "")
        try:
            with _in_memory(chain.encode()) as path:
                # An empty passphrase, because OpenSSL would ask for one at the terminal.
                context.load_cert_chain(path, password="")
        except (OSError, ValueError):
            raise ClientSettingsError(
                "tls_certificate and tls_key are no PEM certificate with its private key without passphrase"
            ) from None
    return context


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """A path under which OpenSSL reads `content`, which no other user can open and which is on no disk."""
    descriptor = os.memfd_create("reconduit-tls")
    try:
        os.write(descriptor, content)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)
