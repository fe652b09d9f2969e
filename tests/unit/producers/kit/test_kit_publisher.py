"""The publisher against librdkafka's mock cluster, and against no broker at all."""

import datetime as dt
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from producers.errors import PublishError
from producers.kit.contract import Page
from producers.kit.publisher import Publisher
from reconduit.sources import SourceConfig
from schemas.records import CanonicalStatement, CanonicalTransaction, Direction

NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
CONFIG = SourceConfig(name="acme", connector="acme")
PAGE = Page(
    {"n": 1},
    transactions=[
        CanonicalTransaction(
            txn_id=f"acc:{number}",
            source="acme",
            account_id="acc",
            amount_minor=number,
            currency="INR",
            direction=Direction.CREDIT,
            booked_at=NOW,
            ingested_at=NOW,
        )
        for number in range(50)
    ],
)


class TextEncoder:
    """The id is all that these tests look at."""

    def __init__(self, size: int = 1) -> None:
        self.size = size

    def transaction(self, record: CanonicalTransaction) -> bytes:
        return record.txn_id.encode() * self.size

    def statement(self, record: CanonicalStatement) -> bytes:
        return record.statement_id.encode()


@pytest.fixture
def mock_cluster() -> Iterator[str]:
    owner = Producer({"bootstrap.servers": "ignored", "test.mock.num.brokers": 1, "log_level": 0})
    brokers = owner.list_topics(timeout=60).brokers.values()
    yield ",".join(f"{broker.host}:{broker.port}" for broker in brokers)
    del owner


def test_every_record_is_confirmed(mock_cluster: str) -> None:
    publisher = Publisher(mock_cluster, CONFIG, TextEncoder(), mock=True)
    assert publisher.publish(PAGE) == 50
    assert publisher.publish(Page({"n": 2})) == 0
    publisher.close()


def test_a_record_that_the_broker_refuses_fails_the_page_and_the_next_page_works(mock_cluster: str) -> None:
    encoder = TextEncoder(size=400_000)  # 2 MB: over message.max.bytes
    publisher = Publisher(mock_cluster, CONFIG, encoder, mock=True, deadline_seconds=60)
    with pytest.raises(PublishError, match="acme_txns"):
        publisher.publish(PAGE)
    encoder.size = 1
    assert publisher.publish(PAGE) == 50
    publisher.close()


def test_a_delivery_report_that_says_no_fails_the_page(mock_cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher = Publisher(mock_cluster, CONFIG, TextEncoder(), mock=True, deadline_seconds=60)
    with monkeypatch.context() as patch:
        # More partitions than there are: the records for those that are not there come back undelivered.
        sizes = {"acme_txns": 64, "acme_statements": 64}
        patch.setattr("producers.kit.publisher.ensure_topics", lambda *_, **__: sizes)
        with pytest.raises(PublishError, match=r"(not confirmed: .*|Unknown )partition"):
            publisher.publish(PAGE)
    assert publisher.publish(PAGE) == 50
    publisher.close()


def test_no_delivery_report_within_the_deadline_is_an_error(mock_cluster: str) -> None:
    ticks = iter(range(0, 100_000, 20))
    publisher = Publisher(mock_cluster, CONFIG, TextEncoder(), mock=True, deadline_seconds=30, clock=lambda: next(ticks))
    with pytest.raises(PublishError, match="not confirmed"):
        publisher.publish(PAGE)


def test_no_broker_is_a_retryable_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("producers.kit.topics._SECONDS", 0.5)
    publisher = Publisher("127.0.0.1:1", CONFIG, TextEncoder())
    with pytest.raises(PublishError, match="KAFKA_BOOTSTRAP_SERVERS") as caught:
        publisher.publish(PAGE)
    assert caught.value.retryable
