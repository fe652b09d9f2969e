"""What matched pairs show about a pair of sources, and when it changed."""

import random
from collections.abc import Callable

import pytest

from reconciler.profiles import Drift, PairProfile, drift, profile_of
from reconciler.types import Item

Make = Callable[..., Item]


def pairs(
    make_item: Make, seed: int, count: int = 400, *, lag=(1, 1, 1, 2), rate=0, fixed=0, charged=50
) -> list[tuple[Item, Item]]:
    """`charged` percent of the pairs have less on the second side, by a rate in ppm and a fixed fee; lags are drawn from `lag`."""
    draw = random.Random(seed)
    made = []
    for number in range(count):
        amount, day = draw.randrange(10_000, 900_000), draw.randrange(60)
        less = (amount * rate + 500_000) // 1_000_000 + fixed if draw.randrange(100) < charged else 0
        second = make_item(f"b{number}", "bank", amount - less, day=day + draw.choice(lag))
        made.append((make_item(f"l{number}", "ledger", amount, day=day), second))
    return made


@pytest.fixture
def profile(make_item):
    return lambda seed, **fields: profile_of(pairs(make_item, seed, **fields))


def test_lags_and_fees_are_learnt(profile) -> None:
    rated, charged = profile(1, rate=9_900), profile(2, fixed=250)
    assert (rated.account, rated.currency, rated.pairs, rated.median_lag, rated.late_lag) == ("acc", "INR", 400, 1, 2)
    assert rated.rates == ((9_900, rated.unequal),)
    assert not rated.fixed
    assert charged.fixed == ((250, charged.unequal),)
    assert not charged.rates
    assert profile_of([]) == PairProfile()


def test_order_does_not_matter_and_json_keeps_everything(make_item) -> None:
    known = pairs(make_item, 1, rate=20_000)
    shuffled = random.Random(3).sample(known, len(known))
    assert profile_of(known) == profile_of(shuffled)
    assert PairProfile.from_json(profile_of(known).as_json()) == profile_of(known)


@pytest.mark.parametrize("seed", range(20))
def test_another_sample_of_the_same_behaviour_is_no_drift(profile, seed: int) -> None:
    fields = {"rate": 9_900, "lag": (0, 1, 1, 2, 3)}
    assert drift(profile(seed, **fields), profile(seed + 1_000, **fields)) == ()
    assert drift(profile(seed, fixed=250), profile(seed + 1_000, fixed=250, count=150)) == ()


def kinds(found: tuple[Drift, ...]) -> list[tuple[str, int | None, int]]:
    return [(one.kind, one.before, one.after) for one in found]


def test_what_changes_is_told_from_what_stays(profile) -> None:
    assert kinds(drift(profile(1, lag=(1, 1, 2)), profile(2, lag=(3, 3, 4)))) == [("lag", 1, 3)]
    assert kinds(drift(profile(1, rate=9_900), profile(2, rate=10_400))) == [("rate", 9_900, 10_400)]
    assert kinds(drift(profile(1, fixed=250), profile(2, fixed=300))) == [("fixed", 250, 300)]
    assert [one.kind for one in drift(profile(1, charged=0), profile(2, rate=9_900))] == ["rate", "unequal"]
    assert "10400 ppm are deducted, before 9900" in drift(profile(1, rate=9_900), profile(2, rate=10_400))[0].text


def test_too_few_pairs_say_nothing(profile) -> None:
    assert drift(profile(1, count=99), profile(2, lag=(9,))) == ()
    assert drift(profile(1), profile(2, lag=(9,), count=99)) == ()


def lagged(pairs: int, *percents: int) -> PairProfile:
    """A profile with so many percent of its pairs booked after 0, 1, 2... days."""
    return PairProfile(pairs=pairs, lags=tuple((day, pairs * percent // 100) for day, percent in enumerate(percents)))


def test_a_lag_has_drifted_when_it_is_sure_and_matters() -> None:
    assert kinds(drift(lagged(400, 60, 40), lagged(400, 38, 62))) == [("lag", 0, 1)]
    assert not drift(lagged(100, 60, 40), lagged(100, 38, 62)), "chance does as much among a hundred"
    assert not drift(lagged(10**6, 55, 45), lagged(10**6, 45, 55)), "sure, but of few pairs"
    assert not drift(lagged(10**6, 5, 90, 5), lagged(10**6, 40, 55, 5)), "neither half nor nine of ten are later"
