"""A producer that dies between two steps: the real runner, with Kafka, the cursor and the object store in memory."""

import datetime as dt
import json
from contextlib import closing

from producers.errors import BadAnswer
from producers.kit.contract import Connector, Page, RawObject
from producers.kit.cursors import StoredCursor
from producers.kit.runner import ProducerRunner
from reconduit.sources import SourceConfig
from schemas.records import CanonicalStatement, CanonicalTransaction

__all__ = ["STEPS_PER_PAGE", "Killed", "Outlet", "run_into"]

STEPS_PER_PAGE = 4
"""Where a page can be when the process dies: fetched, half published, published, committed."""


class Killed(BaseException):
    """Ends the process: no Exception, so that nothing in between can take it for a failure and carry on."""


class Outlet:
    """What outlives the process: the log, the stored cursor and the originals.

    Args:
        die_at: number of the step (1 is the first) that the process does not get past; None for none.

    Attributes:
        delivered: everything that is in the log.
        steps: how many were taken.
    """

    def __init__(self, die_at: int | None = None) -> None:
        self.die_at = die_at
        self.steps = 0
        self._transactions: list[CanonicalTransaction] = []
        self._statements: list[CanonicalStatement] = []
        self._originals: dict[str, bytes] = {}
        self._cursor = "{}"
        self._version = 0

    @property
    def delivered(self) -> Page:
        """The log as one page."""
        return Page({}, self._transactions, self._statements)

    def put(self, raw: RawObject) -> None:
        """Keep an original."""
        self._originals[raw.sha256] = raw.content

    def get(self, digest: str) -> bytes:
        """An original that was kept."""
        return self._originals[digest]

    def publish(self, page: Page) -> int:
        """Deliver the page's records, dying before, in the middle or after if that is due."""
        self._step("fetched")
        for record in page.transactions:
            reference = (record.raw_ref or "").partition("#")[0]
            assert not reference or reference in self._originals, f"{record.txn_id} is published before its original is kept"
        half = len(page.transactions) // 2
        self._transactions += page.transactions[:half]
        self._step("half published")
        self._transactions += page.transactions[half:]
        self._statements += page.statements
        self._step("published, not committed")
        return len(page.transactions) + len(page.statements)

    def load(self) -> StoredCursor:
        """The cursor as the database gives it back."""
        return StoredCursor(json.loads(self._cursor), self._version)

    def commit_page(self, stored: StoredCursor, page: Page) -> StoredCursor:
        """Move the cursor, and die afterwards if that is due."""
        assert stored.version == self._version
        self._cursor, self._version = json.dumps(dict(page.cursor)), self._version + 1
        self._step("committed")
        return self.load()

    def complete_round(self) -> None:
        """Nothing to remember."""

    def record_error(self, error: str, answer: BadAnswer | None = None) -> None:
        """Nothing to remember: an error ends the case."""

    def _step(self, name: str) -> None:
        self.steps += 1
        if self.steps == self.die_at:
            raise Killed(name)


def run_into(outlet: Outlet, connector: Connector, now: dt.datetime, source: str = "contract") -> None:
    """One poll by the runner, from the cursor that the outlet has.

    Args:
        outlet: where the records go.
        connector: where they come from; it is closed.
        now: time of the poll, aware UTC.
        source: name of the source.

    Raises:
        Killed: the step came at which the process dies.
    """
    config = SourceConfig(name=source, connector="contract")
    with closing(connector):
        ProducerRunner(config, connector, outlet, outlet, outlet, now=lambda: now).poll()
