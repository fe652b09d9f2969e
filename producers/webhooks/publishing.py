"""Events of webhooks on `<source>_events`: the body as it came, in a CloudEvents envelope."""

import datetime as dt
from collections.abc import Iterable

from producers.kit.auth.envelope import Address, new_traceparent
from producers.kit.publisher import Publisher
from reconduit.sources import SourceConfig
from reconduit.webhooks.events import StoredEvent, events_topic
from schemas.keys import hash64
from schemas.wire import WireEncoder

__all__ = ["EventPublisher", "event_address"]

_TYPE = "reconduit.webhook.v1"


class EventPublisher:
    """Publishes events of any source.

    Args:
        bootstrap: Kafka's bootstrap servers.
        partitions: of topics that do not exist yet.
        mock: the broker is librdkafka's mock cluster.
    """

    def __init__(self, bootstrap: str, *, partitions: int = 6, mock: bool = False) -> None:
        self._bootstrap = bootstrap
        self._partitions = partitions
        self._mock = mock
        self._publishers: dict[tuple[str, str], Publisher] = {}

    def publish(self, tenant: str, source: str, events: Iterable[StoredEvent]) -> None:
        """Publish, and wait until every event is confirmed.

        Raises:
            PublishError: Kafka is away, or did not confirm in time; some may be in the topic all the same.
        """
        if (tenant, source) not in self._publishers:
            config = SourceConfig(name=source, connector="webhook", tenant_id=tenant)
            self._publishers[tenant, source] = Publisher(
                self._bootstrap, config, WireEncoder(), partitions=self._partitions, mock=self._mock
            )
        trace = new_traceparent()
        messages = ((event_address(tenant, source, event, trace), event.raw) for event in events)
        self._publishers[tenant, source].publish_to(events_topic(source), messages)

    def close(self) -> None:
        """Drop every connection."""
        for publisher in self._publishers.values():
            publisher.close()
        self._publishers = {}


def event_address(tenant: str, source: str, event: StoredEvent, traceparent: str) -> Address:
    """Keyed by the event, so that its replays follow it; `ce_id` is the same in all of them, `ce_publication` counts from 1."""
    pairs = [
        ("ce_specversion", "1.0"),
        ("ce_id", f"{tenant}/{source}/{event.provider}/{event.event_key}"),
        ("ce_source", f"/{tenant}/{source}"),
        ("ce_type", _TYPE),
        ("ce_time", event.received_at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")),
        ("ce_provider", event.provider),
        ("ce_publication", str(event.publications + 1)),
        ("content-type", event.headers.get("content-type", "application/octet-stream")),
        ("traceparent", traceparent),
    ]
    if event.event_type is not None:
        pairs.append(("ce_providertype", event.event_type))
    return Address(event.event_key.encode(), hash64(event.event_key), tuple((name, text.encode()) for name, text in pairs))
