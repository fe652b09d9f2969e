"""What goes wrong between a provider and us: 429, 500, a body cut short, a slow answer; seeded, so that a run can be repeated."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from producers.sandbox.seeded import stream

__all__ = ["OUTAGES", "Fault", "FaultMiddleware", "FaultPlan", "Outage", "answer", "provider_of"]

_QUIET_REQUESTS = 3
_RETRY_AFTER_SECONDS = 1


class Fault(StrEnum):
    """One way to fail."""

    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    TRUNCATED = "truncated"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Outage:
    """A stretch of a provider's requests that all fail alike, longer than a client's patience: `first` counts from 0."""

    fault: Fault
    first: int
    requests: int


OUTAGES: Mapping[str, Outage] = {"mobile": Outage(Fault.SERVER_ERROR, 3, 6), "razorpay": Outage(Fault.TRUNCATED, 3, 6)}
"""Of `reconduit sandbox`: one request more than a producer tries, so that the poll fails and the next one gets through."""


@dataclass(slots=True)
class FaultPlan:
    """Which request of which provider fails how: a function of the seed, the provider and the request's number there.

    Attributes:
        enabled: whether requests fail at all; may be changed while the server runs.
        per_thousand: how many of 1,000 requests fail. After a failure the next three requests of the provider do not, so a
            client that retries always gets through.
        outages: by provider, a stretch that no retry gets through.
        slow_seconds: how long a slow answer takes.
        injected: how often each fault happened, by `provider:fault`.
    """

    seed: int
    enabled: bool = True
    per_thousand: int = 80
    slow_seconds: float = 1.0
    outages: Mapping[str, Outage] = field(default_factory=dict)
    injected: Counter[str] = field(default_factory=Counter)
    _requests: Counter[str] = field(default_factory=Counter)
    _last_fault: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next_for(self, provider: str) -> Fault | None:
        """What happens to the provider's next request; None leaves it alone."""
        with self._lock:
            if not self.enabled:
                return None
            number = self._requests[provider]
            self._requests[provider] += 1
            outage = self.outages.get(provider)
            if outage is not None and 0 <= number - outage.first < outage.requests:
                self._last_fault[provider] = number
                self.injected[f"{provider}:{outage.fault}"] += 1
                return outage.fault
            rng = stream(self.seed, "fault", provider, number)
            if number - self._last_fault.get(provider, -_QUIET_REQUESTS - 1) <= _QUIET_REQUESTS:
                return None
            if rng.randrange(1000) >= self.per_thousand:
                return None
            fault = rng.choice(list(Fault))
            self._last_fault[provider] = number
            self.injected[f"{provider}:{fault}"] += 1
            return fault


def provider_of(path: str) -> str | None:
    """The provider that a path belongs to: `/hdfc/...` or `/feeds/core/...`; None for the sandbox's own routes."""
    parts = path.strip("/").split("/")
    if parts[0] == "feeds" and len(parts) > 1:
        return parts[1]
    return None if parts[0] in {"", "_sandbox"} else parts[0]


class FaultMiddleware:
    """ASGI middleware that asks the plan before each request of a provider."""

    def __init__(self, app: ASGIApp, plan: FaultPlan) -> None:
        self._app = app
        self._plan = plan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, faulty or not."""
        provider = provider_of(scope["path"]) if scope["type"] == "http" else None
        fault = self._plan.next_for(provider) if provider else None
        match fault:
            case Fault.RATE_LIMITED:
                await answer(send, 429, "too many requests", retry_after=_RETRY_AFTER_SECONDS)
            case Fault.SERVER_ERROR:
                await answer(send, 500, "internal error")
            case Fault.TRUNCATED:
                await self._app(scope, receive, _truncating(send))
            case Fault.SLOW:
                await asyncio.sleep(self._plan.slow_seconds)
                await self._app(scope, receive, send)
            case _:
                await self._app(scope, receive, send)


async def answer(send: Send, status: int, error: str, retry_after: int | None = None) -> None:
    """A short JSON error."""
    body = json.dumps({"error": error}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _truncating(send: Send) -> Send:
    """A `send` that passes on the first half of the body, with a length that fits, so that only the content is wrong."""
    start: list[Message] = []
    body = bytearray()

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.append(message)
            return
        body.extend(message.get("body", b""))
        if message.get("more_body", False):
            return
        half = bytes(body[: len(body) // 2])
        headers = [(name, value) for name, value in start[0]["headers"] if name.lower() != b"content-length"]
        headers.append((b"content-length", str(len(half)).encode()))
        await send({**start[0], "headers": headers})
        await send({"type": "http.response.body", "body": half})

    return collect
