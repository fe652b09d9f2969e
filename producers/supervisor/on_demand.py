"""What an operator asks of a source between its polls: a test of the connection, and records of certain days once more."""

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

from producers.kit.assembly import Outlets
from producers.kit.contract import Capabilities, Connector, Cursor, Page
from producers.kit.registry import build_connector
from reconduit.integrations.commands import SyncArguments
from reconduit.sources import SourceConfig

__all__ = ["ConnectorOnDemand", "publish_again", "try_connection"]


class ConnectorOnDemand:
    """A connector that is built at its first poll, so that wrong options or a missing secret are a failed poll with a reason.

    Args:
        config: the source.
    """

    capabilities = Capabilities()

    def __init__(self, config: SourceConfig) -> None:
        self._config = config
        self._connector: Connector | None = None

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        """The pages of the connector.

        Raises:
            ReconduitError: it cannot be built, or fails.
        """
        if self._connector is None:
            self._connector = build_connector(self._config)
        yield from self._connector.poll(cursor, now)

    def close(self) -> None:
        """Close the connector, if there is one."""
        if self._connector is not None:
            self._connector.close()


def try_connection(config: SourceConfig, cursor: Cursor, now: dt.datetime) -> dict[str, Any]:
    """Fetch the first page behind `cursor` with a connector of its own, and throw it away; returns what it held.

    Raises:
        ReconduitError: it cannot be built, or fails.
    """
    with closing(ConnectorOnDemand(config)) as connector:
        page = next(connector.poll(cursor, now), None)
    if page is None:
        return {"result": "done", "records": 0, "quarantined": 0}
    return {"result": "done", "records": len(page.transactions), "quarantined": len(page.bad)}


def publish_again(config: SourceConfig, outlets: Outlets, arguments: SyncArguments, now: dt.datetime) -> dict[str, Any]:
    """Read the source from its beginning and publish what was booked on the days of `arguments`; the stored position stays.

    Records keep their ids, so consumers drop those that they have. Balances and watermarks are left out: they speak for whole
    statements, and only the poll from the stored position may say how far the source is complete.

    Raises:
        ReconduitError: fetching, keeping or publishing failed; what is published stays published.
    """
    fetched = published = 0
    with closing(ConnectorOnDemand(config)) as connector:
        for page in connector.poll({}, now):
            chosen = [record for record in page.transactions if arguments.covers(record.booked_at.date())]
            fetched += page.fetched
            if chosen:
                for raw in page.raw:
                    outlets.objects.put(raw)
                published += outlets.publisher.publish(replace(page, transactions=chosen, statements=()))
    return {"result": "done", "fetched": fetched, "published": published}
