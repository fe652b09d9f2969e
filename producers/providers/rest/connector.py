"""Connector of a source that a file describes.

What a poll reads is a window of time, what is behind the provider's cursor, or the whole listing; for each account where the
listing is made by account. `producers.kit.reading.incremental` drops what was published. The cursor is
`{"listings": {account: {"through", "seen", "after"}}, "complete_through": last watermark published}`.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from producers.errors import ContractChangeError
from producers.kit.contract import BadRecord, Capabilities, Connector, Cursor, Page
from producers.kit.http.quota import TokenBucket
from producers.kit.http.source_tls import source_tls
from producers.kit.http.transport import Transport
from producers.kit.paging import value_at
from producers.kit.reading.incremental import Incremental, TimeWindow
from producers.kit.reading.overlap import fingerprint
from producers.kit.reading.repeated_ids import content_digest
from producers.kit.reading.watermarks import watermark
from producers.kit.record_origin import RecordOrigin
from producers.providers.rest.authentication import credentials_of
from producers.providers.rest.definition import ByCursor, ByTime, RestDefinition
from producers.providers.rest.errors import MappingError
from producers.providers.rest.listing import Listing, ListingPage
from producers.providers.rest.mapping import identity_of, to_transaction
from producers.providers.rest.options import load_definition
from producers.providers.rest.sample import check_sample
from reconduit.sources import SourceConfig
from schemas.errors import SchemaError
from schemas.records import CanonicalStatement, CanonicalTransaction

__all__ = ["RestConnector", "build"]


def build(config: SourceConfig) -> Connector:
    """The connector of a source with `connector: rest`.

    Raises:
        ConfigurationError: the definition is wrong or does not fit its own sample; or an address or a secret is missing.
        SettingsError: a secret cannot be read.
    """
    loaded = load_definition(config)
    check_sample(loaded)
    if not (config.base_url or loaded.definition.base_url):
        loaded.fail((), "base_url is missing, here and in the source")
    return RestConnector(config, loaded.definition)


@dataclass(slots=True)
class _State:
    """What a cursor says of one listing.

    Attributes:
        incremental: what of it was read and published.
        goes_on: the next poll goes on behind the last page.
        after: the provider's token behind the last page, where the next poll goes on behind it.
    """

    incremental: Incremental
    goes_on: bool
    after: str | int | None

    def move_behind(self, page: ListingPage, end: dt.datetime) -> None:
        """Note a page whose records are taken; `end` is the end of its window."""
        if self.goes_on and page.token is not None:
            self.after = page.token
        if page.is_last:
            self.incremental.complete(end)

    def to_json(self) -> dict[str, Any]:
        return self.incremental.to_json() | ({} if self.after is None else {"after": self.after})


class RestConnector:
    """Polls one listing, or one for each account.

    Args:
        config: the source.
        definition: what the provider gives and what it means.
    """

    def __init__(self, config: SourceConfig, definition: RestDefinition) -> None:
        self.capabilities = Capabilities(
            incremental=definition.incremental is not None, revisions=True, watermark=definition.watermark is not None
        )
        self._config = config
        self._definition = definition
        base_url = config.base_url or definition.base_url
        credentials = credentials_of(definition.auth, config, base_url)
        self._transport = Transport(
            base_url,
            auth=credentials.auth,
            headers=credentials.headers,
            quota=TokenBucket(definition.requests_per_second),
            metrics_source=config.name,
            tls=source_tls(config),
        )
        self._listing = Listing(definition, self._transport, config.name)

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        """Everything new since the cursor, account by account; the last page carries the watermark when it moved.

        Raises:
            ContractChangeError: an answer does not have the shape that the definition describes.
            ConfigurationError: there are more records to remember than `remember`.
            ProducerError: as `producers.kit.http.transport.Transport.document`.
        """
        stored = cursor.get("listings", {})
        states = {account: self._state(stored.get(account, {})) for account in self._definition.accounts or ("",)}
        known = cursor.get("complete_through")
        read: list[dt.datetime] = []
        for account, state in states.items():
            for page, end, is_end in self._pages(account, state, now):
                good, bad = self._take(page, account, state, now)
                state.move_behind(page, end)
                marks: list[CanonicalStatement] = []
                if is_end:
                    read += self._complete_through(page.value, now)
                    if account == list(states)[-1] and read and (known is None or min(read) > dt.datetime.fromisoformat(known)):
                        known = min(read).isoformat()
                        marks.append(watermark(self._config, min(read), now))
                position = {"listings": {name: one.to_json() for name, one in states.items()}, "complete_through": known}
                yield Page(position, good, marks, bad, [page.raw] if good or bad else [], fetched=len(page.records))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    @property
    def _by_cursor(self) -> bool:
        return isinstance(self._definition.incremental, ByCursor)

    def _state(self, stored: Mapping[str, Any]) -> _State:
        definition = self._definition
        return _State(
            Incremental(
                stored,
                overlap=definition.incremental.overlap if definition.incremental is not None else dt.timedelta(0),
                limit=definition.remember,
                versioned=definition.fields.revision is not None,
            ),
            goes_on=self._by_cursor,
            after=stored.get("after"),
        )

    def _pages(self, account: str, state: _State, now: dt.datetime) -> Iterator[tuple[ListingPage, dt.datetime, bool]]:
        """The pages of one poll of a listing, the end of the time that each belongs to, and whether it is the very last."""
        windows: list[TimeWindow | None] = [None]
        if isinstance(by_time := self._definition.incremental, ByTime):
            windows = list(state.incremental.windows(now, start=by_time.start, longest=by_time.window))
        for window in windows:
            for page in self._listing.pages(account, window, state.after):
                yield page, window.end if window else now, page.is_last and window is windows[-1]

    def _take(
        self, page: ListingPage, account: str, state: _State, now: dt.datetime
    ) -> tuple[list[CanonicalTransaction], list[BadRecord]]:
        """Canonical records and quarantine of a page, without what was published."""
        good: list[CanonicalTransaction] = []
        bad: list[BadRecord] = []
        contents: dict[str, bytes] = {}
        for index, record in enumerate(page.records):
            origin = RecordOrigin(self._config.name, self._config.tenant_id, account, f"{page.raw.sha256}#{index}", now)
            try:
                transaction = to_transaction(record, self._definition.fields, origin)
                at = self._time_of(record, transaction, now)
                self._refuse_repetition(transaction, contents)
                taken = state.incremental.take(transaction, at)
                good += [] if taken is None else [taken]
            except (MappingError, SchemaError) as error:
                refused = self._bad(record, account, error)
                known = state.incremental.take_bad(refused, now)
                bad += [] if known is None else [known]
        return good, bad

    def _refuse_repetition(self, transaction: CanonicalTransaction, contents: dict[str, bytes]) -> None:
        """Refuse an id that stands for two contents on one page: no change explains it, so the id does not tell records apart.

        In order of arrival, or with the provider's own revision, a record may well be on one page in several versions.
        """
        content = fingerprint(transaction)
        is_change = self._by_cursor or self._definition.fields.revision is not None
        if contents.setdefault(transaction.txn_id, content) != content and not is_change:
            raise MappingError(
                "id", "repeated_id", f"{transaction.txn_id} has two contents on one page; join what tells them apart"
            )

    def _time_of(self, record: Any, transaction: CanonicalTransaction, now: dt.datetime) -> dt.datetime:
        """The time by which a record is remembered."""
        incremental = self._definition.incremental
        if isinstance(incremental, ByCursor):
            return now
        if not isinstance(incremental, ByTime) or incremental.field is None:
            return transaction.booked_at
        try:
            return incremental.read(value_at(record, incremental.field))
        except ValueError as error:
            raise MappingError("incremental", "time", f"{incremental.field}: {error}") from error

    def _bad(self, record: Any, account: str, error: MappingError | SchemaError) -> BadRecord:
        raw = json.dumps(record, ensure_ascii=False, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
        # The place in an answer changes from poll to poll; the id and the content do not.
        name = f"{identity_of(record, self._definition.fields) or 'no-id'}:{content_digest(raw.decode('utf-8', 'surrogatepass'))}"
        position = f"{self._definition.request.path}#{account}/{name}" if account else f"{self._definition.request.path}#{name}"
        reason = error.reason if isinstance(error, MappingError) else "malformed_record"
        return BadRecord(reason, f"source {self._config.name}: {error}", position, raw)

    def _complete_through(self, value: Any, now: dt.datetime) -> list[dt.datetime]:
        """Through when a listing is complete that was read to its end; nothing where nobody says."""
        rule = self._definition.watermark
        if rule is None:
            return []
        if rule.field is None:
            return [now - rule.lag] if rule.lag is not None else []
        try:
            return [rule.read(value_at(value, rule.field))]
        except ValueError as error:
            raise ContractChangeError(f"source {self._config.name}: watermark: {rule.field}: {error}") from error
