"""Two versions' decisions compared: known answers, and what must hold whatever was decided."""

import datetime as dt
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.rule_diff import RuleDiff
from reconciler.types import Break, BreakType, Decision, Match, Member, Outcome, Stage

DAY = dt.date(2026, 3, 2)
SIDES = (("ledger", "bank"), ("ledger", "bank"))


def match(left: str, right: str, amount: int = 100, **fields: Any) -> Match:
    given: dict[str, Any] = {"stage": Stage.REFERENCE, "currency": "INR", "account": "acc", "booked_on": DAY, **fields}
    return Match(key=left, members=(Member("bank", right), Member("ledger", left)), amount_minor=amount, **given)


def missing(side: str, identity: str) -> Break:
    kind = BreakType.MISSING_RIGHT if side == "ledger" else BreakType.MISSING_LEFT
    return Break(
        type=kind, key=identity, members=(Member(side, identity),), amount_minor=7, currency="INR", account="acc", booked_on=DAY
    )


def compared(old: Outcome, new: Outcome, counted: set[str] | None = None) -> RuleDiff:
    diff = RuleDiff()
    diff.add(SIDES, (old, new), counted)
    diff.finish()
    return diff


def outcome_of(partners: dict[int, int], size: int = 5) -> Outcome:
    """Matches of ledger items with bank items by number; what is left is missing."""
    lefts = [missing("ledger", f"l{number}") for number in range(size) if number not in partners]
    rights = [missing("bank", f"b{number}") for number in range(size) if number not in partners.values()]
    pairs = [match(f"l{left}", f"b{right}", 100 + left) for left, right in partners.items()]
    return Outcome(matches=tuple(pairs), breaks=(*lefts, *rights))


def test_each_kind_of_change_is_told_apart() -> None:
    old = Outcome(
        matches=(
            match("same", "b1"),
            match("lost", "b2", 250),
            match("moved", "b3"),
            match("stronger", "b5", decision=Decision.SUGGESTED, probability_ppm=800_000),
        ),
        breaks=(missing("ledger", "gained"), missing("bank", "b6"), missing("bank", "b4")),
    )
    new = Outcome(
        matches=(
            match("same", "b1"),
            match("gained", "b6", 400, currency="EUR"),
            match("moved", "b4"),
            match("stronger", "b5", stage=Stage.PROBABILISTIC, probability_ppm=999_900),
        ),
        breaks=(missing("ledger", "lost"), missing("bank", "b2"), missing("bank", "b3")),
    )
    diff = compared(old, new)
    assert (diff.kept, diff.gained.count, diff.lost.count, diff.changed.count) == (1, 1, 1, 2)
    assert (diff.gained.money, diff.lost.money, diff.changed.money) == ({"EUR": 400}, {"INR": 250}, {"INR": 200})
    assert [one.what for one in diff.changed.examples] == [
        "other records",
        "suggested becomes auto, stage reference becomes probabilistic",
    ]
    assert (diff.before, diff.after) == ({"auto": 3, "suggested": 1}, {"auto": 4})
    assert (diff.false_before_ppm, diff.false_after_ppm) == (0, 100)
    left = diff.breaks[BreakType.MISSING_RIGHT]
    assert (left.before, left.after, left.only_before, left.only_after) == (1, 1, 1, 1)
    assert diff.records == 11 and diff.differs


def test_only_decisions_about_counted_records_count() -> None:
    old, new = outcome_of({}), outcome_of({0: 0, 1: 1})
    diff = compared(old, new, {"l1"})
    assert (diff.gained.count, diff.records) == (1, 2)
    assert not compared(old, new, {"l4"}).differs


def test_examples_are_those_of_the_largest_amounts() -> None:
    diff = RuleDiff()
    for number in range(200):
        pair = Outcome(matches=(match(f"l{number}", f"b{number}", (number * 37) % 200),))
        diff.add(SIDES, (Outcome(), pair), None)
    diff.finish()
    assert diff.gained.count == 200
    assert [one.amount_minor for one in diff.gained.examples] == [199, 198, 197, 196, 195]


_PARTNERS = st.permutations(range(5)).flatmap(
    lambda rights: st.sets(st.integers(0, 4)).map(lambda lefts: {left: rights[left] for left in lefts})
)


@given(_PARTNERS, _PARTNERS)
@settings(max_examples=150, deadline=None)
def test_the_way_back_undoes_the_way_there(before: dict[int, int], after: dict[int, int]) -> None:
    old, new = outcome_of(before), outcome_of(after)
    there, back = compared(old, new), compared(new, old)
    assert not compared(old, old).differs
    assert there.differs == back.differs == (before != after)
    assert (there.gained.count, there.lost.count, there.kept) == (back.lost.count, back.gained.count, back.kept)
    assert there.gained.money == back.lost.money
    assert there.kept + there.gained.count + there.changed.count == len(after)
    assert there.kept + there.lost.count <= len(before)
    assert there.open_after["INR"] - there.open_before["INR"] == 14 * (len(before) - len(after))
