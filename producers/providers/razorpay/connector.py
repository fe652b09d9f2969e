"""Razorpay as a source: polls settlement recon by IST day, with an overlap, until every row of a day is settled.

Its cursor is what `producers.kit.reading.read_progress` keeps. A day is final when it is over and all its rows are settled into a
payout whose UTR is known; the others are read again for `unresolved_days`.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from producers.errors import FieldError
from producers.kit.contract import BadRecord, Capabilities, Cursor, Page, RawObject
from producers.kit.http.transport import RetryPolicy
from producers.kit.reading.day_windows import IST, complete_through, local_day
from producers.kit.reading.read_progress import ReadProgress
from producers.kit.reading.watermarks import watermark
from producers.kit.record_origin import RecordOrigin
from producers.providers.razorpay.mapping import encode_row, peculiarities, row_to_transaction
from producers.providers.razorpay.options import RazorpayOptions, load_options
from producers.providers.razorpay.recon_api import RECON_PATH, ReconApi, build_api
from reconduit.sources import SourceConfig
from schemas.records import CanonicalTransaction, Status

__all__ = ["RazorpayConnector", "build"]

_log = structlog.get_logger(__name__)

_Record = CanonicalTransaction | BadRecord

_SETTLEMENT_LEAD = dt.timedelta(days=7)
"""A settlement is created before the day on which its rows are listed as settled, by less than this."""


@dataclass(slots=True)
class _Utrs:
    """UTR by settlement id, and the responses that say so."""

    by_settlement: dict[str, str] = field(default_factory=dict)
    raw: list[RawObject] = field(default_factory=list)


class RazorpayConnector:
    """Polls one merchant account. Holds no state between polls but its connections."""

    capabilities = Capabilities(incremental=True, revisions=True, statements=False, watermark=True)

    def __init__(self, config: SourceConfig, options: RazorpayOptions, api: ReconApi) -> None:
        self._config = config
        self._options = options
        self._api = api

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        """New and newly settled rows, one page per day that changed; then a page with the watermark when it moved.

        Raises:
            ProducerError: see `producers.errors`.
        """
        state = ReadProgress.load(cursor, own_revisions=True)
        today = local_day(now, IST)
        days = self._days(state, today)
        utrs = self._read_utrs(days[0], now)
        for day in days:
            page = self._day(day, utrs, state, now)
            state.read_through = max(day, state.read_through or day)
            if page is not None:
                yield replace(page, cursor=state.dump())
        state.days.forget_before(
            today - dt.timedelta(days=self._options.overlap_days),
            not_final_before=today - dt.timedelta(days=self._options.unresolved_days),
        )
        through = complete_through(today, IST, self._options.complete_lag_days)
        if through != state.complete_through:
            state.complete_through = through
            yield Page(state.dump(), statements=[watermark(self._config, through, now, account_id=self._options.account_id)])

    def close(self) -> None:
        """Release the connections."""
        self._api.close()

    def _days(self, state: ReadProgress, today: dt.date) -> list[dt.date]:
        """What is new, the overlap before it, and older days that still wait for a settlement; in order."""
        first = state.first_day(today, start_days=self._options.start_days, overlap_days=self._options.overlap_days)
        waiting = [day for day in state.days.not_final() if day < first]
        return [*waiting, *(first + dt.timedelta(days=n) for n in range((today - first).days + 1))]

    def _read_utrs(self, first: dt.date, now: dt.datetime) -> _Utrs:
        start = dt.datetime.combine(first, dt.time(), IST) - _SETTLEMENT_LEAD
        utrs = _Utrs()
        for items, raw in self._api.settlements(start, now):
            utrs.raw.append(raw)
            for item in items:
                if isinstance(item, Mapping) and item.get("id") and item.get("utr"):
                    utrs.by_settlement[str(item["id"])] = str(item["utr"])
        return utrs

    def _day(self, day: dt.date, utrs: _Utrs, state: ReadProgress, now: dt.datetime) -> Page | None:
        """What of a day is not published yet; None for nothing."""
        rows: list[tuple[object, str]] = []
        raw: list[RawObject] = []
        for items, original in self._api.day(day):
            raw.append(original)
            rows += [(item, f"{original.sha256}#{index}") for index, item in enumerate(items)]
        known_utrs = utrs.by_settlement | _utrs_of_rows(row for row, _ in rows)
        records = self._records(day, rows, known_utrs, now)
        is_final = day < local_day(now, IST) and all(_is_settled(record) for record in records)
        fresh = state.days.take(day, records, final=is_final)
        if not fresh:
            return None
        self._warn(fresh, rows)
        return Page(
            {},
            transactions=[record for record in fresh if isinstance(record, CanonicalTransaction)],
            bad=[record for record in fresh if isinstance(record, BadRecord)],
            raw=[*raw, *utrs.raw],
            fetched=len(rows),
        )

    @staticmethod
    def _warn(fresh: Iterable[_Record], rows: Sequence[tuple[object, str]]) -> None:
        """Log what is odd about the records that are about to be published; at each poll it would be noise."""
        by_reference = {raw_ref: row for row, raw_ref in rows}
        for record in fresh:
            row = by_reference.get(record.raw_ref or "") if isinstance(record, CanonicalTransaction) else None
            if isinstance(row, Mapping) and isinstance(record, CanonicalTransaction):
                for text in peculiarities(row, record):
                    _log.warning("razorpay row is peculiar", source=record.source, txn_id=record.txn_id, detail=text)

    def _records(
        self, day: dt.date, rows: Iterable[tuple[object, str]], utrs: Mapping[str, str], now: dt.datetime
    ) -> list[_Record]:
        """The day's rows, good and bad, each entity once."""
        address = f"{RECON_PATH}?year={day.year}&month={day.month}&day={day.day}"
        found: dict[str, _Record] = {}
        for row, raw_ref in rows:
            origin = RecordOrigin(self._config.name, self._config.tenant_id, self._options.account_id, raw_ref, now)
            raw = encode_row(row)
            name = _row_name(row, raw)
            try:
                record = row_to_transaction(_as_mapping(row), utrs, origin)
            except FieldError as error:
                found.setdefault(f"bad {name}", BadRecord(error.reason, str(error), f"{address}#{name}", raw))
                continue
            first = found.setdefault(record.txn_id, record)
            if isinstance(first, CanonicalTransaction) and not _says_the_same(first, record):
                detail = f"{name} is listed twice with different money or settlement; ask Razorpay which row is right"
                found[f"bad {name}"] = BadRecord("repeated_entity", detail, f"{address}#{name}", raw)
        return list(found.values())


