import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from producers.errors import RateLimitError
from producers.kit.fake_provider import FakeProvider, FakeResponse
from producers.kit.http.quota import TokenBucket
from producers.kit.http.transport import Transport
from producers.kit.testing import without_waiting


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


@pytest.mark.parametrize(
    "headers",
    [
        {"RateLimit-Limit": "30, 30;w=60"},
        {"RateLimit-Limit": "30", "RateLimit-Policy": "30;w=60"},
        {"RateLimit-Policy": '"burst";q=10;w=1, "minute";q=30;w=60'},
        {"X-RateLimit-Limit": "30", "X-RateLimit-Remaining": "30", "X-RateLimit-Reset": "60"},
        {"X-RateLimit-Limit": "30", "X-RateLimit-Remaining": "30", "X-RateLimit-Reset": "1768478460"},
    ],
)
def test_learns_the_long_run_rate_from_the_policy(headers: dict[str, str]) -> None:
    time = Time()
    quota = bucket(time, burst=1)
    quota.observe(headers)
    assert quota.per_second == pytest.approx(0.5)
    assert [quota.acquire(), quota.acquire()] == pytest.approx([0, 2])


def test_a_window_is_as_long_as_the_longest_reset_that_was_seen() -> None:
    quota = bucket(Time(), per_second=100)
    rates = []
    for reset in ("10", "60", "20"):
        quota.observe({"X-RateLimit-Limit": "600", "X-RateLimit-Reset": reset})
        rates.append(quota.per_second)
    assert rates == pytest.approx([60, 10, 10])


@pytest.mark.parametrize("policy", ["0;w=60", "60;w=0", "x;w=y", ";;;,", '"a";q=5', "9" * 500 + ";w=" + "9" * 500, "1000;w=1"])
def test_a_policy_only_ever_lowers_what_is_configured(policy: str) -> None:
    quota = bucket(Time())
    quota.observe({"RateLimit-Policy": policy})
    assert 0 < quota.per_second <= 2


def test_429_without_a_word_halves_the_rate_once_and_answers_bring_it_back_slowly() -> None:
    time = Time()
    quota = bucket(time, per_second=10, burst=1)
    for _ in range(5):  # under way together
        quota.penalise(None)
    assert quota.per_second == 5
    time.now += 1
    quota.penalise(None)
    assert quota.per_second == 2.5
    quota.observe({})
    assert quota.per_second == pytest.approx(2.7)
    for _ in range(100):
        quota.observe({})
    assert quota.per_second == 10


def test_it_never_stops_for_good() -> None:
    time = Time()
    quota = bucket(time, per_second=10)
    for _ in range(50):
        time.now += 100
        quota.penalise(None)
        quota.observe({}, accepted=False)
    assert quota.per_second == pytest.approx(10 / 64)


def test_what_is_learnt_is_not_exceeded_after_a_refusal() -> None:
    quota = bucket(Time(), per_second=100)
    quota.observe({"RateLimit-Policy": "6;w=60"})
    quota.penalise(None)
    assert quota.per_second < 0.1
    for _ in range(100):
        quota.observe({})
    assert quota.per_second == pytest.approx(0.1)


WORDS = st.sampled_from(
    ["RateLimit", "RateLimit-Limit", "RateLimit-Policy", "RateLimit-Remaining", "RateLimit-Reset", "X-RateLimit-Limit"]
)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.dictionaries(WORDS, st.text('0123456789;=wqrt, "', max_size=14)), st.booleans(), st.floats(0, 100)),
        max_size=8,
    )
)
def test_whatever_a_provider_says_the_rate_stays_between_nothing_and_what_is_configured(
    answers: list[tuple[dict[str, str], bool, float]],
) -> None:
    time = Time()
    quota = bucket(time, per_second=5)
    for headers, refused, seconds in answers:
        time.now += seconds
        quota.observe(headers, accepted=not refused)
        if refused:
            quota.penalise(None)
        assert 0 < quota.per_second <= 5


def test_a_source_without_a_quota_gets_one_that_learns() -> None:
    answers = iter([FakeResponse(429, b"{}"), FakeResponse(200, b"[]"), FakeResponse(200, b"[]", {"RateLimit-Policy": "60;w=60"})])
    with FakeProvider(lambda _: next(answers)) as provider, without_waiting():
        transport = Transport(provider.base_url, metrics_source="unlimited")
        rates = [REGISTRY.get_sample_value("recon_provider_quota_requests_per_second", {"source": "unlimited"})]
        for _ in range(2):
            transport.json("GET", "/rows")
            rates.append(REGISTRY.get_sample_value("recon_provider_quota_requests_per_second", {"source": "unlimited"}))
        transport.close()
    assert rates == [50, 26, 1]
