"""A connector of a bank that lists booked rows by window of days; a subclass only reads the pages of one window."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from producers.errors import ContractChangeError
from producers.kit.contract import Capabilities, Cursor, Page
from producers.kit.http.transport import Transport
from producers.kit.reading.day_windows import IST, DayWindow
from producers.kit.reading.repeated_ids import RepeatedIds
from producers.kit.statements.statement_options import StatementOptions
from producers.kit.statements.statement_poll import StatementPoll, WindowContent
from producers.kit.statements.statement_rows import StatementRows
from reconduit.sources import SourceConfig

__all__ = ["StatementConnector", "listed_rows"]


class StatementConnector:
    """Polls the accounts of one source.

    Args:
        config: the source.
        options: which accounts and days.
        transport: to the bank; closed with the connector.
        rows: how the bank's rows are read.
    """

    capabilities = Capabilities(incremental=True, revisions=True, statements=True, watermark=True)

    def __init__(self, config: SourceConfig, options: StatementOptions, transport: Transport, rows: StatementRows) -> None:
        self.name = config.name
        self.transport = transport
        self.rows = rows
        self._poll = StatementPoll(
            config=config,
            accounts=options.accounts,
            currency=options.currency,
            zone=IST,
            start_date=options.start_date,
            initial_days=options.initial_days,
            overlap_days=options.overlap_days,
            window_days=options.window_days,
            complete_lag_days=options.complete_lag_days,
        )

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        """One page for each window of each account; see `producers.kit.statements.statement_poll`."""
        yield from self._poll.pages(cursor, now, self.read_window)

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()

    def read_window(self, account: str, window: DayWindow, ids: RepeatedIds, now: dt.datetime) -> WindowContent:
        """Everything that the bank lists for a window: its pages, each given to `rows.keep`.

        Raises:
            ProducerError: see `producers.errors`.
        """
        raise NotImplementedError


def listed_rows(found: Any, what: str) -> Sequence[Any]:
    """The rows of a response, whatever the bank made of their number: a list, a single object for one, nothing for none.

    Raises:
        ContractChangeError: something else is there; `what` says where and what to do.
    """
    match found:
        case None | "":
            return ()
        case list():
            return found
        case Mapping():
            return (found,)
        case _:
            raise ContractChangeError(f"{what} is a {type(found).__name__}; a list or an object is due")
