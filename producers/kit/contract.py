"""What a connector is: the contract between one provider's module and the kit that runs it.

A connector yields pages. The kit keeps each page's originals, publishes its records, waits for every delivery report, and only
then moves the cursor by compare-and-set. So a connector holds no state between polls, and a poll that dies is polled again
from the last confirmed cursor: same ids, same revisions, nothing lost.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from schemas.records import CanonicalStatement, CanonicalTransaction

__all__ = ["BadRecord", "Capabilities", "Connector", "Cursor", "Page", "RawObject"]

Cursor = Mapping[str, Any]
"""A connector's position: a JSON object that only the connector understands. `{}` is the beginning."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector can do; the kit and the test-kit act on it.

    Attributes:
        incremental: it has a cursor and fetches only what is new, with an overlap that makes late records visible.
        revisions: it may publish the same `txn_id` again with a higher revision.
        statements: it publishes balances and control totals besides transactions.
        watermark: it can say through when it is complete.
        files: it reads files rather than an API.
    """

    incremental: bool = True
    revisions: bool = False
    statements: bool = False
    watermark: bool = True
    files: bool = False


@dataclass(frozen=True, slots=True)
class RawObject:
    """An untouched original: a response body or a file. Records refer to it by `sha256[#position]` in `raw_ref`.

    Attributes:
        sha256: lower-case hex digest of `content`.
        content: the bytes as they came (decrypted, where the transport envelope is ours to open).
        media_type: as the provider says, or as sniffed.
    """

    sha256: str
    content: bytes
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that could not be normalised, on its way to quarantine.

    Attributes:
        reason: short code for grouping, such as `amount`, `malformed_statement`, `truncated_json`, `unknown_status`.
        detail: what exactly is wrong, and the way out.
        position: where it came from, stable across polls: `URL#index`, or `FILE:LINE`.
        raw: the bytes of the record (or of the whole body, when they cannot be told apart).
    """

    reason: str
    detail: str
    position: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """One page or one file: published as a whole before the cursor moves to `cursor`.

    Attributes:
        cursor: where to go on once everything in this page is confirmed.
        transactions: canonical records, in the provider's order.
        statements: balances, control totals and watermarks; published after the transactions.
        bad: records for quarantine.
        raw: originals to keep.
        fetched: how many records the provider gave, good and bad, before any of them was dropped.
        files: ledger rows (sha256, path, size, outcome, entries) for sources that read files.
    """

    cursor: Cursor
    transactions: Sequence[CanonicalTransaction] = ()
    statements: Sequence[CanonicalStatement] = ()
    bad: Sequence[BadRecord] = ()
    raw: Sequence[RawObject] = ()
    fetched: int = 0
    files: Sequence[Mapping[str, Any]] = field(default_factory=tuple)


class Connector(Protocol):
    """One provider's module. Built by a factory `build(config: SourceConfig) -> Connector` that the registry names."""

    capabilities: Capabilities

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        """Everything new since `cursor`, page by page, ending when the provider has no more for the moment.

        Args:
            cursor: the last confirmed position, `{}` at first.
            now: the time of this poll, aware UTC; a connector reads no clock of its own.

        Yields:
            Pages in order. The last one of a poll carries the watermark, if the connector has one. A poll with nothing
            new yields one page that only moves the watermark, or none.

        Raises:
            ProducerError: see `producers.errors`; retryable ones end the poll, and the next one starts from the cursor.
        """
        ...

    def close(self) -> None:
        """Release connections; the connector is not used afterwards."""
        ...
