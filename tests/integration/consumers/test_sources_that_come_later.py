"""Sources that come while a worker runs are read as well, and what it has in hand stays with it."""

import secrets
from typing import Any

import pytest
from psycopg import Connection

from consumers import worker as runtime
from consumers.service import ReconcileService
from reconduit.sources import SourceConfig
from schemas.registry import CommittedIds
from tests.fixtures.scene import Scene, query
from tests.fixtures.workers import Log, applied_of, running_worker

pytestmark = pytest.mark.integration


def test_a_source_that_comes_later_is_matched_with_those_before(
    scene: Scene, log: Log, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "_SOURCES_SECONDS", 0.2)
    group = f"later-{secrets.token_hex(4)}"
    core, others = scene.sources[:1], scene.sources[1:]
    assert core[0].name == scene.name("core")
    known: list[SourceConfig] = list(core)

    def look(_: Connection[Any]) -> list[SourceConfig]:
        return list(known)

    service = ReconcileService(core, scene.reconciliations, CommittedIds(), look=look)

    def told(*kinds: str, first: int) -> None:
        log.publish(scene.record(kind, f"{kind}{n}", reference_number=f"R{n}") for n in range(first, first + 30) for kind in kinds)

    def applied() -> bool:
        read = applied_of(database_url, group)
        names = {one.transactions_topic for one in known}
        return all(read.get(place, 0) >= end for place, end in log.ends.items() if place[0] in names)

    with running_worker(log, database_url, group, service=service) as wait:
        told("core", "gateway", "mobile", first=0)
        wait(applied)
        assert query(database_url, "SELECT count(*) FROM transaction") == [(30,)], "what nobody names is not read"
        known += others
        told("core", first=30)
        wait(applied)
        told("gateway", "mobile", first=30)
        wait(applied)
        # And one that goes is read no more, which disturbs nobody.
        known.remove(others[-1])
        told("core", "gateway", first=60)
        wait(applied)
    assert query(database_url, "SELECT count(*) FROM match") == [(60,)]
    assert not log.faults(database_url)
