"""A producer that keeps dying: started again, later each time, and told as the error of its integration."""

from pathlib import Path

import psycopg

from reconduit.integrations.model import Integration, IntegrationDraft
from reconduit.integrations.registry import create_integration, find_integration, set_enabled
from reconduit.integrations.status import Status
from schemas.records import DEFAULT_TENANT
from tests.fixtures.waiting import eventually
from tests.integration.producers.supervisor.stub_producers import supervising


def test_one_that_keeps_dying_is_told_and_started_again(database_url: str, tmp_path: Path) -> None:
    with psycopg.connect(database_url) as connection:
        create_integration(connection, DEFAULT_TENANT, IntegrationDraft(name="acme", connector="core"), actor="test")
        set_enabled(connection, DEFAULT_TENANT, "acme", wanted=True, actor="test")

    def found() -> Integration:
        with psycopg.connect(database_url) as connection:
            return find_integration(connection, DEFAULT_TENANT, "acme")

    with supervising(database_url, tmp_path, dies=True) as installation:
        eventually(lambda: found().status is Status.ERROR, lambda: f"{len(installation.started)} producers were started")
        assert len(installation.started) >= 3, "one death is none to tell of"
        assert "ended 3 times in a row" in (found().status_reason or "")
        assert (found().action_needed or "").startswith("Report it")
        installation.dies = False
        eventually(lambda: installation.started[-1].status is None, lambda: "it was given up")
    assert installation.started[-1].is_stopping, "the supervisor ends what it started"
