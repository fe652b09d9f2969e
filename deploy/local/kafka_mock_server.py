"""Host librdkafka's mock cluster in one process: `python -m deploy.local.kafka_mock_server --bootstrap-file FILE`.

The mock keeps 5 MiB a partition and drops the oldest batches in silence while delivery reports succeed (streaming reference,
"librdkafka mock broker"). So this process watches every partition and ends with an error as soon as one has lost its beginning:
a broker that is gone is noticed, a lost record is not.
"""

import argparse
import logging
import sys
from pathlib import Path

from confluent_kafka import Consumer, KafkaException, TopicPartition

from deploy.errors import DeployError

__all__ = ["dropped", "main", "start"]

_LOOK_SECONDS = 1.0
_ANSWER_SECONDS = 60


def start(brokers: int) -> tuple[Consumer, str]:
    """Start the cluster; it lives as long as the returned client. The text is its bootstrap servers."""
    host = Consumer(
        {"bootstrap.servers": "127.0.0.1:1", "test.mock.num.brokers": brokers, "group.id": "mock-host", "log_level": 0},
        logger=logging.getLogger(__name__),
    )
    found = host.list_topics(timeout=_ANSWER_SECONDS).brokers.values()
    return host, ",".join(f"{broker.host}:{broker.port}" for broker in sorted(found, key=lambda broker: broker.id))


def dropped(host: Consumer) -> list[str]:
    """The partitions (`topic/number`) whose oldest records the mock has thrown away."""
    lost = []
    for topic in host.list_topics(timeout=_ANSWER_SECONDS).topics.values():
        for number in topic.partitions:
            low, _ = host.get_watermark_offsets(TopicPartition(topic.topic, number), timeout=_ANSWER_SECONDS)
            if low > 0:
                lost.append(f"{topic.topic}/{number}")
    return lost


def main() -> None:
    """Serve until killed, or until a record was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bootstrap-file", type=Path, required=True, help="file that receives the bootstrap servers")
    parser.add_argument("--brokers", type=int, default=1, help="number of mock brokers (default 1)")
    options = parser.parse_args()
    print("this is librdkafka's MOCK cluster, not Apache Kafka: 5 MiB a partition, nothing survives a stop", flush=True)
    host, bootstrap = start(options.brokers)
    whole = options.bootstrap_file.with_suffix(".part")
    whole.write_text(bootstrap, encoding="ascii")
    whole.replace(options.bootstrap_file)
    print(f"bootstrap servers: {bootstrap}", flush=True)
    while True:
        host.poll(_LOOK_SECONDS)
        try:
            lost = dropped(host)
        except KafkaException as error:
            raise DeployError(f"the mock cluster does not answer its own host: {error}") from error
        if lost:
            sys.exit(
                f"the mock cluster is full and dropped records of {', '.join(lost)}; install Java and Maven, or use fewer records"
            )


if __name__ == "__main__":
    main()
