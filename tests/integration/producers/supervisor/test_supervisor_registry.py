"""What a supervisor takes from the registry: which integrations it runs, and which authorisations are about to end."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from producers.supervisor.expiry_watch import EVENT, tell_ending_authorisations
from producers.supervisor.leases import Leases
from producers.supervisor.metrics import IntegrationCollector
from producers.supervisor.settings import SupervisorSettings
from producers.supervisor.targets import integration_targets
from reconduit.errors import SettingsError
from reconduit.integrations.commands import SyncArguments, request_sync
from reconduit.integrations.events import read_events
from reconduit.integrations.model import IntegrationDraft
from reconduit.integrations.registry import create_integration, find_integration, set_enabled
from reconduit.settings import settings_of
from schemas.records import DEFAULT_TENANT

OWN, ELSEWHERE = Leases("own", 60), Leases("elsewhere", 60)


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


def make(connection: psycopg.Connection[Any], name: str, *, enabled: bool = True, flag: str | None = None) -> UUID:
    draft = IntegrationDraft(name=name, connector="core", feature_flag=flag)
    made, _ = create_integration(connection, DEFAULT_TENANT, draft, actor="test")
    if enabled:
        set_enabled(connection, DEFAULT_TENANT, name, wanted=True, actor="test")
    return made.integration_id


def test_a_flag_keeps_an_integration_from_supervisors_without_it(connection: psycopg.Connection[Any]) -> None:
    make(connection, "plain")
    make(connection, "trial", flag="beta")
    make(connection, "asleep", enabled=False)

    def running(features: str) -> dict[str, bool]:
        flags = SupervisorSettings(features=features).flags()
        return {name: target.only_commands for (_, name), target in integration_targets(connection, flags).items()}

    assert running("") == {"plain": False}
    assert running("alpha, beta") == {"plain": False, "trial": False}
    # A command does not go round the flag.
    for name in ("trial", "asleep"):
        request_sync(connection, find_integration(connection, DEFAULT_TENANT, name), SyncArguments(), actor="test")
    assert running("") == {"plain": False, "asleep": True}
    assert running("beta") == {"plain": False, "trial": False, "asleep": True}


def test_a_setting_that_does_not_fit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONDUIT_LEASE_SECONDS", "soon")
    with pytest.raises(SettingsError, match="RECONDUIT_LEASE_SECONDS"):
        settings_of(SupervisorSettings)


def test_an_authorisation_that_ends_soon_is_told_by_who_polls_it_and_once_a_day(connection: psycopg.Connection[Any]) -> None:
    ending, lasting, foreign = (make(connection, name) for name in ("ending", "lasting", "foreign"))
    for number, days in ((ending, 6), (lasting, 8), (foreign, 1)):
        connection.execute(
            "INSERT INTO oauth_token (tenant_id, integration_id, generation, state, refresh_expires_at) "
            "VALUES (%s, %s, 1, 'active', now() + make_interval(days => %s))",
            (DEFAULT_TENANT, number, days),
        )
    OWN.acquire(connection, [(DEFAULT_TENANT, "ending"), (DEFAULT_TENANT, "lasting")])
    ELSEWHERE.acquire(connection, [(DEFAULT_TENANT, "foreign")])
    assert [tell_ending_authorisations(connection, "own") for _ in range(2)] == [1, 0]
    (told,) = [event for event in read_events(connection, ending, 10) if event["event"] == EVENT]
    assert (told["level"], told["detail"]["action"]) == ("warning", "Authorise again before it ends.")
    connection.execute("UPDATE integration_event SET at = now() - interval '25 hours' WHERE event = %s", (EVENT,))
    assert tell_ending_authorisations(connection, "own") == 1
    assert tell_ending_authorisations(connection, "elsewhere") == 1


def test_each_integration_is_measured_by_who_holds_its_lease(connection: psycopg.Connection[Any], database_url: str) -> None:
    for name in ("mine", "foreign"):
        make(connection, name)
    OWN.acquire(connection, [(DEFAULT_TENANT, "mine")])
    ELSEWHERE.acquire(connection, [(DEFAULT_TENANT, "foreign")])

    def sources(holder: str) -> set[str]:
        families = IntegrationCollector(lambda: psycopg.connect(database_url), holder).collect()
        return {sample.labels["source"] for family in families for sample in family.samples}

    assert (sources("own"), sources("elsewhere"), sources("nobody")) == ({"mine"}, {"foreign"}, set())


def test_while_postgres_is_away_nothing_is_told() -> None:
    def away() -> psycopg.Connection[Any]:
        raise psycopg.OperationalError("no route")

    assert list(IntegrationCollector(away, "own").collect()) == []
