"""The life of a held source's process: started, started anew, given up."""

import dataclasses

import pytest

from producers.errors import (
    AuthenticationError,
    ConfigurationError,
    ContractChangeError,
    PermissionDeniedError,
    ProducerError,
    PublishError,
    RateLimitError,
    TransientError,
)
from producers.supervisor.failures import failure_of, told
from producers.supervisor.holding import Holding
from producers.supervisor.process import ProducerProcess
from producers.supervisor.targets import Target
from reconduit.authorisation.errors import AuthorisationNeededError, TokenEndpointError
from reconduit.integrations.status import Failure
from reconduit.vault.errors import SecretMissingError, SecretSealedError, VaultUnavailableError

TARGET = Target(("default", "acme"), "1", ("--source", "acme"))


class FakeProcess(ProducerProcess):
    """A process that ends when told what with."""

    def __init__(self, arguments: tuple[str, ...], clock: list[float]) -> None:
        self.arguments = arguments
        self.started_at = clock[0]
        self.status: int | None = None
        self.asked = 0
        self.killed = 0

    @property
    def pid(self) -> int:
        return 1

    @property
    def is_stopping(self) -> bool:
        return bool(self.asked or self.killed)

    def exit_status(self) -> int | None:
        return self.status

    def ask_to_stop(self) -> None:
        self.asked += 1

    def kill(self) -> None:
        self.killed += 1


class World:
    """A holding with fake processes and a clock."""

    def __init__(self, target: Target = TARGET) -> None:
        self.clock = [0.0]
        self.started: list[FakeProcess] = []
        self.holding = Holding(target, 7, start=self._start, clock=lambda: self.clock[0])

    def _start(self, arguments: tuple[str, ...]) -> ProducerProcess:
        self.started.append(FakeProcess(arguments, self.clock))
        return self.started[-1]


def test_a_process_gets_the_fencing_token_and_is_started_once() -> None:
    world = World()
    assert [world.holding.mind() for _ in range(3)] == [False] * 3
    assert [process.arguments for process in world.started] == [("--fencing-token", "7", "--source", "acme")]


def test_a_change_stops_it_and_starts_another() -> None:
    world = World()
    world.holding.mind()
    world.holding.aim(dataclasses.replace(TARGET, revision="2"))
    world.holding.mind()
    assert (world.started[0].asked, len(world.started)) == (1, 1)
    world.started[0].status = 0
    assert world.holding.mind() is False
    assert len(world.started) == 2


def test_what_dies_is_started_again_ever_later() -> None:
    world = World()
    for deaths in range(1, 6):
        while world.holding.process is None or not world.started:
            world.clock[0] += 0.5
            world.holding.mind()
        world.started[-1].status = -9
        assert world.holding.mind() is True
        assert world.holding.deaths == deaths
        world.started[-1].status = None
    world.clock[0] += 1000
    world.holding.mind()
    world.clock[0] += 1000
    world.started[-1].status = 1
    world.holding.mind()
    assert world.holding.deaths == 1


def test_a_lost_lease_ends_it_at_once_and_its_token_is_not_used_again() -> None:
    world = World()
    world.holding.mind()
    world.holding.drop()
    assert world.started[0].killed == 1
    world.holding.aim(TARGET)
    world.started[0].status = -9
    world.holding.mind()
    assert world.holding.is_over
    assert len(world.started) == 1


def test_who_only_carries_out_commands_is_over_when_it_ends() -> None:
    world = World(dataclasses.replace(TARGET, only_commands=True))
    world.holding.mind()
    assert not world.holding.is_over
    world.started[0].status = 0
    assert world.holding.mind() is False
    assert world.holding.is_over


def caused(error: ProducerError, cause: Exception) -> ProducerError:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (AuthenticationError("401"), Failure.AUTHENTICATION),
        (caused(AuthenticationError("authorise"), AuthorisationNeededError("authorise")), Failure.USER_INPUT),
        (AuthorisationNeededError("authorise"), Failure.USER_INPUT),
        (SecretMissingError("token"), Failure.USER_INPUT),
        (SecretSealedError("token"), Failure.CONFIGURATION),
        (VaultUnavailableError("away"), Failure.TRANSIENT),
        (PermissionDeniedError("403"), Failure.PERMISSION),
        (RateLimitError("429"), Failure.RATE_LIMIT),
        (TransientError("503"), Failure.TRANSIENT),
        (TokenEndpointError("503"), Failure.TRANSIENT),
        (PublishError("Kafka"), Failure.TRANSIENT),
        (ContractChangeError("shape"), Failure.CONTRACT),
        (ConfigurationError("option"), Failure.CONFIGURATION),
        (KeyError("x"), Failure.INTERNAL),
    ],
)
def test_what_an_error_means(error: Exception, failure: Failure) -> None:
    assert failure_of(error) is failure


def test_of_an_error_that_is_not_ours_only_the_class_is_told() -> None:
    assert told(ValueError("password=hunter2")) == "ValueError"
    assert told(TransientError("GET /x: 503")) == "TransientError: GET /x: 503"
