"""Who may use the API: the token, what is derived from it, and when the API refuses to start."""

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass

from api.errors import AccessRefusedError
from reconduit.settings import Settings

__all__ = ["Access", "is_loopback", "refuse_open_door"]

_MINIMUM_TOKEN = 16


def is_loopback(host: str) -> bool:
    """True for an address that only this machine can reach, and for the name `localhost`."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def refuse_open_door(settings: Settings, *, host: str, no_auth: bool) -> None:
    """Allow an API without a token only on loopback and only when it was asked for.

    Raises:
        AccessRefusedError: neither a token nor both conditions; or the token is too short to be a secret.
    """
    if settings.api_token is not None:
        if len(settings.api_token.get_secret_value()) < _MINIMUM_TOKEN:
            raise AccessRefusedError(
                f"RECONDUIT_API_TOKEN is shorter than {_MINIMUM_TOKEN} characters; "
                "make one with `python -c 'import secrets; print(secrets.token_urlsafe(32))'`"
            )
        return
    if not no_auth:
        raise AccessRefusedError("RECONDUIT_API_TOKEN is not set; set it, or pass --no-auth to serve this machine only")
    if not is_loopback(host):
        raise AccessRefusedError(f"--no-auth would open {host} to other machines; set RECONDUIT_API_TOKEN or listen on 127.0.0.1")


@dataclass(frozen=True, slots=True)
class Access:
    """The token (None: everybody on this machine may read) and the key that signs what the API hands out."""

    token: str | None
    _key: bytes

    @classmethod
    def of(cls, token: str | None) -> "Access":
        """Access by `token`. Without one, cursors are signed by a random key and end with the process."""
        return cls(token, token.encode() if token is not None else secrets.token_bytes(32))

    def key(self, purpose: str) -> bytes:
        """A key for one purpose, so that a signature made for one thing is worth nothing for another."""
        return hmac.digest(self._key, f"reconduit/{purpose}".encode(), hashlib.sha256)

    def admits(self, presented: str) -> bool:
        """Whether `presented` is the token, in constant time."""
        return self.token is not None and hmac.compare_digest(presented.encode(), self.token.encode())
