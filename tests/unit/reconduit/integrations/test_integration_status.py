"""What polls and operators make of an integration's status and health."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconduit.integrations.health import PERFECT, next_health
from reconduit.integrations.status import (
    PASSING_FAILURES,
    Failure,
    Standing,
    Status,
    action_for,
    after_failure,
    after_success,
    disabled,
    enabled,
    is_resting,
)


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (Failure.AUTHENTICATION, Status.LOGIN_ERROR),
        (Failure.USER_INPUT, Status.WAITING_USER_INPUT),
        (Failure.EXPIRY, Status.EXPIRED),
        (Failure.PERMISSION, Status.ERROR),
        (Failure.CONFIGURATION, Status.ERROR),
        (Failure.CONTRACT, Status.OUTDATED),
        (Failure.INTERNAL, Status.ERROR),
        (Failure.RATE_LIMIT, Status.ACTIVE),
        (Failure.TRANSIENT, Status.ACTIVE),
    ],
)
def test_what_the_first_failure_of_each_kind_makes(failure: Failure, status: Status) -> None:
    found = after_failure(enabled(), failure, "said", 1)
    assert found.status is status
    if status is not Status.ACTIVE:
        assert found == Standing(status, "said", action_for(failure))


@pytest.mark.parametrize("failure", [Failure.RATE_LIMIT, Failure.TRANSIENT])
def test_what_passes_by_itself_counts_when_it_does_not_pass(failure: Failure) -> None:
    assert after_failure(enabled(), failure, "down", PASSING_FAILURES - 1).status is Status.ACTIVE
    assert after_failure(enabled(), failure, "down", PASSING_FAILURES).status is Status.ERROR


def test_an_outage_does_not_hide_refused_credentials() -> None:
    refused = after_failure(enabled(), Failure.AUTHENTICATION, "401", 1)
    assert after_failure(refused, Failure.TRANSIENT, "down", 99) == refused


@given(st.sampled_from(Status), st.sampled_from(Failure), st.integers(1, 20))
def test_only_an_operator_switches_on_or_off(status: Status, failure: Failure, failures: int) -> None:
    off = {Status.INACTIVE, Status.DISABLED}
    before = Standing(status)
    for after in (after_failure(before, failure, "said", failures), after_success(before)):
        assert (after.status in off) == (status in off)


def test_operators_switch() -> None:
    assert disabled(Standing(Status.INACTIVE)).status is Status.INACTIVE
    assert disabled(Standing(Status.LOGIN_ERROR, "401", "renew")) == Standing(Status.DISABLED)
    assert [status for status in Status if is_resting(status)] == [
        Status.WAITING_USER_INPUT,
        Status.LOGIN_ERROR,
        Status.EXPIRED,
    ]


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_health_is_a_share_and_the_latest_poll_moves_it_its_way(polls: list[bool]) -> None:
    health: int | None = None
    for complete in polls:
        former, health = health, next_health(health, complete=complete)
        assert 0 <= health <= PERFECT
        assert former is None or (health >= former if complete else health <= former)
    if all(polls):
        assert health == PERFECT


def test_a_failure_costs_a_fifth_and_ten_complete_polls_win_it_back() -> None:
    health = next_health(PERFECT, complete=False)
    assert health == 800_000
    for _ in range(11):
        health = next_health(health, complete=True)
    assert health > 980_000
