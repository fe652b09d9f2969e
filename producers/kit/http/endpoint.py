"""Where a provider is and how safely it is reached: address check, TLS context, proxy of the environment."""

import ssl
from urllib.parse import urlsplit

from producers.errors import ConfigurationError
from reconduit import endpoint
from reconduit.endpoint import is_loopback, proxy_for
from reconduit.errors import SettingsError

__all__ = ["check_address", "is_loopback", "proxy_for", "tls_context"]


def check_address(url: str) -> None:
    """Refuse an address that would send credentials in the clear.

    Raises:
        ConfigurationError: no absolute HTTP address, user or password in it, or plain `http` beyond loopback.
    """
    try:
        endpoint.check_address(url)
    except SettingsError as error:
        raise ConfigurationError(str(error)) from None


def tls_context(url: str, verify: bool | str, cert: tuple[str, str] | None) -> ssl.SSLContext:
    """TLS for `url`: TLS 1.2 or newer, certificates checked, with a client certificate for mutual TLS.

    Args:
        url: the provider's address.
        verify: True for the system's authorities, or a PEM file of others; False only on loopback.
        cert: client certificate and key, PEM files.

    Raises:
        ConfigurationError: verification is off for a remote host, or a file cannot be used.
    """
    if urlsplit(url).scheme == "http":
        # Never used, and loading every authority takes tens of milliseconds.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if verify is False and not is_loopback(url):
        raise ConfigurationError(f"certificate check is off for {urlsplit(url).hostname}; that is for loopback addresses only")
    try:
        context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
        if cert is not None:
            context.load_cert_chain(*cert)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"TLS files of {urlsplit(url).hostname} cannot be used ({verify}, {cert}): {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
