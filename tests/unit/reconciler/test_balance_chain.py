"""Continuity of statements: any order of arrival, the fewest gaps, numbers of all kinds, and repeats."""

import datetime as dt
import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.balance_chain import ChainFaultKind, StatementLink, chain_faults

DAY = dt.date(2026, 3, 2)


def link(name: str, opening: int, closing: int, *, day: dt.date | None = DAY, sequence: int | None = None, **changes):
    fields = {"account": "A", "currency": "EUR", "content": name, "has_entries": True}
    return StatementLink(
        name=name, opening_minor=opening, closing_minor=closing, day=day, sequence=sequence, **{**fields, **changes}
    )


def told(*links: StatementLink) -> list[tuple[str, str, str]]:
    return [(fault.kind.value, fault.at.name, fault.other.name) for fault in chain_faults(links)]


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 1)), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
    st.data(),
)
def test_a_whole_chain_has_no_gap_in_any_order_and_a_missing_statement_leaves_few(moves, chance: random.Random, data):
    links, balance, day = [], 0, DAY
    for number, (moved, later) in enumerate(moves):
        day += dt.timedelta(days=later)
        links.append(link(f"s{number:02}", balance, balance + moved, day=day))
        balance += moved
    shuffled = chance.sample(links, len(links))
    assert told(*shuffled) == []
    gone = data.draw(st.integers(0, len(links) - 1))
    found = told(*(one for one in shuffled if one is not links[gone]))
    # Days are put in order one by one. Where a day has several statements, what is missing on it can leave a gap on either side.
    one_a_day = len({one.day for one in links}) == len(links)
    assert len(found) <= (1 if one_a_day else 2)
    assert found == told(*(one for one in links if one is not links[gone])), "the same for any order"
    if one_a_day and 0 < gone < len(links) - 1:
        assert len(found) == (moves[gone][0] != 0)


def test_a_gap_names_both_statements():
    first, last = link("a", 0, 5, day=DAY), link("c", 7, 9, day=DAY + dt.timedelta(days=2))
    assert told(last, first) == [("balance_gap", "c", "a")]
    assert told(last, link("b", 5, 7, day=DAY + dt.timedelta(days=1)), first) == []


def test_several_statements_of_a_day_are_put_in_order_by_their_balances():
    for order in permutations([link("z", 0, 5), link("y", 5, 3), link("x", 3, 8), link("w", 3, 3)]):
        assert told(*order) == []


def test_accounts_and_currencies_are_apart():
    assert told(link("a", 0, 5), link("b", 9, 9, account="B"), link("c", 7, 7, currency="USD")) == []


@pytest.mark.parametrize(
    ("first", "second", "days", "is_gap"),
    [
        (6, 8, 1, True),
        (6, 7, 30, False),
        (0, 1, 1, False),
        (1, 1, 1, False),
        (61, 64, 3, False),
        (250, 1, 320, False),
        (250, 3, 320, True),
        (250, 251, 320, False),
        (None, 9, 1, False),
    ],
    ids=[
        "missing",
        "next",
        "constant 0/1",
        "always 1",
        "day of the year",
        "new year",
        "missing in the new year",
        "runs on",
        "none",
    ],
)
def test_numbers(first, second, days, is_gap):
    links = link("a", 0, 5, sequence=first), link("b", 5, 6, sequence=second, day=DAY + dt.timedelta(days=days))
    assert told(*links) == ([("sequence_gap", "b", "a")] if is_gap else [])


def test_the_same_statement_again_is_a_repeat_and_breaks_no_chain():
    first, again, last = link("a", 0, 5, content=1), link("b", 0, 5, content=1), link("c", 5, 9, content=2)
    assert told(last, again, first) == [(ChainFaultKind.REPEATED, "b", "a")]


def test_days_without_entries_are_alike_and_no_repeat():
    assert told(*(link(name, 5, 5, content=1, has_entries=False) for name in "abc")) == []
