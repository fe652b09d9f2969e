"""Where a provider is: whether an address may be asked, whether it leaves this machine, and through which proxy."""

import ipaddress
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from reconduit.errors import SettingsError

__all__ = ["check_address", "is_loopback", "proxy_for"]


def is_loopback(url: str) -> bool:
    """Whether the address never leaves this machine."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_address(url: str, setting: str = "base_url") -> None:
    """Refuse an address that would send credentials in the clear.

    Args:
        url: the address.
        setting: what it is called where it was set, for messages.

    Raises:
        SettingsError: no absolute HTTP address, user or password in it, or plain `http` beyond loopback.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"{setting} {parts.scheme}://{parts.hostname or ''} is no absolute http(s) address")
    if parts.username or parts.password:
        raise SettingsError(f"{setting} of {parts.hostname} carries credentials; name them under `secrets:` instead")
    if parts.scheme == "http" and not is_loopback(url):
        raise SettingsError(f"{setting} of {parts.hostname} is plain http; use https, http is for loopback addresses only")


def proxy_for(url: str) -> str | None:
    """Proxy that the environment (`HTTPS_PROXY`, `NO_PROXY`, ...) wants for `url`; never one for loopback."""
    parts = urlsplit(url)
    if is_loopback(url) or proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
