"""Signals beside text, amount and date: numbers that contradict each other, and channels and transaction types."""

import random
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.evidence import one_slip_apart
from reconciler.probabilistic.numbers import contradiction_between, number_signal, tabulate_numbers
from reconciler.types import BreakType, Item, Outcome
from tests.unit.reconciler.test_probabilistic_stage import book, found, solved

_numbers = st.lists(st.text("0123", min_size=5, max_size=7), max_size=3, unique=True)


def defined(ours: list[str], theirs: list[str]) -> int:
    """The level of a pair by the definition: 0 nothing against it, 1 a slip, 2 a contradiction."""
    alike = [(one, other) for one in ours for other in theirs if len(one) == len(other)]
    if not alike or any(one == other for one, other in alike):
        return 0
    return 1 if any(one_slip_apart(one, other) for one, other in alike) else 2


@given(ours=_numbers, theirs=_numbers)
def test_numbers_contradict_each_other_as_they_are_defined_to(ours: list[str], theirs: list[str]) -> None:
    make = lambda side, numbers: Item(  # noqa: E731
        id=side, side=side, account="", amount_minor=1, currency="EUR", direction=1, booked_at=START, text="INV" + "/".join(numbers)
    )
    items = make("one", ours), make("two", theirs)
    levels = number_signal(np.array([0]), np.array([1]), tabulate_numbers(items)).levels
    wanted = defined(ours, theirs)
    # Both changes of neighbouring digits that leave a difference like a slip's are rare, and taken for one.
    assert levels[0] == wanted or (wanted == 2 and levels[0] == 1 and near_by_value(ours, theirs))
    assert contradiction_between(*items) == (wanted != 0)


def near_by_value(ours: list[str], theirs: list[str]) -> bool:
    gaps = {abs(int(one) - int(other)) for one in ours for other in theirs if len(one) == len(other)}
    slips = {digit * factor * 10**power for digit in range(1, 10) for factor in (1, 9) for power in range(7)}
    return bool(gaps & slips)


START = book(1, 1)[0][0].booked_at


def invoiced(seed: int) -> list[Item]:
    """A book of which half of the payments carry an invoice number on both sides; the bank cuts some."""
    draw = random.Random(seed)
    items = []
    for item in book(seed)[0]:
        number = item.id.removeprefix("one").removeprefix("two")
        told = f"{item.text} NR{100_000 + int(number) * 7919 % 899_999}" if int(number) % 2 else item.text
        items.append(replace(item, text=told[:20] if item.side == "two" and draw.randrange(4) == 0 else told))
    return items


def test_payments_of_one_payer_under_two_invoice_numbers_are_no_match(make_item: Callable[..., Item]) -> None:
    one, two = (
        Item(
            id=f"{side}x", side=side, account="a", amount_minor=minor, currency="EUR", direction=1, booked_at=START,
            text=f"QUIRIN ZABEL NR{number}",
        )
        for side, minor, number in (("one", 4_711, 555_111), ("two", 4_650, 820_934))
    )  # fmt: skip
    outcome = solved([*invoiced(21), one, two])
    assert frozenset({"onex", "twox"}) not in found(outcome)
    agreeing = solved([*invoiced(21), one, replace(two, text="QUIRIN ZABEL")])
    assert frozenset({"onex", "twox"}) in found(agreeing)


def with_channels(items: list[Item], channel: Callable[[str, str], str]) -> list[Item]:
    """The items with a channel by side and number."""
    return [replace(item, channel=channel(item.side, item.id.removeprefix(item.side))) for item in items]


def honest(side: str, number: str) -> str:
    return ("POS", "BRANCH", "UPI")[int(number) % 3] if side == "one" else ("CARD", "BRANCH", "UPI")[int(number) % 3]


@pytest.mark.parametrize("field", ["channel", "transaction_type"])
@pytest.mark.parametrize("right", ["a", "b"])
def test_the_channel_decides_between_candidates_that_are_equal_otherwise(field: str, right: str) -> None:
    items = [replace(item, **{"channel": "", field: item.channel}) for item in with_channels(book(22)[0], honest)]
    told = {"a": "UPI", "b": "UPI"} | {right: "CARD"}
    candidates = [
        Item(
            id=identity, side=side, account="a", amount_minor=4_711, currency="EUR", direction=1, booked_at=START,
            text="QUIRIN ZABEL", **{field: code},
        )
        for identity, side, code in (("x", "one", "POS"), *((name, "two", code) for name, code in told.items()))
    ]  # fmt: skip
    assert frozenset({"x", right}) in found(solved([*items, *candidates]))


def test_channels_that_say_nothing_do_no_harm() -> None:
    items, truth = book(23)
    draw = random.Random(23)
    noisy = with_channels(items, lambda _side, _number: draw.choice(("UPI", "CARD", "BRANCH", "")))
    right, with_noise = (len(found(solved(one)) & truth) for one in (items, noisy))
    assert with_noise >= right - 3
    assert len(found(solved(noisy)) - truth) <= len(found(solved(items)) - truth) + 2


def test_a_match_names_the_channels(make_item: Callable[..., Item]) -> None:
    outcome: Outcome = solved(with_channels(book(24)[0], honest))
    told = [reason.text for match in outcome.matches for reason in match.reasons if reason.signal == "channel"]
    assert any(text.startswith("POS and CARD: +") for text in told)
    assert not [broken for broken in outcome.breaks if broken.type is BreakType.DUPLICATE]
