"""Which endpoints there are, read at most every few seconds however many deliveries come.

A delivery to an unknown integration therefore costs no query and leaves nothing behind.
"""

import asyncio
import time
from collections.abc import Callable, Sequence

from starlette.concurrency import run_in_threadpool

from api.errors import ApiError
from reconduit.webhooks.endpoints import Endpoint

__all__ = ["Directory"]

_KEEP_SECONDS = 2.0


class Directory:
    """Endpoints by provider and by id or name of their integration.

    Args:
        load: reads every open endpoint; blocks.
        keep_seconds: how long what was read counts; a new secret is in force after so long in every process.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        load: Callable[[], Sequence[Endpoint]],
        *,
        keep_seconds: float = _KEEP_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._keep = keep_seconds
        self._clock = clock
        self._turn = asyncio.Lock()
        self._known: dict[tuple[str, str], Endpoint] = {}
        self._until = 0.0
        self._changes = 0
        self._read_changes = -1
        self._error: ApiError | None = None

    async def find(self, provider: str, integration: str) -> Endpoint | None:
        """The endpoint, or None.

        Raises:
            ApiError: the endpoints cannot be read.
        """
        if self._is_stale():
            async with self._turn:
                # Those who waited find it read by the first.
                if self._is_stale():
                    await self._read()
        if self._error is not None:
            raise self._error.with_traceback(None)
        return self._known.get((provider, integration))

    def forget(self) -> None:
        """Read again at the next delivery: something was changed here. Safe from any thread."""
        self._changes += 1

    def _is_stale(self) -> bool:
        return self._read_changes != self._changes or self._clock() >= self._until

    async def _read(self) -> None:
        # What is changed while it is being read makes it stale at once.
        changes, started = self._changes, self._clock()
        try:
            endpoints = await run_in_threadpool(self._load)
        except ApiError as error:
            # Those who wait for their turn must not each find out for themselves that Postgres is away.
            self._error = error
            self._until = self._clock() + self._keep
        else:
            self._error = None
            self._until = started + self._keep
            by_name = {(one.provider, one.source): one for one in endpoints}
            by_id = {(one.provider, str(one.integration_id)): one for one in endpoints}
            self._known = by_name | by_id
        self._read_changes = changes
