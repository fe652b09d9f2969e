"""What a provider's answers say about its request quota.

Headers understood: `RateLimit-Limit` / `-Remaining` / `-Reset` with seconds to go and `RateLimit-Policy: 100;w=60`
(draft-ietf-httpapi-ratelimit-headers, up to -06), their `X-` forms, where `Reset` may also be a Unix time, and
`RateLimit: "name";r=REMAINING;t=SECONDS` with `RateLimit-Policy: "name";q=QUOTA;w=SECONDS` (since -08).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["QuotaAnswer", "read_quota"]

_STRUCTURED = re.compile(r";\s*r=(\d+)(?:.*?;\s*t=(\d+))?")
_QUOTA = re.compile(r"^\s*(\d+)\s*(?:;|$)|;\s*q=(\d+)")
_WINDOW = re.compile(r";\s*w=(\d+)")
_UNIX_TIME_FROM = 1_000_000_000
"""A `Reset` at or above this is a point in time; no provider asks to wait thirty years."""


@dataclass(frozen=True, slots=True)
class QuotaAnswer:
    """What one answer says; None where it says nothing.

    Attributes:
        remaining: requests that are left in this window.
        reset: seconds until the window ends.
        limit: requests of a window whose length is not told.
        per_second: the policy as requests a second in the long run; the strictest, where there are several.
    """

    remaining: int | None = None
    reset: float | None = None
    limit: int | None = None
    per_second: float | None = None


def read_quota(headers: Mapping[str, str], wall: float) -> QuotaAnswer:
    """What the headers say.

    Args:
        headers: of a response, in any case.
        wall: Unix time in seconds, to read a `Reset` that is a point in time.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    limit = _either(lowered, "limit")
    policies = lowered.get("ratelimit-policy") or (limit if "w=" in limit else "")
    told = _policy(policies)
    structured = _STRUCTURED.search(lowered.get("ratelimit", ""))
    if structured is not None:
        return QuotaAnswer(int(structured[1]), float(structured[2]) if structured[2] else None, None, told)
    remaining = _number(_either(lowered, "remaining"))
    reset = _number(_either(lowered, "reset"))
    seconds = None if reset is None else float(reset)
    if seconds is not None and seconds >= _UNIX_TIME_FROM:
        seconds = max(0.0, seconds - wall)
    return QuotaAnswer(remaining, seconds, _number(limit.partition(",")[0]), told)


def _either(lowered: Mapping[str, str], name: str) -> str:
    return lowered.get(f"ratelimit-{name}", lowered.get(f"x-ratelimit-{name}", "")).strip()


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None


def _policy(text: str) -> float | None:
    rates = []
    for policy in text.split(","):
        quota, window = _QUOTA.search(policy), _WINDOW.search(policy)
        if quota is not None and window is not None and int(window[1]) > 0:
            rates.append(int(quota[1] or quota[2]) / int(window[1]))
    allowed = [rate for rate in rates if rate > 0]
    return min(allowed) if allowed else None
