"""The feed connector keeps the contract of a connector, in front of the sandbox's own feed and of feeds that break their word."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import pytest

from producers.errors import ConfigurationError, ContractChangeError
from producers.kit.contract import Connector, Page
from producers.kit.testing import (
    ConnectorContract,
    FakeProvider,
    FakeRequest,
    FakeResponse,
    SampleRecord,
    forward_to,
    without_waiting,
)
from producers.providers.feed.connector import build
from producers.sandbox import feeds
from producers.sandbox.feeds import feed_routes
from producers.sandbox.model import FeedRecord
from producers.sandbox.world import SeededWorld
from reconduit.sources import SourceConfig
from tests.fixtures.bank_statements import ListWorld, serving

TOKEN = "feed-token-for-tests"
NOW = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
WORLD = SeededWorld(3, NOW.date(), 200)


def config(base_url: str, token_file: Path, **options: Any) -> SourceConfig:
    secrets = {"token": {"file": str(token_file)}}
    return SourceConfig(name="gateway", connector="gateway", base_url=base_url, options=options, secrets=secrets)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(TOKEN, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def feed() -> Iterator[Callable[[FakeRequest], FakeResponse]]:
    with serving(feed_routes("gateway", WORLD, lambda: NOW, {"token": TOKEN})) as url:
        yield forward_to(url)


class SampleFeed(ListWorld):
    """A feed that has the records of a case, each in its place in the order of arrival."""

    def __init__(self) -> None:
        super().__init__("", [])
        self.records: Sequence[SampleRecord] = ()
        self.zone: dt.tzinfo = dt.UTC

    def feed(self, name: str, now: dt.datetime) -> Sequence[FeedRecord]:
        return [self._record(record) for record in self.records]

    def complete_through(self, now: dt.datetime) -> dt.datetime:
        return now - dt.timedelta(days=1)

    def payload(self, written: dict[str, Any], record: FeedRecord) -> dict[str, Any]:
        """The sandbox's row with the zone and the fields of the case."""
        fields = {f"S{sample.number}": sample.fields for sample in self.records}[record.record_id]
        return written | {"booked_at": record.booked_at.astimezone(self.zone).isoformat()} | dict(fields)

    def _record(self, sample: SampleRecord) -> FeedRecord:
        return FeedRecord(
            record_id=f"S{sample.number}",
            revision=sample.version,
            account_id="ACC",
            reference=f"PAY{sample.number}",
            amount_minor=sample.amount_minor,
            currency=sample.currency,
            direction="CREDIT" if sample.is_credit else "DEBIT",
            status="SUCCESS",
            channel="UPI",
            transaction_type="PAYMENT",
            booked_at=sample.booked_at,
            value_date=sample.booked_at.date(),
            description=sample.text,
            visible_at=NOW - dt.timedelta(days=5) + dt.timedelta(seconds=sample.arrival),
        )


class TestFeedKeepsTheContract(ConnectorContract):
    connectors = ("core", "gateway", "mobile")
    now = NOW
    secrets: ClassVar[tuple[str, ...]] = (TOKEN,)
    requests_per_poll = 3
    unknown_values = (
        {"direction": "SIDEWAYS"},
        {"status": "MAYBE"},
        {"channel": "PIGEON"},
        {"type": "GIFT"},
        {"currency": "rupees"},
    )
    currencies = ("JPY", "BHD")
    zones = ("Asia/Kolkata", "Europe/Berlin")
    not_applicable: ClassVar[Mapping[str, str]] = {"token_refresh": "the feeds are the company's own and give one token for good"}
    world: ClassVar[SampleFeed]
    upstream: ClassVar[str]

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def sandbox(cls) -> Iterator[None]:
        cls.world, written = SampleFeed(), feeds._payload
        with (
            mock.patch.object(feeds, "_payload", lambda record: cls.world.payload(written(record), record)),
            mock.patch.object(feeds._Arrivals, "until", lambda _, now: sorted(cls.world.feed("gateway", now), key=feeds._arrival)),
            serving(feed_routes("gateway", cls.world, lambda: NOW, {"token": TOKEN})) as cls.upstream,
        ):
            yield

    @pytest.fixture(autouse=True)
    def _given(self, token_file: Path) -> None:
        self._token_file = token_file

    def handler(self, request: FakeRequest) -> FakeResponse:
        self.world.records, self.world.zone = self.listed, self.zone
        return forward_to(self.upstream)(request)

    def build(self, base_url: str) -> Connector:
        return build(config(base_url, self._token_file, page_size=4))


def poll(provider: FakeProvider, token_file: Path, cursor: dict[str, Any] | None = None, now: dt.datetime = NOW) -> list[Page]:
    with closing(build(config(provider.base_url, token_file, page_size=60))) as connector, without_waiting():
        return list(connector.poll(cursor or {}, now))


def test_nothing_new_is_no_page(feed, token_file: Path) -> None:
    with FakeProvider(feed) as provider:
        last = poll(provider, token_file)[-1]
        assert last.statements
        assert poll(provider, token_file, dict(last.cursor)) == []


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"records": {}, "next": "", "has_more": False},
        {"records": [], "has_more": False},
        {"records": [], "next": "", "has_more": "no"},
        {"records": [], "next": "", "has_more": False, "complete_through": "2026-03-04"},
        {"records": [], "next": "", "has_more": False, "complete_through": 5},
    ],
    ids=str,
)
def test_another_shape_is_a_contract_change(body: Any, token_file: Path) -> None:
    with FakeProvider(lambda _: FakeResponse(200, json.dumps(body).encode())) as provider, pytest.raises(ContractChangeError):
        poll(provider, token_file)


def test_a_feed_that_runs_in_circles_is_stopped(token_file: Path) -> None:
    body = json.dumps({"records": [], "next": "same", "has_more": True}).encode()
    with FakeProvider(lambda _: FakeResponse(200, body)) as provider, pytest.raises(ContractChangeError, match="same"):
        poll(provider, token_file)


def test_a_bad_record_is_quarantined_at_a_place_that_stays(token_file: Path) -> None:
    body = {"records": [{"id": "X", "revision": 0, "amount": "12.3.4"}, "nonsense"], "next": "n", "has_more": False}
    with FakeProvider(lambda _: FakeResponse(200, json.dumps(body).encode())) as provider:
        (page,) = poll(provider, token_file)
        (again,) = poll(provider, token_file)
    assert page.fetched == 2
    assert not page.transactions
    assert [bad.position for bad in page.bad] == ["/records#X@0", "/records?after=#1"]
    assert [bad.raw for bad in page.bad] == [json.dumps(record).encode() for record in body["records"]]
    assert page.bad == again.bad


@pytest.mark.parametrize("after", ["%%%", "bm9uc2Vuc2U=", "x"])
def test_a_cursor_that_the_feed_did_not_make_is_refused(feed, token_file: Path, after: str) -> None:
    with FakeProvider(feed) as provider, pytest.raises(ContractChangeError, match="400"):
        poll(provider, token_file, {"after": after})


@pytest.mark.parametrize(
    ("changes", "names"),
    [({"options": {"page_size": 0}}, "page_size"), ({"secrets": {}}, "token"), ({"base_url": ""}, "base_url")],
)
def test_a_wrong_source_is_named(changes: dict[str, Any], names: str, token_file: Path) -> None:
    whole = config("http://127.0.0.1:1", token_file).model_dump() | changes
    with pytest.raises(ConfigurationError, match=names):
        build(SourceConfig.model_validate(whole))