def _as_mapping(row: object) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        raise FieldError("shape", f"a recon row is a {type(row).__name__}, an object is due")
    return row


def _row_name(row: object, raw: bytes) -> str:
    """The entity id, else a digest: the place in a page changes from poll to poll."""
    entity_id = row.get("entity_id") if isinstance(row, Mapping) else None
    return str(entity_id) if entity_id else hashlib.sha256(raw).hexdigest()[:16]


def _says_the_same(first: CanonicalTransaction, second: CanonicalTransaction) -> bool:
    return replace(first, raw_ref=None) == replace(second, raw_ref=None)


def _is_settled(record: _Record) -> bool:
    """A row in quarantine is not waited for."""
    return isinstance(record, BadRecord) or record.status is not Status.PENDING


def _utrs_of_rows(rows: Iterable[object]) -> dict[str, str]:
    """What sibling rows of a settlement say of its UTR; adjustments leave it out."""
    return {
        str(row["settlement_id"]): str(row["settlement_utr"])
        for row in rows
        if isinstance(row, Mapping) and row.get("settlement_id") and row.get("settlement_utr")
    }


def build(config: SourceConfig, *, retry: RetryPolicy | None = None) -> RazorpayConnector:
    """The connector of a source with `connector: razorpay`.

    Args:
        config: the source; see `producers.providers.razorpay.options` for options and secrets.
        retry: how calls are repeated; the kit's policy when None.

    Raises:
        ConfigurationError: an option is wrong.
        SettingsError: a secret cannot be read.
    """
    options = load_options(config)
    return RazorpayConnector(config, options, build_api(config, options, retry=retry))
