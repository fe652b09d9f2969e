import multiprocessing
import time
from pathlib import Path

import pytest

from deploy.errors import DeployError
from deploy.local.kafka_jars import cache_folder, kafka_jars


def slow_fetch(target: Path, log: Path) -> None:
    """Stands in for Maven: takes a while, and notes that it ran."""
    (target / "half.jar").write_text("")
    time.sleep(0.5)
    (target / "kafka_2.13-4.3.0.jar").write_text("")
    with (log.parent / "fetches").open("a") as count:
        count.write("x")


def ask(folder: str) -> None:
    found = kafka_jars(lambda line: None, folder=Path(folder), fetch=slow_fetch)
    assert (found / "kafka_2.13-4.3.0.jar").exists()


def test_of_several_processes_one_fetches(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=ask, args=(str(tmp_path / "kafka"),)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert (tmp_path / "fetches").read_text() == "x"


def test_a_fetch_that_fails_leaves_no_folder_and_the_next_succeeds(tmp_path: Path) -> None:
    def fail(target: Path, log: Path) -> None:
        (target / "half.jar").write_text("")
        raise DeployError("no network")

    with pytest.raises(DeployError, match="no network"):
        kafka_jars(lambda line: None, folder=tmp_path / "kafka", fetch=fail)
    assert not (tmp_path / "kafka").exists()
    said: list[str] = []
    folder = kafka_jars(said.append, folder=tmp_path / "kafka", fetch=slow_fetch)
    assert sorted(file.name for file in folder.iterdir()) == ["half.jar", "kafka_2.13-4.3.0.jar"]
    assert len(said) == 1
    assert not list(tmp_path.glob("*.part-*"))


def test_a_fetch_without_kafka_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="no Kafka jar"):
        kafka_jars(lambda line: None, folder=tmp_path / "kafka", fetch=lambda target, log: None)
    assert not (tmp_path / "kafka").exists()


def test_a_cached_folder_is_used_in_silence(tmp_path: Path) -> None:
    (tmp_path / "kafka").mkdir()
    assert kafka_jars(pytest.fail, folder=tmp_path / "kafka") == tmp_path / "kafka"


def test_the_cache_is_where_the_desktop_standard_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "reconduit" / "kafka-4.3.0"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "reconduit" / "kafka-4.3.0"
