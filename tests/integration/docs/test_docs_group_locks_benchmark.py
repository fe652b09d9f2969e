"""The benchmark that decision 0004 names runs on a real PostgreSQL, and its locks are what it says."""

from pathlib import Path

import psycopg

from benchmarks.group_locks import measure

ROOT = Path(__file__).parents[3]


def test_rows_are_made_once_and_shards_leave_nothing_behind(empty_database_url: str) -> None:
    results = {one.name: one for one in measure(empty_database_url, batches=2, groups=300)}
    assert set(results) == {"locks: 300 group rows, new", "locks: 300 group rows, known", "locks: 64 shards"}
    assert all(one.value > 0 for one in results.values())
    # A lock that is no row writes nothing ahead; a new row does.
    assert int(results["locks: 300 group rows, new"].detail["log KiB"].replace(",", "")) > 0
    with psycopg.connect(empty_database_url) as connection:
        assert connection.execute("SELECT count(*) FROM group_row").fetchone() == (600,)
        assert connection.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)
    assert "-m benchmarks.group_locks" in (ROOT / "docs/decisions/0004-shard-locks.md").read_text(encoding="utf-8")
