"""Genuine events on their way into Postgres: those that arrive while a transaction runs share the next one.

A delivery is answered once its transaction has committed, so what was acknowledged is stored.
"""

import asyncio
from collections.abc import Callable, Sequence

from starlette.concurrency import run_in_threadpool

from api.errors import BusyError
from reconduit.webhooks.events import NewEvent

__all__ = ["Inbox"]

_BATCH = 200
_MOST_WAITING = 2_000
_MOST_BYTES = 64 * 1024 * 1024

_Waiting = tuple[NewEvent, asyncio.Future[bool]]


class Inbox:
    """Stores events, a batch for each transaction.

    Args:
        store: stores a batch and says of each event whether it was new; blocks.
        most_waiting: events that may wait.
        most_bytes: bytes of bodies that may wait.
    """

    def __init__(
        self, store: Callable[[Sequence[NewEvent]], list[bool]], *, most_waiting: int = _MOST_WAITING, most_bytes: int = _MOST_BYTES
    ) -> None:
        self._store = store
        self._most_waiting = most_waiting
        self._most_bytes = most_bytes
        self._waiting: list[_Waiting] = []
        self._bytes = 0
        self._writer: asyncio.Task[None] | None = None

    async def add(self, event: NewEvent) -> bool:
        """Store an event; returns whether it was new, once that is committed.

        Raises:
            BusyError: too many wait.
            ApiError: Postgres does not answer.
        """
        if len(self._waiting) >= self._most_waiting or self._bytes + len(event.raw) > self._most_bytes:
            raise BusyError("too many deliveries wait to be stored")
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, future))
        self._bytes += len(event.raw)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        return await future

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            try:
                told = await run_in_threadpool(self._store, [event for event, _ in batch])
            except Exception as error:  # noqa: BLE001 - each of those who wait raises it
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), is_new in zip(batch, told, strict=True):
                    # Done already when its request was cancelled meanwhile; the event is stored all the same.
                    if not future.done():
                        future.set_result(is_new)
            finally:
                self._bytes -= sum(len(event.raw) for event, _ in batch)

    async def close(self) -> None:
        """Wait until what is waiting is stored."""
        if self._writer is not None:
            await self._writer
