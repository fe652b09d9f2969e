"""Rotating refresh tokens: many at once, processes that die in between, and a database that goes away."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from reconduit.authorisation.errors import AuthorisationNeededError
from reconduit.faultpoint import EXIT_STATUS
from tests.fixtures.authorisation_server import AuthorisationServer, serving_authorisation
from tests.fixtures.authorising import INTEGRATION, TENANT, Authorising, authorising, client_of
from tests.fixtures.waiting import PATIENCE_SECONDS, eventually

ROOT = Path(__file__).parents[4]


@pytest.fixture
def server() -> AuthorisationServer:
    return AuthorisationServer()


@pytest.fixture
def world(server: AuthorisationServer, database_url: str, tmp_path: Path) -> Iterator[Authorising]:
    with serving_authorisation(server) as url:
        made = authorising(database_url, tmp_path, client_of(url), exchange_seconds=PATIENCE_SECONDS)
        made.give(server.first_refresh_token())
        yield made


def start(world: Authorising, threads: int, *, fault: str = "") -> subprocess.Popen[str]:
    environment = os.environ | world.environment() | {"RECONDUIT_FAULT": fault}
    script = Path(__file__).with_name("ask_tokens.py")
    process = subprocess.Popen(
        [sys.executable, script, TENANT, str(INTEGRATION), str(threads), str(PATIENCE_SECONDS)],
        env=environment,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def finish(process: subprocess.Popen[str]) -> list[str]:
    out, log = process.communicate("go\n", timeout=PATIENCE_SECONDS)
    assert "canary" not in log
    found: list[str] = json.loads(out) if out else []
    return found


def test_fifty_at_once_from_four_processes_make_one_exchange(world: Authorising, server: AuthorisationServer) -> None:
    server.delay_seconds = 0.2
    processes = [start(world, threads) for threads in (13, 13, 12, 12)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    tokens = [token for process in processes for token in finish(process)]
    assert len(tokens) == 50
    assert set(tokens) == {"access-canary-3"}
    assert len(server.exchanges) == 1
    assert server.refused == []
    assert world.state().generation == 2
    # What was stored is what the provider takes next.
    with psycopg.connect(world.database_url) as connection:
        connection.execute("UPDATE oauth_token SET access_expires_at = now()")
    assert world.keeper().token().get_secret_value() not in set(tokens)
    assert server.refused == []


@pytest.mark.parametrize(
    ("fault", "exchanges"),
    [
        ("token-attempt:1", 1),  # nothing was sent: the same refresh token is still good
        ("token-received:1", 1),  # the answer is in the journal: it is stored, and the provider is not asked again
        ("token-stored:1", 1),
    ],
)
def test_the_next_start_recovers_from_a_kill(world: Authorising, server: AuthorisationServer, fault: str, exchanges: int) -> None:
    process = start(world, 3, fault=fault)
    assert finish(process) == []
    assert process.returncode == EXIT_STATUS
    let_time_pass(world)
    assert [token[:14] for token in finish(start(world, 3))] == ["access-canary-"] * 3
    assert len(server.exchanges) == exchanges
    assert server.refused == []
    state = world.state()
    assert (state.generation, state.state, state.attempt_id) == (2, "active", None)
    with psycopg.connect(world.database_url) as connection:
        connection.execute("UPDATE oauth_token SET access_expires_at = now()")
    world.keeper().token()
    assert server.refused == []
    assert list(world.journal.iterdir()) == []


def let_time_pass(world: Authorising) -> None:
    """Until an exchange that was begun must be over; whoever comes next waits for that."""
    with psycopg.connect(world.database_url) as connection:
        connection.execute("UPDATE oauth_token SET attempt_started_at = attempt_started_at - interval '1 hour'")


def begin_an_exchange(world: Authorising, server: AuthorisationServer) -> subprocess.Popen[str]:
    """A process whose request the provider has taken and does not answer yet."""
    server.gate.clear()
    process = start(world, 1)
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    eventually(lambda: server.exchanges, lambda: "the provider was not asked")
    return process


def kill_while_the_provider_answers(world: Authorising, server: AuthorisationServer) -> None:
    process = begin_an_exchange(world, server)
    process.kill()
    process.communicate()
    server.gate.set()
    let_time_pass(world)


def test_an_answer_that_never_came_is_given_again_by_a_provider_with_grace(world: Authorising, server: AuthorisationServer) -> None:
    server.grace_seconds = 60
    kill_while_the_provider_answers(world, server)
    assert world.keeper().token().get_secret_value() == "access-canary-3"
    assert (world.state().generation, server.refused) == (2, [])


def test_without_grace_a_person_must_authorise_and_the_reason_says_so(world: Authorising, server: AuthorisationServer) -> None:
    kill_while_the_provider_answers(world, server)
    with pytest.raises(AuthorisationNeededError, match="authorise again"):
        world.keeper().token()
    state = world.state()
    assert state.state == "waiting_user_input"
    assert "invalid_grant" in str(state.reason)
    # It is not tried again and again: each try would look like theft to the provider.
    with pytest.raises(AuthorisationNeededError):
        world.keeper().token()
    assert server.refused == ["invalid_grant"]


def test_whoever_finds_the_lock_free_waits_for_an_exchange_under_way(
    world: Authorising, server: AuthorisationServer, database_url: str
) -> None:
    process = begin_an_exchange(world, server)
    with psycopg.connect(database_url, autocommit=True) as connection:
        # Ends the session that holds the lock, as a restart of Postgres does.
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        patient = authorising(database_url, world.journal.parent, world.client(), exchange_seconds=PATIENCE_SECONDS)
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(patient.keeper().token)
            held = """SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
                      WHERE locktype = 'advisory' AND granted AND datname = current_database()"""
            eventually(lambda: connection.execute(held).fetchone() != (0,), lambda: "nobody took the lock")
            time.sleep(0.3)
            assert not other.done()
            assert (len(server.exchanges), server.refused) == (1, [])
            server.gate.set()
            assert [other.result().get_secret_value()] == finish(process) == ["access-canary-3"]
    assert (len(server.exchanges), server.refused) == (1, [])
    assert list(world.journal.iterdir()) == []
