"""What producers leave of their metrics in the folder of their supervisor."""

from pathlib import Path

from producers.supervisor.metrics import ProducerFiles, serving_metrics


def test_only_what_the_ended_producer_left_is_forgotten(tmp_path: Path) -> None:
    left = ["counter_12.db", "histogram_12.db", "gauge_mostrecent_12.db"]
    kept = ["counter_112.db", "counter_1.db", "gauge_mostrecent_121.db"]
    for name in left + kept:
        (tmp_path / name).touch()
    ProducerFiles(tmp_path).forget(12)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


def test_without_a_port_producers_write_none() -> None:
    with serving_metrics(None, lambda: None, "own") as files:  # type: ignore[arg-type,return-value]
        assert files is None
