"""What every case of the test-kit has: a provider whose records the case changes, and connectors that poll it."""

import datetime as dt
import functools
import json
import zoneinfo
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any, ClassVar, TypeVar
from unittest import SkipTest

from producers.errors import ProducerError
from producers.kit.contract import BadRecord, Connector, Cursor, Page
from producers.kit.fake_provider import FakeProvider, FakeRequest, FakeResponse
from producers.kit.testing.sample import SampleRecord, sample_records
from producers.kit.testing.waiting import without_waiting
from schemas.records import CanonicalTransaction

__all__ = ["Identity", "Scenario", "bad_records", "contents", "expected", "identities", "money", "optional", "transactions"]

Identity = tuple[str, int]
"""Id and revision: what the log must never hold with two contents."""

S = TypeVar("S", bound="Scenario")


class Scenario:
    """The provider's side of a connector under test; subclasses of `ConnectorContract` fill it in.

    Attributes:
        connectors: names in `producers.kit.registry` that stand for what `build` builds; none for a connector that does not ship.
        now: time of the polls, aware UTC.
        secrets: the secret values that the connector is built with.
        token_paths: paths of the provider's token endpoint, which the data faults leave alone.
        requests_per_poll: data requests that one poll of `samples()` from the beginning takes, as the provider documents its
            paging: so a request for a page after the last one is seen.
        unknown_values: for the case `unknown_values`, each a change of the provider's own row to a value that nobody documents.
        currencies: for the case `currency_decimals`: one without decimals and one with three at least.
        zones: IANA names of zones that the provider may write its times in; the first one is `zone` at first.
        not_applicable: name of a case without `test_` → why it cannot hold for this connector, as a sentence.
        listed: what the provider has at the moment; `handler` answers from it.
        currency: of the account; a connector that is told the currency of its account takes it from here.
        zone: in which the provider writes times; a connector that is told the zone takes it from here.
    """

    connectors: ClassVar[tuple[str, ...]] = ()
    now: dt.datetime
    secrets: ClassVar[tuple[str, ...]] = ()
    token_paths: ClassVar[tuple[str, ...]] = ()
    requests_per_poll: ClassVar[int | None] = None
    unknown_values: ClassVar[tuple[Mapping[str, Any], ...]] = ()
    currencies: ClassVar[tuple[str, ...]] = ()
    zones: ClassVar[tuple[str, ...]] = ("UTC",)
    not_applicable: ClassVar[Mapping[str, str]] = {}

    listed: Sequence[SampleRecord] = ()
    currency: str = "INR"
    _zone: str | None = None

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The zone of the case under way."""
        return zoneinfo.ZoneInfo(self._zone or self.zones[0])

    def handler(self, request: FakeRequest) -> FakeResponse:
        """The provider's answer to a request, from `listed`."""
        raise NotImplementedError

    def build(self, base_url: str) -> Connector:
        """A new connector for the provider at `base_url`, as after a restart."""
        raise NotImplementedError

    def samples(self) -> list[SampleRecord]:
        """The records of most cases."""
        return sample_records(self.now, self.currency)

    def show(self, records: Sequence[SampleRecord]) -> None:
        """Make the provider have these records from now on."""
        self.listed = list(records)

    def is_data(self, request: FakeRequest) -> bool:
        """Whether a request is for data rather than for a token."""
        return not any(request.path.startswith(path) for path in self.token_paths)

    @contextmanager
    def provider(self, records: Sequence[SampleRecord] | None = None) -> Iterator[FakeProvider]:
        """The provider with `records`, or with the samples; its waits are taken out."""
        self.show(self.samples() if records is None else records)
        with FakeProvider(self.handler) as provider, without_waiting():
            yield provider

    @contextmanager
    def provider_that_changes(self, records: Sequence[SampleRecord], *, after: int) -> Iterator[FakeProvider]:
        """The provider with the samples, which has `records` from its answer number `after` on."""
        self.show(self.samples())
        answered = 0

        def handler(request: FakeRequest) -> FakeResponse:
            nonlocal answered
            given = self.handler(request)
            if self.is_data(request):
                answered += 1
                if answered == after:
                    self.show(records)
            return given

        with FakeProvider(handler) as provider, without_waiting():
            yield provider

    def poll(self, provider: FakeProvider, cursor: Cursor | None = None, pages: int | None = None) -> list[Page]:
        """Pages of one poll by a fresh connector, which must not fail; only the first `pages` when given."""
        found: list[Page] = []
        try:
            self.poll_into(found, provider, cursor, pages)
        except ProducerError as error:
            raise AssertionError(f"the poll failed: {error!r}") from error
        return found

    def poll_into(self, found: list[Page], provider: FakeProvider, cursor: Cursor | None = None, pages: int | None = None) -> None:
        """As `poll`, into a list that keeps the pages before an error."""
        with closing(self.build(provider.base_url)) as connector:
            for page in connector.poll(json.loads(json.dumps(dict(cursor or {}))), self.now):
                found.append(page)
                if len(found) == pages:
                    break

    def poll_on(self, provider: FakeProvider, pages: Sequence[Page]) -> list[Page]:
        """The next poll by a fresh connector, from behind `pages`."""
        return self.poll(provider, pages[-1].cursor if pages else None)

    def error_of(self, pages: list[Page], provider: FakeProvider) -> ProducerError | None:
        """The error that a poll ends with, None when it does not; `pages` keeps what came before."""
        try:
            self.poll_into(pages, provider)
        except ProducerError as error:
            return error
        return None


def optional(case: Callable[[S], None]) -> Callable[[S], None]:
    """A case that a connector may declare not applicable; it is then shown as skipped, with the reason."""

    @functools.wraps(case)
    def run(scenario: S) -> None:
        reason = scenario.not_applicable.get(case.__name__.removeprefix("test_"))
        if reason is not None:
            raise SkipTest(f"not applicable: {reason}")
        case(scenario)

    run.is_optional = True  # type: ignore[attr-defined]
    return run


def transactions(pages: Iterable[Page]) -> list[CanonicalTransaction]:
    """Every transaction of the pages, in order."""
    return [record for page in pages for record in page.transactions]


def bad_records(pages: Iterable[Page]) -> list[BadRecord]:
    """Every record for quarantine of the pages, in order."""
    return [bad for page in pages for bad in page.bad]


def identities(pages: Iterable[Page]) -> list[Identity]:
    """Id and revision of every transaction, in order."""
    return [(record.txn_id, record.revision) for record in transactions(pages)]


def contents(pages: Iterable[Page]) -> dict[Identity, dict[str, Any]]:
    """The fields of each identity, without the time and the place of the fetch.

    Raises:
        AssertionError: an identity stands for two contents.
    """
    found: dict[Identity, dict[str, Any]] = {}
    for record in transactions(pages):
        fields = record.to_avro() | {"ingested_at": None, "raw_ref": None}
        same = found.setdefault((record.txn_id, record.revision), fields)
        assert same == fields, f"{record.txn_id} revision {record.revision} stands for two contents"
    return found


def money(pages: Iterable[Page]) -> Counter[tuple[int, str]]:
    """Amount and currency of each record, repetitions and earlier revisions of it left out."""
    latest: dict[str, CanonicalTransaction] = {}
    for record in transactions(pages):
        known = latest.get(record.txn_id)
        if known is None or record.revision >= known.revision:
            latest[record.txn_id] = record
    return Counter((record.amount_minor, record.currency) for record in latest.values())


def expected(records: Iterable[SampleRecord]) -> Counter[tuple[int, str]]:
    """What `money` is of a provider that has `records`, each once."""
    return Counter((record.amount_minor, record.currency) for record in records)
