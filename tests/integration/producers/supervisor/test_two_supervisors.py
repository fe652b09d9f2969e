"""Two supervisors over the same sources: each polled by one process at a time, whoever of them is killed or stopped."""

import os
import secrets
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from deploy.local.services import Services
from tests.fixtures.supervised import Supervisors, is_alive, lease_of
from tests.fixtures.waiting import eventually

HERE = Path(__file__).parent
ROOT = HERE.parents[3]
LEASE_SECONDS = 5


@dataclass(frozen=True)
class Poll:
    """One poll, as the connector told it; times are monotonic seconds of this machine."""

    pid: int
    began: float
    ended: float
    page: int


@dataclass
class Scene:
    """Sources in a file and the supervisors over them."""

    supervisors: Supervisors
    url: str
    folder: Path
    names: list[str]

    def polls(self, name: str) -> list[Poll]:
        told = self.folder / name
        rows = [line.split() for line in told.read_text().splitlines()] if told.exists() else []
        return [Poll(int(pid), float(began), float(ended), int(page)) for pid, began, ended, page in rows]

    def latest(self) -> dict[str, int]:
        """Process that polled each source last."""
        return {name: polls[-1].pid for name in self.names if (polls := self.polls(name))}

    def holders(self) -> dict[str, tuple[str, int]]:
        return {name: lease for name in self.names if (lease := lease_of(self.url, name)) is not None}

    def wait_for_polls_of_others(self, former: set[int]) -> None:
        """Until every source is polled by a process that is not one of `former`."""
        eventually(lambda: len(self.latest()) == len(self.names) and not former & set(self.latest().values()), self.supervisors.log)

    def assert_never_polled_twice(self) -> None:
        for name in self.names:
            polls = sorted(self.polls(name), key=lambda poll: poll.began)
            for one, after in pairwise(polls):
                assert one.ended <= after.began, f"{name} was polled by {one.pid} and {after.pid} at once"
            # A page is polled again by whoever comes after one that died before it was accounted for.
            assert all(after.page - one.page in ({1} if after.pid == one.pid else {0, 1}) for one, after in pairwise(polls)), name


@pytest.fixture
def scene(services: Services, database_url: str, tmp_path: Path) -> Iterator[Scene]:
    names = [f"slow_{secrets.token_hex(4)}" for _ in range(2)]
    entries = [
        {"name": name, "connector": "slow_connector:build", "poll_seconds": 1, "options": {"told": str(tmp_path / name)}}
        for name in names
    ]
    path = f"{HERE}{os.pathsep}{ROOT}"
    with Supervisors(
        services, database_url, tmp_path, PYTHONPATH=path, RECONDUIT_LEASE_SECONDS=str(LEASE_SECONDS)
    ).ended() as found:
        found.sources_file.write_text(yaml.safe_dump({"sources": entries}))
        yield Scene(found, database_url, tmp_path, names)


def test_no_source_is_polled_twice_whoever_is_killed(scene: Scene) -> None:
    first = scene.supervisors.start()
    scene.wait_for_polls_of_others(set())
    second = scene.supervisors.start()
    producers = scene.latest()
    eventually(lambda: all(len(scene.polls(name)) >= 2 for name in scene.names), scene.supervisors.log)
    assert {holder.rpartition("/")[2] for holder, _ in scene.holders().values()} == {str(first.pid)}

    killed = producers[scene.names[0]]
    os.kill(killed, signal.SIGKILL)
    scene.wait_for_polls_of_others({killed})
    assert scene.holders()[scene.names[0]][1] == 1, "the supervisor lives, so it keeps the lease"

    producers = scene.latest()
    first.kill()
    first.wait()
    scene.wait_for_polls_of_others(set(producers.values()))
    assert {holder.rpartition("/")[2] for holder, _ in scene.holders().values()} == {str(second.pid)}
    assert all(token >= 2 for _, token in scene.holders().values()), "a takeover has a greater token"
    eventually(lambda: not any(is_alive(pid) for pid in producers.values()), scene.supervisors.log)

    producers = scene.latest()
    scene.supervisors.end()
    assert second.returncode == 0, scene.supervisors.log()
    assert not any(is_alive(pid) for pid in producers.values()), "a supervisor leaves no process"
    scene.assert_never_polled_twice()


def test_one_that_slept_through_its_lease_moves_nothing(scene: Scene) -> None:
    first = scene.supervisors.start()
    scene.wait_for_polls_of_others(set())
    asleep = scene.latest()
    for pid in (first.pid, *asleep.values()):
        os.kill(pid, signal.SIGSTOP)
    try:
        second = scene.supervisors.start()
        scene.wait_for_polls_of_others(set(asleep.values()))
    finally:
        for pid in (*asleep.values(), first.pid):
            os.kill(pid, signal.SIGCONT)
    # The supervisor that wakes finds its leases gone and ends its producers; one of these may poll before, but not move on.
    eventually(lambda: not any(is_alive(pid) for pid in asleep.values()), scene.supervisors.log)
    assert {holder.rpartition("/")[2] for holder, _ in scene.holders().values()} == {str(second.pid)}
    for name in scene.names:
        pages = [poll.page for poll in sorted(scene.polls(name), key=lambda poll: poll.began) if poll.pid != asleep[name]]
        assert all(after - one == 1 for one, after in pairwise(pages)), f"{name}: {pages}"
