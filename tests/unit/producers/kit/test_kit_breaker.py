"""The circuit breaker against a simple model, under threads, and in the retry loop of the transport."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from prometheus_client import REGISTRY

from producers.errors import ContractChangeError, RateLimitError, TransientError
from producers.kit.fake_provider import FakeProvider, FakeResponse, Fault
from producers.kit.http.breaker import CircuitBreaker, CircuitState
from producers.kit.http.circuits import Circuit, circuit_of
from producers.kit.http.failure_window import FailureLimit
from producers.kit.http.retry import RetryPolicy
from producers.kit.http.transport import Transport

THRESHOLD, FIRST, LONGEST = 3, 10.0, 40.0
LIMIT = FailureLimit(ratio=0.5, attempts=6, seconds=20.0)
ENDS: dict[str, Callable[[], BaseException | None]] = {
    "well": lambda: None,
    "500": lambda: TransientError("500"),
    "429": lambda: RateLimitError("429"),
    "400": lambda: ContractChangeError("400"),
    "interrupted": KeyboardInterrupt,
}


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def breaker(clock: Clock, source: str = "breaker_test", draw: float = 1.0) -> CircuitBreaker:
    return CircuitBreaker(
        source,
        threshold=THRESHOLD,
        limit=LIMIT,
        first_seconds=FIRST,
        longest_seconds=LONGEST,
        clock=clock,
        draw=lambda: draw,
    )


def fail(circuit: CircuitBreaker, error: BaseException, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(type(error), match=str(error)), circuit.attempt("GET /rows"):
            raise error


class BreakerMachine(RuleBasedStateMachine):
    """Attempts overlap: each is begun, and ends some steps later or never."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.circuit = breaker(self.clock)
        self.running: list[tuple[AbstractContextManager[None], int]] = []
        self.period = 0
        self.state, self.failures, self.openings, self.probe_at = "closed", 0, 0, 0.0
        self.ended: list[tuple[float, bool]] = []

    def become(self, state: str) -> None:
        self.state = state
        self.period += 1

    def too_many_failed(self) -> bool:
        recent = [failed for at, failed in self.ended if self.clock.now - at < LIMIT.seconds]
        return len(recent) >= LIMIT.attempts and sum(recent) * 2 >= len(recent)

    @rule()
    def begin(self) -> None:
        may = self.state == "closed" or (self.state == "open" and self.clock.now >= self.probe_at)
        attempt = self.circuit.attempt("GET /rows")
        if not may:
            with pytest.raises(TransientError, match="not sent"):
                attempt.__enter__()
            return
        attempt.__enter__()
        if self.state == "open":
            self.become("half_open")
        self.running.append((attempt, self.period))

    @precondition(lambda self: self.running)
    @rule(data=st.data(), how=st.sampled_from(["well", "500", "429", "400", "interrupted"]))
    def end(self, data: st.DataObject, how: str) -> None:
        error = ENDS[how]()
        attempt, period = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        assert attempt.__exit__(type(error) if error else None, error, None) in (None, False)
        if period != self.period:
            return
        if how in {"well", "400"}:
            self.failures = 0
            if self.state == "half_open":
                self.openings, self.ended = 0, []
                self.become("closed")
            self.ended.append((self.clock.now, False))
        elif how == "500":
            self.failures += 1
            self.ended.append((self.clock.now, True))
            if self.state == "half_open" or self.failures >= THRESHOLD or self.too_many_failed():
                self.probe_at = self.clock.now + min(LONGEST, FIRST * 2**self.openings)
                self.openings += 1
                self.become("open")
        elif self.state == "half_open":
            self.become("open")

    @rule(seconds=st.sampled_from([1.0, 9.0, 10.0, 40.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.clock.now += seconds

    @invariant()
    def agrees_with_the_model(self) -> None:
        assert self.circuit.state.name.lower() == self.state

    def teardown(self) -> None:
        for attempt, _ in self.running:
            attempt.__exit__(None, None, None)


BreakerMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestBreaker = BreakerMachine.TestCase


def test_it_says_when_the_next_probe_is_and_stays_open_longer_each_time() -> None:
    clock = Clock()
    circuit = breaker(clock, "shown")
    shown = partial(REGISTRY.get_sample_value, "recon_provider_breaker_state", {"source": "shown"})
    opened = partial(REGISTRY.get_sample_value, "recon_provider_breaker_transitions_total", {"source": "shown", "state": "open"})
    assert shown() == CircuitState.CLOSED
    fail(circuit, TransientError("500"), THRESHOLD)
    assert (shown(), opened()) == (CircuitState.OPEN, 1)
    assert circuit.circuit == Circuit("open", "3 attempts in a row failed: 500")
    for seconds in (10, 20, 40, 40):
        with (
            pytest.raises(TransientError, match=f"next probe is in {seconds} s, after 500"),
            circuit.attempt("GET /rows"),
        ):
            pass
        clock.now += seconds
        fail(circuit, TransientError("500"))
    clock.now += 40
    with circuit.attempt("GET /rows"):
        assert shown() == CircuitState.HALF_OPEN
    assert (shown(), opened()) == (CircuitState.CLOSED, 5)
    fail(circuit, TransientError("500"), THRESHOLD)
    clock.now += 10
    fail(circuit, TransientError("500"))


def succeed(circuit: CircuitBreaker) -> None:
    with circuit.attempt("GET /rows"):
        pass


def test_a_provider_that_answers_now_and_then_is_left_alone_too() -> None:
    clock = Clock()
    circuit = breaker(clock, "flapping")
    shown = partial(REGISTRY.get_sample_value, "recon_provider_failed_attempts_ratio", {"source": "flapping"})
    for _ in range(2):
        fail(circuit, TransientError("502"))
        succeed(circuit)
    fail(circuit, TransientError("502"))
    assert circuit.state is CircuitState.CLOSED, "too few attempts to conclude anything"
    assert shown() == 0.6
    fail(circuit, TransientError("503"))
    assert circuit.circuit == Circuit("open", "4 of 6 attempts in 20 s failed: 503")
    clock.now += FIRST
    succeed(circuit)
    assert (circuit.circuit, shown()) == (Circuit("closed"), 0)
    fail(circuit, TransientError("502"))
    assert circuit.state is CircuitState.CLOSED, "what failed before counts no more"


def test_failures_far_apart_do_not_add_up() -> None:
    clock = Clock()
    circuit = breaker(clock)
    for _ in range(10):
        fail(circuit, TransientError("502"))
        succeed(circuit)
        clock.now += LIMIT.seconds / 2
    assert circuit.state is CircuitState.CLOSED


def test_of_several_circuits_the_worst_is_told_for_as_long_as_it_is_used() -> None:
    down = breaker(Clock(), "two_hosts")
    fail(down, TransientError("500"), THRESHOLD)
    first = Transport("http://127.0.0.1:9", metrics_source="two_hosts", breaker=down)
    second = Transport("http://127.0.0.1:9", metrics_source="two_hosts", breaker=breaker(Clock(), "two_hosts"))
    assert circuit_of("two_hosts") == down.circuit == Circuit("open", "3 attempts in a row failed: 500")
    first.close()
    assert circuit_of("two_hosts") == Circuit("closed")
    second.close()
    assert circuit_of("two_hosts") is None


@pytest.mark.parametrize("wrong", [{"ratio": 0.0}, {"ratio": 1.1}, {"attempts": 0}, {"seconds": 0.0}])
def test_a_limit_that_cannot_be_meant_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no limit of"):
        FailureLimit(**wrong)


def test_openings_are_drawn_so_that_a_fleet_does_not_come_back_in_step() -> None:
    clock = Clock()
    circuit = breaker(clock, draw=0.0)
    fail(circuit, TransientError("500"), THRESHOLD)
    with pytest.raises(TransientError, match="in 5 s"), circuit.attempt("GET /rows"):
        pass


def test_of_many_threads_one_probes() -> None:
    clock = Clock()
    circuit = breaker(clock)
    fail(circuit, TransientError("500"), THRESHOLD)
    clock.now += FIRST
    inside, refused, gate = [], [], threading.Barrier(8)

    def ask() -> None:
        gate.wait()
        try:
            with circuit.attempt("GET /rows"):
                inside.append(1)
                done.wait(60)
        except TransientError:
            refused.append(1)

    done = threading.Event()
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    while len(refused) < 7 and any(thread.is_alive() for thread in threads):
        pass
    done.set()
    for thread in threads:
        thread.join()
    assert (len(inside), len(refused)) == (1, 7)
    assert circuit.state is CircuitState.CLOSED


def test_a_call_ends_with_what_went_wrong_when_the_circuit_opens_in_its_middle() -> None:
    clock = Clock()
    with FakeProvider(lambda _: FakeResponse(body=b"[]")) as provider:
        circuit = breaker(clock)
        transport = Transport(provider.base_url, retry=RetryPolicy(attempts=9), sleep=lambda _: None, breaker=circuit)
        provider.break_with(Fault.SERVER_ERROR)
        with pytest.raises(TransientError, match="500"):
            transport.json("GET", "/rows")
        assert len(provider.requests) == THRESHOLD
        with pytest.raises(TransientError, match="next probe is in 10 s"):
            transport.json("GET", "/rows")
        assert len(provider.requests) == THRESHOLD
        clock.now += FIRST
        with pytest.raises(TransientError, match="500"):
            transport.json("GET", "/rows")
        assert len(provider.requests) == THRESHOLD + 1, "a probe is one attempt"
        provider.heal()
        clock.now += 2 * FIRST
        assert transport.json("GET", "/rows") == []
        assert circuit.state is CircuitState.CLOSED
        transport.close()


@pytest.mark.parametrize("fault", [Fault.UNAUTHORIZED, Fault.RATE_LIMITED])
def test_refusals_and_used_up_quotas_do_not_open_it(fault: Fault) -> None:
    with FakeProvider(lambda _: FakeResponse(body=b"[]")) as provider:
        circuit = breaker(Clock())
        transport = Transport(provider.base_url, retry=RetryPolicy(attempts=2), sleep=lambda _: None, breaker=circuit)
        provider.break_with(fault)
        for _ in range(THRESHOLD + 1):
            with pytest.raises(Exception, match=r"401|429"):
                transport.json("GET", "/rows")
        assert circuit.state is CircuitState.CLOSED
        transport.close()
