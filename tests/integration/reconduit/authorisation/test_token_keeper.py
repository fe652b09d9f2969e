"""What one process sees of an integration's tokens over their life."""

import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from reconduit.authorisation.errors import (
    AuthorisationExpiredError,
    AuthorisationNeededError,
    GrantRefusedError,
    TokenEndpointError,
)
from reconduit.authorisation.renewal_lock import RenewalLock
from tests.fixtures.authorisation_server import AuthorisationServer, serving_authorisation
from tests.fixtures.authorising import INTEGRATION, TENANT, Authorising, authorising, client_of
from tests.fixtures.waiting import PATIENCE_SECONDS


@pytest.fixture
def server() -> AuthorisationServer:
    return AuthorisationServer()


@pytest.fixture
def world(server: AuthorisationServer, database_url: str, tmp_path: Path) -> Iterator[Authorising]:
    with serving_authorisation(server) as url:
        yield authorising(database_url, tmp_path, client_of(url), exchange_seconds=PATIENCE_SECONDS)


def test_a_token_is_used_until_a_minute_before_its_end(world: Authorising, server: AuthorisationServer, database_url: str) -> None:
    world.give(server.first_refresh_token(), expired=False)
    assert world.keeper().token().get_secret_value() == "access-canary-0"
    for left, exchanges in ((65, 0), (55, 1)):
        with psycopg.connect(database_url) as connection:
            connection.execute("UPDATE oauth_token SET access_expires_at = now() + make_interval(secs => %s)", (left,))
        world.keeper().token()
        assert len(server.exchanges) == exchanges


def test_a_refused_token_is_renewed_once_for_all_who_had_it(world: Authorising, server: AuthorisationServer) -> None:
    world.give(server.first_refresh_token(), expired=False)
    keepers = [world.keeper() for _ in range(3)]
    refused = keepers[0].token()
    with ThreadPoolExecutor(9) as pool:
        tokens = list(pool.map(lambda number: keepers[number % 3].token(refused).get_secret_value(), range(9)))
    assert len(set(tokens)) == 1
    assert refused.get_secret_value() not in tokens
    assert len(server.exchanges) == 1


def test_a_provider_that_does_not_rotate_keeps_its_refresh_token(world: Authorising, server: AuthorisationServer) -> None:
    server.rotates = False
    refresh = server.first_refresh_token()
    world.give(refresh)
    token = world.keeper().token()
    world.keeper().token(token)
    assert [form["refresh_token"] for form in server.exchanges] == [refresh, refresh]


def test_nobody_authorised_yet(world: Authorising, server: AuthorisationServer) -> None:
    with pytest.raises(AuthorisationNeededError, match="nobody has authorised"):
        world.keeper().token()
    assert server.exchanges == []
    assert world.authorisations.state(TENANT, INTEGRATION) is None


def test_an_authorisation_whose_announced_time_is_over_has_expired(
    world: Authorising, server: AuthorisationServer, database_url: str
) -> None:
    world.give(server.first_refresh_token())
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE oauth_token SET refresh_expires_at = now() - interval '1 s'")
    # The provider is asked all the same: it may have let the time slide.
    assert world.keeper().token().get_secret_value().startswith("access-canary-")
    world.give("no-longer-known")
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE oauth_token SET refresh_expires_at = now() - interval '1 s'")
    for _ in range(2):
        with pytest.raises(AuthorisationExpiredError):
            world.keeper().token()
    assert server.refused == ["invalid_grant"]


def test_a_wrong_client_secret_leaves_the_authorisation_in_force(world: Authorising, server: AuthorisationServer) -> None:
    world.give(server.first_refresh_token())
    good = world.vault.get(TENANT, INTEGRATION, "client_secret")
    world.vault.put(TENANT, INTEGRATION, "client_secret", SecretStr("wrong"))
    with pytest.raises(GrantRefusedError, match="invalid_client"):
        world.keeper().token()
    assert (world.state().state, world.state().attempt_id) == ("active", None)
    world.vault.put(TENANT, INTEGRATION, "client_secret", good)
    assert world.keeper().token().get_secret_value().startswith("access-canary-")


def test_a_rotation_of_the_vault_s_key_while_tokens_are_renewed(world: Authorising, server: AuthorisationServer) -> None:
    world.give(server.first_refresh_token())
    done = threading.Event()

    def renew() -> int:
        keeper, renewals = world.keeper(), 0
        token = None
        while not done.is_set() or renewals == 0:
            token = keeper.token(token)
            renewals += 1
        return renewals

    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(renew)
        keys = world.vault.keys
        for number in range(2, 6):
            keys.put_first(f"k{number}", bytes([number]) * 32)  # type: ignore[attr-defined]  # the tests' keys
            world.vault.rotate()
        while world.vault.rotate().sealed_again:
            pass
        done.set()
        renewals = renewing.result()
    assert len(server.exchanges) == renewals
    assert server.refused == []
    with psycopg.connect(world.database_url) as connection:
        assert connection.execute("SELECT DISTINCT key_id FROM secret").fetchall() == [("k5",)]


def test_the_end_of_tokens_is_a_metric_and_a_warning(
    world: Authorising,
    server: AuthorisationServer,
    database_url: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world.give(server.first_refresh_token(), expired=False)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE oauth_token SET refresh_expires_at = now() + interval '3 days'")
    with caplog.at_level(logging.WARNING):
        world.keeper().token()
    ends = [
        REGISTRY.get_sample_value("recon_token_expiry_timestamp_seconds", {"source": "acme", "token": kind})
        for kind in ("access", "refresh")
    ]
    assert None not in ends
    assert round((ends[1] or 0) - (ends[0] or 0)) == 3 * 86_400 - 3600
    told = caplog.text + capsys.readouterr().out
    assert "the authorisation ends soon" in told
    assert "canary" not in told


def test_a_lock_that_is_held_for_too_long_is_told(database_url: str) -> None:
    first, second = (RenewalLock(database_url, TENANT, INTEGRATION, wait_seconds=0.2) for _ in range(2))
    with first.held():
        with pytest.raises(TokenEndpointError, match="another process") as caught, second.held():
            pass
        assert caught.value.retryable
        with RenewalLock(database_url, "other tenant", INTEGRATION, wait_seconds=0.2).held():
            pass
    with second.held():
        pass
