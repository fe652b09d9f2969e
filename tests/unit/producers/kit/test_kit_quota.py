import threading

import pytest

from producers.errors import RateLimitError
from producers.kit.quota import TokenBucket


class Time:
    """A clock that moves only by sleeping."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def bucket(time: Time, per_second: float = 2.0, burst: int = 3) -> TokenBucket:
    return TokenBucket(per_second, burst, clock=time, sleep=time.sleep, wall=lambda: 1_768_478_400.0)


def test_a_burst_goes_out_at_once_and_the_rest_at_the_rate() -> None:
    time = Time()
    quota = bucket(time)
    assert [quota.acquire() for _ in range(5)] == pytest.approx([0, 0, 0, 0.5, 0.5])


def test_a_wait_longer_than_allowed_takes_nothing() -> None:
    time = Time()
    quota = bucket(time, per_second=0.1, burst=1)
    quota.acquire()
    with pytest.raises(RateLimitError) as caught:
        quota.acquire(timeout=5)
    assert caught.value.retry_after == 11
    assert quota.acquire(timeout=11) == pytest.approx(10)


def test_after_429_nothing_goes_out_for_as_long_as_asked_and_no_burst_follows() -> None:
    time = Time()
    quota = bucket(time)
    quota.penalise(7)
    assert [quota.acquire() for _ in range(3)] == pytest.approx([7, 0.5, 0.5])


@pytest.mark.parametrize(
    "headers",
    [
        {"RateLimit-Remaining": "0", "RateLimit-Reset": "9"},
        {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1768478409"},
        {"RateLimit": '"default";r=0;t=9'},
    ],
)
def test_learns_from_headers(headers: dict[str, str]) -> None:
    time = Time()
    quota = bucket(time)
    quota.observe(headers)
    assert quota.acquire() == pytest.approx(9)


def test_other_users_of_the_quota_shorten_the_burst() -> None:
    time = Time()
    quota = bucket(time)
    quota.observe({"RateLimit-Remaining": "1", "RateLimit-Reset": "60"})
    assert [quota.acquire(), quota.acquire()] == pytest.approx([0, 0.5])


@pytest.mark.parametrize("headers", [{}, {"RateLimit-Remaining": "many"}, {"RateLimit": "nonsense"}])
def test_other_headers_change_nothing(headers: dict[str, str]) -> None:
    quota = bucket(Time())
    quota.observe(headers)
    assert quota.acquire() == 0


def test_threads_together_keep_the_rate() -> None:
    clock = Time()  # stands still, so that every token but the first is a reservation
    waits: list[float] = []
    quota = TokenBucket(10, 1, clock=clock, sleep=waits.append)
    threads = [threading.Thread(target=quota.acquire) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
