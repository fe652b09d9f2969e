"""What happens to a delivery, from the first byte of its body to the answer."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from uuid import UUID

import structlog
from starlette.concurrency import run_in_threadpool

from api.database import Database
from api.errors import ApiError, BodyTooLargeError, BrokenBodyError, BusyError, NotFoundError, SlowBodyError
from api.webhooks.body import read_body
from api.webhooks.directory import Directory
from api.webhooks.inbox import Inbox
from api.webhooks.tally import Tally
from reconduit.signatures import Delivery
from reconduit.signatures.errors import RefusedDeliveryError
from reconduit.vault import open_vault
from reconduit.vault.errors import VaultError
from reconduit.webhooks.endpoints import Endpoint, open_endpoints
from reconduit.webhooks.events import NewEvent, store_events
from reconduit.webhooks.statistics import Outcome, add_counts

__all__ = ["MOST_BODY_BYTES", "Reception"]

MOST_BODY_BYTES = 512 * 1024
"""Longest body that is taken: well below what fits into a Kafka message (1 MB by default). Providers' events are a few KiB."""

_BODY_SECONDS = 10.0
_AT_ONCE = 64
_COUNT_SECONDS = 2.0
_LONGEST_KEPT_HEADER = 4096

_log = structlog.get_logger(__name__)


class Reception:
    """Takes deliveries of one process.

    Args:
        database: where endpoints and events are.
        now: aware UTC.
        body_seconds: for the whole body.
        at_once: bodies that are read at the same time; more are asked to come again.
    """

    def __init__(
        self, database: Database, now: Callable[[], dt.datetime], *, body_seconds: float = _BODY_SECONDS, at_once: int = _AT_ONCE
    ) -> None:
        self._database = database
        self._now = now
        self._body_seconds = body_seconds
        self._free = at_once
        self.directory = Directory(self._load)
        self._inbox = Inbox(self._store)
        self._tally = Tally(self._write_counts, now)
        self._counting: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Add up counts meanwhile; what is in hand is stored before the end."""
        self._counting = asyncio.create_task(self._count_on())
        try:
            yield
        finally:
            self._counting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._counting
            await self._inbox.close()
            await self.flush_counts()

    async def take(self, provider: str, integration: str, headers: Mapping[str, str], chunks: AsyncIterator[bytes]) -> bytes:
        """Take a delivery; returns what its provider wants to read.

        Args:
            provider: as in the address.
            integration: id or name.
            headers: by lower-case name.
            chunks: the body.

        Raises:
            NotFoundError: there is no such endpoint; the body is not read.
            RefusedDeliveryError: the signature does not fit.
            ApiError: too long, too slow, broken, or it cannot be stored now.
        """
        endpoint = await self.directory.find(provider, integration)
        if endpoint is None:
            raise NotFoundError("there is no such webhook")
        try:
            outcome = await self._take(endpoint, headers, chunks)
        except (ApiError, RefusedDeliveryError) as error:
            self._tally.count(endpoint, _outcome_of(error))
            raise
        self._tally.count(endpoint, outcome)
        return endpoint.scheme.acknowledgement

    async def flush_counts(self) -> None:
        """Add the counts to the database; they stay in memory while it is away."""
        taken = self._tally.take()
        if taken and not await run_in_threadpool(self._tally.write, taken):
            self._tally.put_back(taken)

    async def _take(self, endpoint: Endpoint, headers: Mapping[str, str], chunks: AsyncIterator[bytes]) -> Outcome:
        if not self._free:
            raise BusyError("too many deliveries arrive at once")
        self._free -= 1
        try:
            body = await read_body(chunks, headers, most_bytes=MOST_BODY_BYTES, seconds=self._body_seconds)
        finally:
            self._free += 1
        received_at = self._now()
        verified = endpoint.scheme.verify(Delivery(headers, body, received_at), endpoint.secrets)
        kept = {name: headers[name] for name in (*endpoint.scheme.needed_headers, "content-type") if name in headers}
        event = NewEvent(
            endpoint.integration_id,
            endpoint.provider,
            verified.event_key,
            verified.content_key,
            verified.event_type,
            received_at,
            # Postgres stores no NUL, and a header has no use for one.
            {name: value.replace("\x00", "")[:_LONGEST_KEPT_HEADER] for name, value in kept.items()},
            body,
        )
        return "accepted" if await self._inbox.add(event) else "duplicate"

    async def _count_on(self) -> None:
        while True:
            await asyncio.sleep(_COUNT_SECONDS)
            await self.flush_counts()

    def _load(self) -> Sequence[Endpoint]:
        try:
            vault = open_vault(self._database.writing)
            with self._database.writing() as connection:
                found, problems = open_endpoints(connection, vault)
        except VaultError as error:
            # Without keys no signature can be checked, so there is no endpoint.
            _log.warning("no webhook can be taken", error=str(error))
            return ()
        for problem in problems:
            _log.warning("webhook cannot be taken", error=problem)
        return found

    def _store(self, events: Sequence[NewEvent]) -> list[bool]:
        with self._database.writing() as connection:
            return store_events(connection, events)

    def _write_counts(self, counts: Mapping[tuple[UUID, str], Mapping[Outcome, int]], at: dt.datetime) -> None:
        with self._database.writing() as connection:
            # In one order everywhere, so that two processes never wait for each other in a circle.
            for (integration_id, provider), outcomes in sorted(counts.items()):
                add_counts(connection, integration_id, provider, outcomes, at)


def _outcome_of(error: ApiError | RefusedDeliveryError) -> Outcome:
    if isinstance(error, RefusedDeliveryError):
        return error.refusal
    if isinstance(error, BodyTooLargeError):
        return "oversized"
    if isinstance(error, SlowBodyError | BrokenBodyError):
        return "broken"
    return "unavailable"
