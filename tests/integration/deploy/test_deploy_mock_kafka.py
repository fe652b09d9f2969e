from pathlib import Path

import pytest
from confluent_kafka import Producer

from deploy.local import services as services_module
from deploy.local.kafka_mock import mock_kafka
from deploy.local.services import local_services
from tests.fixtures.waiting import eventually


def test_without_java_the_mock_serves_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services_module, "can_run_kafka", lambda: False)
    monkeypatch.delenv("KAFKA_BOOTSTRAP_SERVERS", raising=False)
    said: list[str] = []
    with local_services(tmp_path, postgres=False, progress=said.append) as services:
        assert services.kafka_kind == "mock"
        assert services.environment()["RECONDUIT_KAFKA_MOCK"] == "1"
        producer = Producer({"bootstrap.servers": str(services.kafka_bootstrap_servers)})
        producer.produce("some_txns", b"value")
        assert producer.flush(60) == 0
        log = (services.directory / "logs" / "kafka-mock.log").read_text()
        assert "MOCK" in log.splitlines()[0]
    assert "MOCK" in said[0]


def test_the_mock_ends_rather_than_lose_a_record_in_silence(tmp_path: Path) -> None:
    with mock_kafka(tmp_path, progress=lambda line: None) as bootstrap:
        producer = Producer({"bootstrap.servers": bootstrap, "log_level": 0, "linger.ms": 50})
        for _ in range(7):
            for _ in range(1000):
                producer.produce("full", b"x" * 1000, partition=0)
            producer.flush(15)
        log = tmp_path / "logs" / "kafka-mock.log"
        eventually(lambda: "dropped records" in log.read_text(), log.read_text)
        assert "dropped records of full/0" in log.read_text()
