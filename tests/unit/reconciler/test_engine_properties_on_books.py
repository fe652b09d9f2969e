"""The same properties on generated books, with the rules of `reconduit match`: batches, splits, reversals, twins, noise.

Small books run the steps that learn nothing, by rules without the stage that does; the larger ones learn weights.
"""

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.accuracy.books import Row
from benchmarks.accuracy.generated.statement_book import statement_book
from benchmarks.accuracy.generated.three_way import ThreeWayBook, three_way_book
from reconciler.conservation import check
from reconciler.digest import decision_digest
from reconciler.dispatch import solve
from reconciler.reconciliation import Reconciliation
from reconciler.rules import parse_reconciliation
from reconciler.types import Break, BreakType, Item, Match, Outcome, Stage
from reconduit.matching.rules import load_reconciliation

RULES = load_reconciliation(None)
LEARNING_NOTHING = replace(RULES, passes=tuple(one for one in RULES.passes if one.stage is not Stage.PROBABILISTIC))
COMPLETE = dict.fromkeys(RULES.side_names, dt.datetime.max.replace(tzinfo=dt.UTC))
MIRRORED = {BreakType.MISSING_LEFT: BreakType.MISSING_RIGHT, BreakType.MISSING_RIGHT: BreakType.MISSING_LEFT}

seeds = st.integers(0, 10**6)
small_books = st.tuples(st.sampled_from(["easy", "medium", "hard"]), seeds, st.just(90))
learnt_from = pytest.mark.parametrize("book", [("medium", 21, 420), ("hard", 22, 420)], ids=["medium", "hard"])

Book = tuple[str, int, int]


@cache
def items_of(book: Book) -> tuple[Item, ...]:
    made = statement_book(*book)
    return tuple(item_of(row, side) for side, rows in zip(RULES.side_names, (made.left, made.right), strict=True) for row in rows)


def item_of(row: Row, side: str) -> Item:
    identity, date, amount, text = row
    return Item(
        id=identity,
        side=side,
        account="",
        amount_minor=abs(int(Decimal(amount).scaleb(2))),
        currency="EUR",
        direction=-1 if amount.startswith("-") else 1,
        booked_at=dt.datetime.combine(dt.date.fromisoformat(date), dt.time(), tzinfo=dt.UTC),
        text=text,
    )


def solved(rules: Reconciliation, items: Sequence[Item]) -> Outcome:
    """The outcome, which accounts for every item exactly once."""
    outcome = solve(rules, items, COMPLETE)
    check(items, outcome)
    return outcome


def told(match: Match) -> tuple[object, ...]:
    return match.members, match.stage, match.decision, match.probability_ppm, match.reasons, match.runner_up


def everything(rules: Reconciliation, items: Sequence[Item]) -> tuple[object, ...]:
    """What is decided, and why."""
    outcome = solved(rules, items)
    return decision_digest(outcome), {told(match) for match in outcome.matches}


def from_the_left(rules: Reconciliation, items: Sequence[Item]) -> tuple[object, ...]:
    """Matches and breaks; a set of items and what became of it, with the sides as they are named."""
    return decided(solved(rules, items), {})


def from_the_right(rules: Reconciliation, items: Sequence[Item]) -> tuple[object, ...]:
    """The same with the sides exchanged: what was missing on the left is missing on the right."""
    return decided(solved(replace(rules, sides=rules.sides[::-1]), items), MIRRORED)


def decided(outcome: Outcome, renamed: Mapping[BreakType, BreakType]) -> tuple[object, ...]:
    matches = {(frozenset(match.members), match.stage, match.decision, match.probability_ppm) for match in outcome.matches}
    return matches, {(frozenset(broken.members), renamed.get(broken.type, broken.type)) for broken in outcome.breaks}


@given(book=small_books, seed=seeds)
@settings(max_examples=12)
def test_the_order_of_a_small_book_does_not_matter(book: Book, seed: int) -> None:
    items = items_of(book)
    assert everything(LEARNING_NOTHING, items) == everything(LEARNING_NOTHING, random.Random(seed).sample(items, len(items)))


@learnt_from
def test_the_order_of_a_book_to_learn_from_does_not_matter(book: Book) -> None:
    items = items_of(book)
    assert any(match.stage is Stage.PROBABILISTIC for match in solved(RULES, items).matches)
    assert everything(RULES, items) == everything(RULES, random.Random(1).sample(items, len(items)))


@given(book=small_books)
@settings(max_examples=12)
def test_which_side_of_a_small_book_is_left_does_not_matter(book: Book) -> None:
    assert from_the_left(LEARNING_NOTHING, items_of(book)) == from_the_right(LEARNING_NOTHING, items_of(book))


@learnt_from
def test_which_side_of_a_book_to_learn_from_is_left_does_not_matter(book: Book) -> None:
    assert from_the_left(RULES, items_of(book)) == from_the_right(RULES, items_of(book))


@given(book=small_books)
@settings(max_examples=8)
def test_a_book_is_decided_the_same_beside_another(book: Book) -> None:
    items = items_of(book)
    others = [
        replace(item, id=f"other {item.id}", account="another", amount_minor=item.amount_minor + index % 3)
        for index, item in enumerate(items)
    ]
    together, alone = solved(RULES, [*others, *items]), solved(RULES, items)
    assert {told(match) for match in together.matches if match.account == ""} == {told(match) for match in alone.matches}
    assert {broken for broken in together.breaks if broken.account == ""} == set(alone.breaks)


def three_sides(seed: int) -> tuple[ThreeWayBook, Reconciliation]:
    book = three_way_book("hard", seed, 60)
    return book, parse_reconciliation(book.rules, "three-way.yaml")


@given(seed=seeds)
@settings(max_examples=10)
def test_three_sides_in_any_order_find_the_same(seed: int) -> None:
    book, rules = three_sides(seed)
    horizon = dict.fromkeys(rules.side_names, dt.datetime.max.replace(tzinfo=dt.UTC))
    shuffled = random.Random(seed).sample(book.items, len(book.items))
    swapped = replace(rules, sides=rules.sides[::-1])
    straight, other = solve(rules, book.items, horizon), solve(swapped, shuffled, horizon)
    for outcome in (straight, other):
        check(book.items, outcome)
    assert {frozenset(match.members) for match in straight.matches} == {frozenset(match.members) for match in other.matches}
    assert {kind_of(broken) for broken in straight.breaks} == {kind_of(broken) for broken in other.breaks}


def kind_of(broken: Break) -> tuple[object, ...]:
    """Members and type; whether a counterpart is missing on the left or on the right depends on which side is left."""
    return frozenset(broken.members), "MISSING" if broken.type in MIRRORED else broken.type, broken.final
