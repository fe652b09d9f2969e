"""From the rows of one page of a bank's statement to booked rows and bad ones, under ids that stay what they are."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from producers.errors import RecordError
from producers.kit.contract import BadRecord, RawObject
from producers.kit.reading.repeated_ids import RepeatedIds, content_digest
from producers.kit.record_origin import RecordOrigin
from producers.kit.statements.statement_poll import BookedRow, WindowContent
from producers.kit.statements.statement_row import StatementRow, row_to_transaction
from reconduit.sources import SourceConfig

__all__ = ["StatementRows", "canonical_json"]


def canonical_json(value: Any) -> bytes:
    """A row's JSON, the same bytes for equal rows."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementRows:
    """How one bank's rows are read.

    Attributes:
        config: the source.
        bank_code: first four letters of the bank's IFSC.
        currency: of the accounts.
        zone: of the bank's booking days.
        read: a row's fields; raises `RecordError`.
        path: of the statement call, for positions in quarantine.
        way_out: what a person does about a row that cannot be read, for its detail.
        bad_name: names a bad row in its position, in front of the digest of its content; empty for nothing.
    """

    config: SourceConfig
    bank_code: str
    currency: str
    zone: dt.tzinfo
    read: Callable[[Any], StatementRow]
    path: str
    way_out: str
    bad_name: Callable[[Any], str] = lambda _: ""

    def keep(
        self,
        content: WindowContent,
        plain: bytes,
        rows: Iterable[tuple[int, Any]],
        *,
        account: str,
        ids: RepeatedIds,
        now: dt.datetime,
    ) -> None:
        """Add the rows of one page to a window.

        Args:
            content: of the window, changed in place.
            plain: the page's original; kept if it has rows.
            rows: rows and their places in the page.
            account: account number.
            ids: ids of repeats in this window.
            now: time of the poll, aware UTC.
        """
        listed = list(rows)
        if not listed:
            return
        raw = RawObject(hashlib.sha256(plain).hexdigest(), plain, "application/json")
        content.raw.append(raw)
        content.fetched += len(listed)
        for index, element in listed:
            raw_ref = f"{raw.sha256}#{index}"
            try:
                row = self.read(element)
            except RecordError as error:
                content.bad.append(self._bad(account, element, f"{error} (original {raw_ref})"))
                continue
            balance = row.balance_row(self.zone)
            record_id = ids.record_id(row.provider_id, balance.day, row.content)
            if not row.has_own_id and record_id == row.provider_id:
                # A digest always has its ordinal, so that the second of two equal rows does not rename the first.
                record_id = f"{record_id}-0"
            origin = RecordOrigin(self.config.name, self.config.tenant_id, account, raw_ref, now)
            transaction = row_to_transaction(row, origin, bank_code=self.bank_code, currency=self.currency, record_id=record_id)
            content.booked.append(BookedRow(transaction, balance))

    def _bad(self, account: str, element: Any, detail: str) -> BadRecord:
        raw = canonical_json(element)
        # The row's place in a window changes from poll to poll; its content does not.
        name = f"{self.bad_name(element)}{content_digest(raw.decode('utf-8', 'surrogatepass'))}"
        return BadRecord(
            reason="malformed_row",
            detail=f"{self.config.name} {account}: {detail}; {self.way_out}",
            position=f"{self.path}#{account}/{name}",
            raw=raw,
        )
