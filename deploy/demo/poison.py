"""Two messages that no writer of ours would send, so that the demo shows what becomes of them."""

from confluent_kafka import Producer

from deploy.errors import ServiceUnavailableError
from reconduit.sources import SourceConfig
from schemas.catalogue import TRANSACTION
from schemas.registry import SchemaIds
from schemas.wire import HEADER

__all__ = ["POISONED", "plant_poison"]

POISONED = "core"
"""The source whose topic gets them."""

_UNKNOWN_ID = 999_999
_SECONDS = 30


def plant_poison(bootstrap_servers: str, source: SourceConfig, ids: SchemaIds) -> None:
    """Append a body that is no Avro, and one whose schema nobody registered, to the source's topic; waits for the delivery.

    Raises:
        ServiceUnavailableError: Kafka did not confirm them in time.
    """
    producer = Producer({"bootstrap.servers": bootstrap_servers, "acks": "all", "enable.idempotence": True})
    for schema_id, body in ((ids.id_of(TRANSACTION), b"\xffnot avro"), (_UNKNOWN_ID, b"written by somebody else")):
        producer.produce(source.transactions_topic, HEADER.pack(0, schema_id) + body, partition=0)
    if producer.flush(_SECONDS):
        raise ServiceUnavailableError(f"{source.transactions_topic}: Kafka did not confirm within {_SECONDS} s")
