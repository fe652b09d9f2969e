"""When an integration's tokens end: shown as a metric, and said in the log before a person has to act."""

import time

import structlog

from reconduit.authorisation.token_store import TokenState
from reconduit.metrics import TOKEN_EXPIRY

__all__ = ["WARN_SECONDS", "show_expiry"]

WARN_SECONDS = 7 * 86_400.0
"""A refresh token with less left than this is worth a warning: when it ends, a person must authorise again."""

_log = structlog.stdlib.get_logger("authorisation")


def show_expiry(source: str, state: TokenState | None) -> None:
    """Set the metric of a source, and warn when its refresh token is about to end or a person must act."""
    if state is None:
        return
    now = time.time()
    for kind, seconds in (("access", state.access_seconds), ("refresh", state.refresh_seconds)):
        if seconds is not None:
            TOKEN_EXPIRY.labels(source, kind).set(now + seconds)
    if state.state == "waiting_user_input":
        _log.warning("a person must authorise", source=source, reason=state.reason)
    elif state.refresh_seconds is not None and state.refresh_seconds < WARN_SECONDS:
        _log.warning("the authorisation ends soon; authorise again", source=source, seconds_left=round(state.refresh_seconds))
