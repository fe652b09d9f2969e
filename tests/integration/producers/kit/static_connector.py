"""A connector without a provider, for producer processes that tests kill: three pages of records, always the same ones."""

import datetime as dt
import time
from collections.abc import Iterator
from hashlib import sha256

from producers.kit.contract import BadRecord, Capabilities, Cursor, Page, RawObject
from reconduit.sources import SourceConfig
from schemas.records import CanonicalStatement, CanonicalTransaction, Direction, StatementKind

PAGES, ROWS = 3, 40
BOOKED = dt.datetime(2026, 1, 15, 9, 30, tzinfo=dt.UTC)


class StaticConnector:
    """Page `n` has rows `n * ROWS` and on; `options.hang` lets the poll block instead, `options.refuse` lets it fail."""

    capabilities = Capabilities(statements=True)

    def __init__(self, config: SourceConfig) -> None:
        self._config = config

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        if self._config.options.get("hang"):
            print("hanging", flush=True)
            time.sleep(600)
        for number in range(int(cursor.get("page", 0)), PAGES):
            content = f"original of page {number}".encode()
            raw = RawObject(sha256(content).hexdigest(), content, "text/plain")
            rows = range(number * ROWS, (number + 1) * ROWS)
            watermark = CanonicalStatement(
                statement_id=f"through-{number}",
                source=self._config.name,
                kind=StatementKind.WATERMARK,
                complete_through=BOOKED,
                ingested_at=now,
            )
            yield Page(
                {"page": number + 1},
                transactions=[self._record(row, raw.sha256, now) for row in rows],
                statements=[watermark],
                bad=[BadRecord("amount", "not a number: 'x'", f"page/{number}#0", b'{"amount": "x\x00"}')],
                raw=[raw],
                fetched=ROWS + 1,
                files=[{"sha256": raw.sha256, "path": f"p{number}", "size": len(content), "outcome": "published", "entries": ROWS}],
            )

    def _record(self, row: int, raw: str, now: dt.datetime) -> CanonicalTransaction:
        return CanonicalTransaction(
            txn_id=f"acc:{row}",
            source=self._config.name,
            account_id="acc",
            amount_minor=100 + row,
            currency="INR",
            direction=Direction.DEBIT,
            booked_at=BOOKED,
            reference_number=f"REF {row:06d}",
            raw_ref=raw,
            ingested_at=now,
        )

    def close(self) -> None:
        """Nothing to release."""


def build(config: SourceConfig) -> StaticConnector:
    return StaticConnector(config)
