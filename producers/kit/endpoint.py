"""Where a provider is and how safely it is reached: address check, TLS context, proxy of the environment."""

import ipaddress
import ssl
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from producers.errors import ConfigurationError

__all__ = ["check_address", "is_loopback", "proxy_for", "tls_context"]


def is_loopback(url: str) -> bool:
    """Whether the address never leaves this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_address(url: str) -> None:
    """Refuse an address that would send credentials in the clear.

    Raises:
        ConfigurationError: no absolute HTTP address, user or password in it, or plain `http` beyond loopback.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ConfigurationError(f"base_url {parts.scheme}://{parts.hostname or ''} is no absolute http(s) address")
    if parts.username or parts.password:
        raise ConfigurationError(f"base_url of {parts.hostname} carries credentials; name them under `secrets:` instead")
    if parts.scheme == "http" and not is_loopback(url):
        raise ConfigurationError(f"base_url of {parts.hostname} is plain http; use https, http is for loopback addresses only")


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


def proxy_for(url: str) -> str | None:
    """Proxy that the environment (`HTTPS_PROXY`, `NO_PROXY`, ...) wants for `url`; never one for loopback."""
    parts = urlsplit(url)
    if is_loopback(url) or proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
