"""A supervisor that loses Postgres: its producers go on as long as their leases last, and no longer."""

from pathlib import Path

from tests.fixtures.supervised import lease_of
from tests.fixtures.waiting import eventually
from tests.integration.producers.supervisor.stub_producers import supervising


def test_producers_end_with_their_leases_and_start_again_under_new_ones(database_url: str, tmp_path: Path) -> None:
    with supervising(database_url, tmp_path, names=("acme",)) as installation:
        eventually(lambda: len(installation.started) == 1, lambda: "no producer was started")
        (first,) = installation.started
        installation.take_away()
        eventually(lambda: first.status is not None, lambda: "it polls on without a lease")
        assert first.status == -9, "killed: what it still does must not count"
        assert len(installation.started) == 1, "nothing starts without a lease"
        installation.is_away = False
        eventually(lambda: len(installation.started) == 2, lambda: "it did not come back")
    lease = lease_of(database_url, "acme")
    assert lease is not None
    assert lease[1] >= 2, "a lease that ran out comes back under a greater token"
