"""Request quotas of the sandbox's providers: a token bucket each, and 429 with Retry-After beyond it."""

import threading
import time
from collections.abc import Callable, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from producers.sandbox.faults import answer, provider_of

__all__ = ["QUOTAS", "QuotaMiddleware"]

QUOTAS: Mapping[str, int] = {"hdfc": 20, "icici": 10, "sbi": 10, "razorpay": 20, "core": 50, "gateway": 50, "mobile": 50}
"""Requests per second and provider; a second's worth may come at once. No provider publishes its own number."""


class QuotaMiddleware:
    """ASGI middleware that refuses what is beyond a provider's quota."""

    def __init__(self, app: ASGIApp, quotas: Mapping[str, int] = QUOTAS, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._quotas = quotas
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or answer 429."""
        provider = provider_of(scope["path"]) if scope["type"] == "http" else None
        if provider is not None and provider in self._quotas and not self._take(provider, self._quotas[provider]):
            await answer(send, 429, "quota used up", retry_after=1)
            return
        await self._app(scope, receive, send)

    def _take(self, provider: str, per_second: int) -> bool:
        with self._lock:
            now = self._clock()
            tokens, since = self._buckets.get(provider, (float(per_second), now))
            tokens = min(float(per_second), tokens + (now - since) * per_second)
            taken = tokens >= 1
            self._buckets[provider] = (tokens - 1 if taken else tokens, now)
            return taken
