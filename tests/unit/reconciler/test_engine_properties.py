"""Properties that hold for every shape: order independence, conservation, no double claim, monotone tolerance, symmetric sides."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.conservation import check
from reconciler.digest import decision_digest
from reconciler.dispatch import solve
from reconciler.evidence import all_references
from reconciler.reconciliation import Reconciliation, Side, Tolerance
from reconciler.rules import parse_reconciliation
from reconciler.types import BreakType, Item, Outcome, Stage

BASE = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def rules(shape: str) -> Reconciliation:
    text = f"""name: any
version: 1
shape: {shape}
sides: [{{name: one}}, {{name: two}}]
tolerance: {{amount: {{absolute_minor: {{INR: 2}}}}, days: {{before: 2, after: 2}}}}
fees: {{ppm: 20000}}
"""
    return parse_reconciliation(text, "any.yaml")


RULES = {shape: rules(shape) for shape in ("keyed", "settlement", "statement")}
shapes = pytest.mark.parametrize("shape", sorted(RULES))

# Few values of everything, so that ties, duplicates and near misses are the rule and not the exception.
FIELDS: dict[str, list[Any]] = {
    "amount_minor": [100, 101, 103, 250, 500],
    "currency": ["INR", "INR", "INR", "EUR"],
    "direction": [1, 1, 1, -1],
    "booked_at": [BASE + dt.timedelta(days=day) for day in range(5)],
    "status": ["SUCCESS"] * 6 + ["FAILED", "PENDING", "VOID"],
    "is_reversal": [False, False, False, True],
    "fee_minor": [None, 2],
    "key": ["REF00000001", "REF00000010", "REF0000000", "INV4711XY", None, None],
    "references": [(), ("INV4711XY",)],
    "text": ["", "rent", "NEFT REF00000001 acme", "acme"],
}


@st.composite
def books(draw: st.DrawFn) -> list[Item]:
    """Items that share nothing, or twins of one to three payments that differ in a field at most."""
    count = draw(st.integers(0, 9))
    kinds = [draw_fields(draw) for _ in range(draw(st.integers(1, 3)))] if draw(st.booleans()) else []
    items = []
    for number in range(count):
        fields = dict(draw(st.sampled_from(kinds))) if kinds else draw_fields(draw)
        if kinds and draw(st.booleans()):
            changed = draw(st.sampled_from(["amount_minor", "amount_minor", *FIELDS]))
            fields[changed] = draw(st.sampled_from(FIELDS[changed]))
        items.append(Item(id=f"i{number}", side=draw(st.sampled_from(["one", "two"])), account="acc", **fields))
    return items


def draw_fields(draw: st.DrawFn) -> dict[str, Any]:
    """A value for every field."""
    return {name: draw(st.sampled_from(values)) for name, values in FIELDS.items()}


@st.composite
def close_groups(draw: st.DrawFn) -> list[Item]:
    """Payments under two keys whose amounts differ by about as much as tolerances allow."""
    count = draw(st.integers(2, 6))
    return [
        Item(
            id=f"i{number}",
            side="one" if number % 2 else "two",
            account="acc",
            amount_minor=draw(st.integers(300, 306)),
            currency="INR",
            direction=1,
            booked_at=BASE,
            fee_minor=draw(st.sampled_from([None, 1])),
            key=draw(st.sampled_from(["REF00000001", "REF00000002"])),
        )
        for number in range(count)
    ]


sets_of_items = books() | close_groups()
horizons = st.sampled_from(
    [None, {}, {"one": BASE + dt.timedelta(days=60)}, dict.fromkeys(("one", "two"), BASE + dt.timedelta(days=60))]
)


@shapes
@given(items=sets_of_items, horizon=horizons, data=st.data())
def test_the_order_of_the_items_does_not_matter(shape: str, items: list[Item], horizon, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(items))
    first, second = solve(RULES[shape], items, horizon), solve(RULES[shape], shuffled, horizon)
    assert decision_digest(first) == decision_digest(second)
    assert {match.reasons for match in first.matches} == {match.reasons for match in second.matches}


@shapes
@given(items=sets_of_items, horizon=horizons)
def test_every_item_is_accounted_for_once(shape: str, items: list[Item], horizon) -> None:
    outcome = solve(RULES[shape], items, horizon)
    check(items, outcome)
    claimed = [member for match in outcome.matches for member in match.members]
    assert len(claimed) == len(set(claimed))


@shapes
@given(items=sets_of_items)
def test_nothing_is_final_without_a_horizon(shape: str, items: list[Item]) -> None:
    outcome = solve(RULES[shape], items, None)
    assert not any(decision.final for decision in (*outcome.matches, *outcome.breaks))
    assert not {broken.type for broken in outcome.breaks} & {BreakType.MISSING_LEFT, BreakType.MISSING_RIGHT}


@given(items=sets_of_items, wider=st.integers(0, 5))
def test_a_pair_that_agrees_under_one_tolerance_agrees_under_a_wider_one(items: list[Item], wider: int) -> None:
    narrow = RULES["statement"].tolerance
    wide = replace(narrow, absolute_minor={"INR": 2 + wider})
    for first in items:
        for last in items:
            amounts = (first.signed_minor, last.signed_minor)
            assert not narrow.within(amounts, "INR") or wide.within(amounts, "INR")


@pytest.mark.parametrize("shape", ["keyed", "settlement"])
@given(items=sets_of_items, wider=st.integers(1, 20))
def test_a_wider_tolerance_never_opens_what_a_key_ties(shape: str, items: list[Item], wider: int) -> None:
    narrow = RULES[shape]
    wide = replace(narrow, tolerance=Tolerance(absolute_minor={"*": 2 + wider}))
    kept = {match.key: set(match.members) for match in solve(wide, items, None).matches}
    for match in solve(narrow, items, None).matches:
        assert set(match.members) <= kept[match.key]


@given(items=sets_of_items, wider=st.integers(0, 20), more_days=st.integers(0, 9))
def test_a_wider_tolerance_never_parts_a_pair_whose_references_nobody_else_has(
    items: list[Item], wider: int, more_days: int
) -> None:
    """In a book a wider tolerance may bring rivals, so no more than this is true: what a reference of its own ties stays tied."""
    narrow = RULES["statement"]
    wide = widened(narrow, wider, more_days)
    owners = Counter((item.currency, reference) for item in items for reference in all_references(item))
    by_id = {item.id: item for item in items}
    kept = {match.members for match in solve(wide, items, None).matches}
    for match in solve(narrow, items, None).matches:
        pair = [by_id[member.id] for member in match.members]
        own = {(item.currency, reference) for item in pair for reference in all_references(item)}
        if match.stage is Stage.REFERENCE and all(owners[reference] <= 2 for reference in own) and tied(pair) == own:
            assert match.members in kept


@given(items=sets_of_items, wider=st.integers(0, 600), more_days=st.integers(0, 9))
def test_a_wider_tolerance_never_parts_two_items_that_are_alone(items: list[Item], wider: int, more_days: int) -> None:
    narrow = RULES["statement"]
    wide = widened(narrow, wider, more_days)
    for one in [item for item in items if item.side == "one"]:
        for other in [item for item in items if item.side == "two"]:
            matched = [{match.members for match in solve(rules, (one, other), None).matches} for rules in (narrow, wide)]
            assert matched[0] <= matched[1]


def widened(rules: Reconciliation, amount: int, days: int) -> Reconciliation:
    """The rules with a tolerance that is wider by an amount and by days, in every pass."""
    tolerance = replace(
        rules.tolerance,
        absolute_minor={"INR": 2 + amount, "*": amount},
        days_before=rules.tolerance.days_before + days,
        days_after=rules.tolerance.days_after + days,
    )
    return replace(rules, tolerance=tolerance)


def tied(pair: list[Item]) -> set[tuple[str, str]]:
    """References that both items have."""
    first, last = ({(item.currency, reference) for reference in all_references(item)} for item in pair)
    return first & last


@pytest.mark.parametrize("shape", ["keyed", "settlement"])
@given(items=sets_of_items, horizon=horizons)
def test_each_key_can_be_solved_by_itself(shape: str, items: list[Item], horizon) -> None:
    keys = {item.key for item in items}
    parts = [solve(RULES[shape], [item for item in items if item.key == key], horizon) for key in keys]
    assert digest_of(parts) == decision_digest(solve(RULES[shape], items, horizon))


@given(items=sets_of_items, horizon=horizons)
def test_each_book_can_be_solved_by_itself(items: list[Item], horizon) -> None:
    items = [replace(item, account=f"account {index % 2}") for index, item in enumerate(items)]
    places = {(item.account, item.currency) for item in items}
    parts = [
        solve(RULES["statement"], [item for item in items if (item.account, item.currency) == place], horizon) for place in places
    ]
    assert digest_of(parts) == decision_digest(solve(RULES["statement"], items, horizon))


def digest_of(parts: Iterable[Outcome]) -> str:
    """The digest of several outcomes as if they were one."""
    listed = list(parts)
    return decision_digest(
        Outcome(
            matches=tuple(match for part in listed for match in part.matches),
            breaks=tuple(broken for part in listed for broken in part.breaks),
            ignored=tuple(member for part in listed for member in part.ignored),
        )
    )


def mirrored(outcome: Outcome) -> set[tuple[object, ...]]:
    names = {BreakType.MISSING_LEFT: BreakType.MISSING_RIGHT, BreakType.MISSING_RIGHT: BreakType.MISSING_LEFT}
    decided: set[tuple[object, ...]] = {(match.members, match.stage, match.decision, match.final) for match in outcome.matches}
    return decided | {(broken.members, names.get(broken.type, broken.type), broken.final) for broken in outcome.breaks}


def plain(outcome: Outcome) -> set[tuple[object, ...]]:
    decided: set[tuple[object, ...]] = {(match.members, match.stage, match.decision, match.final) for match in outcome.matches}
    return decided | {(broken.members, broken.type, broken.final) for broken in outcome.breaks}


@pytest.mark.parametrize("shape", ["keyed", "statement"])
@given(items=sets_of_items, horizon=horizons)
def test_which_side_is_left_does_not_matter(shape: str, items: list[Item], horizon) -> None:
    straight = RULES[shape]
    swapped = replace(straight, sides=straight.sides[::-1])
    assert plain(solve(straight, items, horizon)) == mirrored(solve(swapped, items, horizon))


@given(items=sets_of_items, horizon=horizons, data=st.data())
def test_three_sides_in_any_order_decide_the_same(items: list[Item], horizon, data: st.DataObject) -> None:
    names = ("one", "two", "three")
    told = [replace(item, side=names[number % 3]) for number, item in enumerate(items)]
    straight = replace(RULES["keyed"], sides=tuple(Side(name=name) for name in names))
    turned = replace(straight, sides=tuple(data.draw(st.permutations(straight.sides))))
    assert unsided(solve(straight, told, horizon)) == unsided(solve(turned, data.draw(st.permutations(told)), horizon))


def unsided(outcome: Outcome) -> set[tuple[object, ...]]:
    """What was decided, whichever side is called left."""
    missing = {BreakType.MISSING_LEFT: "MISSING", BreakType.MISSING_RIGHT: "MISSING"}
    decided: set[tuple[object, ...]] = {(match.members, match.stage, match.final) for match in outcome.matches}
    return decided | {(broken.members, missing.get(broken.type, broken.type), broken.final) for broken in outcome.breaks}


@given(
    st.lists(st.tuples(st.integers(0, 1_000) | st.integers(0, 2**40), st.integers(0, 1_000)), min_size=1),
    st.sampled_from([0, 1, 500, 20_000, 250_000, 500_000, 999_999]),
    st.integers(0, 3),
)
def test_the_reach_of_a_tolerance_is_beyond_everything_within_it(amounts: list[tuple[int, int]], ppm: int, absolute: int) -> None:
    tolerance = Tolerance(absolute_minor={"*": absolute}, ppm=ppm)
    for smaller, apart in amounts:
        for first, last in ((smaller, smaller + apart), (smaller + apart, smaller)):
            if tolerance.within((first, last), "INR"):
                assert apart <= tolerance.reach_minor(first, "INR")
