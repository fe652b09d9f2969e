"""Sessions of the page: a signed cookie, and the one-time link that starts one.

Neither holds the token; both are signed by keys derived from it, so a new token ends every session. A link works once and
for minutes: what remains of it in a browser's history opens nothing.
"""

import base64
import hashlib
import hmac
import secrets
import threading

from api.access import Access

__all__ = ["COOKIE", "SESSION_SECONDS", "TICKET_SECONDS", "Tickets", "login_path", "new_session", "session_is_valid"]

COOKIE = "reconduit_session"
"""No `__Host-` prefix: that needs HTTPS, and the page is served on loopback over HTTP."""
SESSION_SECONDS = 12 * 3600
TICKET_SECONDS = 30 * 60


def _sign(key: bytes, text: str) -> str:
    digest = hmac.digest(key, text.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _make(key: bytes, expires: int) -> str:
    text = f"{expires}.{secrets.token_urlsafe(12)}"
    return f"{text}.{_sign(key, text)}"


def _expiry(key: bytes, value: str) -> int | None:
    text, _, signature = value.rpartition(".")
    if not hmac.compare_digest(signature.encode(), _sign(key, text).encode()):
        return None
    return int(text.partition(".")[0])


def new_session(access: Access, now: int) -> str:
    """Cookie value of a session that starts at `now` (Unix seconds) and lasts SESSION_SECONDS."""
    return _make(access.key("session"), now + SESSION_SECONDS)


def session_is_valid(access: Access, value: str, now: int) -> bool:
    """Whether a cookie value is ours and has not expired at `now` (Unix seconds)."""
    expires = _expiry(access.key("session"), value)
    return expires is not None and now < expires


def login_path(token: str, now: int) -> str:
    """Path of a link that signs a browser in once, within TICKET_SECONDS of `now` (Unix seconds).

    Any process that holds the token can make one: the demo prints it after the address of the page.
    """
    return f"/login?ticket={_make(Access.of(token).key('ticket'), now + TICKET_SECONDS)}"


class Tickets:
    """Remembers which one-time links were used, until they expire by themselves."""

    def __init__(self, access: Access) -> None:
        self._key = access.key("ticket")
        self._used: dict[str, int] = {}
        self._lock = threading.Lock()

    def redeem(self, ticket: str, now: int) -> bool:
        """Whether `ticket` opens a session now; the second call with the same ticket says no."""
        expires = _expiry(self._key, ticket)
        if expires is None or now >= expires:
            return False
        with self._lock:
            self._used = {used: until for used, until in self._used.items() if until > now}
            if ticket in self._used:
                return False
            self._used[ticket] = expires
        return True
