"""The suspected cause that a break names: each kind is planted in a book at random amounts and has to come back."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.conservation import check
from reconciler.dispatch import solve
from reconciler.rules import parse_reconciliation
from reconciler.suspected_splits import suspected_splits
from reconciler.types import Break, Item

RULES = parse_reconciliation(
    """name: causes
version: 1
shape: statement
sides: [{name: ledger}, {name: bank}]
tolerance: {days: {before: 2, after: 2}}
fees: {absolute_minor: {INR: 300}}
groups: {enabled: false}
""",
    "causes.yaml",
)
COMPLETE = dict.fromkeys(RULES.side_names, dt.datetime(2027, 1, 1, tzinfo=dt.UTC))
amounts = st.integers(50_001, 9_000_000).filter(lambda amount: amount % 10)

Make = Callable[..., Item]


def single_breaks(*items: Item) -> dict[str, Break]:
    """Breaks of one record, by its id."""
    outcome = solve(RULES, items, COMPLETE)
    check(items, outcome)
    return {broken.members[0].id: broken for broken in outcome.breaks if len(broken.members) == 1}


def causes(*items: Item) -> dict[str, tuple[str | None, str | None]]:
    """Nearest candidate and suspected cause of each record that is open by itself."""
    return {
        identity: (broken.nearest.id, broken.nearest.suspected) if broken.nearest else (None, None)
        for identity, broken in single_breaks(*items).items()
    }


@given(amount=amounts, fee=st.integers(1, 300))
@settings(max_examples=20)
def test_a_fee(make_item: Make, amount: int, fee: int) -> None:
    found = causes(make_item("l", "ledger", amount, text="Orla"), make_item("b", "bank", amount - fee, day=1, text="ORLA"))
    assert found == {"l": ("b", "fee"), "b": ("l", "fee")}


@given(amount=amounts, late=st.integers(3, 20))
@settings(max_examples=20)
def test_timing(make_item: Make, amount: int, late: int) -> None:
    found = causes(make_item("l", "ledger", amount, text="Orla"), make_item("b", "bank", amount, day=late, text="ORLA"))
    assert found == {"l": ("b", "timing"), "b": ("l", "timing")}


@given(amount=amounts, number=st.integers(10_000, 99_999))
@settings(max_examples=20)
def test_a_typo(make_item: Make, amount: int, number: int) -> None:
    slip = make_item("b", "bank", amount, day=9, key=f"INV{number}2")
    far = {key: cause for key, (_, cause) in causes(make_item("l", "ledger", amount, key=f"INV{number}1"), slip).items()}
    assert far == {"l": "typo", "b": "typo"}


@given(amount=amounts)
@settings(max_examples=10)
def test_a_duplicate(make_item: Make, amount: int) -> None:
    copies = [make_item(f"l{number}", "ledger", amount, day=number, text="Orla NR48151") for number in (0, 1)]
    outcome = solve(
        replace(RULES, groups=replace(RULES.groups, enabled=True)),
        [*copies, make_item("b", "bank", amount, text="ORLA NR48151")],
        COMPLETE,
    )
    (broken,) = outcome.breaks
    assert broken.nearest is not None
    assert (broken.members[0].id, broken.nearest.id, broken.nearest.suspected) == ("l1", "l0", "duplicate")


@given(parts=st.lists(st.integers(10_001, 900_000).filter(lambda amount: amount % 10), min_size=2, max_size=4, unique=True))
@settings(max_examples=20)
def test_a_split_names_its_parts_and_its_whole(make_item: Make, parts: list[int]) -> None:
    whole = make_item("l", "ledger", sum(parts), text="Orla Quist")
    pieces = [make_item(f"b{number}", "bank", part, day=5 + number, text="ORLA QUIST") for number, part in enumerate(parts)]
    found = single_breaks(whole, *pieces, make_item("x", "bank", sum(parts) + 7_777_777, day=5, text="ORLA QUIST"))
    nearest = found["l"].nearest
    assert nearest is not None and nearest.suspected == "split"
    assert nearest.differs[0].text == f"{' + '.join(piece.id for piece in pieces)} add up to l, {sum(parts)} INR"
    assert nearest.id == max(pieces, key=lambda piece: piece.amount_minor).id
    assert all((near := found[piece.id].nearest) is not None and near.id == "l" for piece in pieces)


@pytest.mark.parametrize(
    ("text", "amount", "day"),
    [("OTHER NAME", 4_000, 0), ("ORLA QUIST", 3_999, 0), ("ORLA QUIST", 4_000, 40), ("ORLA QUIST", -4_000, 0)],
)
def test_what_is_no_split(make_item: Make, text: str, amount: int, day: int) -> None:
    whole = make_item("l", "ledger", 10_000, text="Orla Quist")
    parts = [make_item("b0", "bank", 6_000, text="ORLA QUIST"), make_item("b1", "bank", amount, day=day, text=text)]
    assert suspected_splits(([whole], parts)) == {}


@given(st.permutations(range(6)))
@settings(max_examples=10)
def test_the_order_of_records_does_not_matter(make_item: Make, order: list[int]) -> None:
    whole = make_item("l", "ledger", 10_000, text="Orla Quist")
    parts = [make_item(f"b{n}", "bank", amount, text="ORLA QUIST") for n, amount in enumerate((6_000, 4_000, 3_000, 7_000, 1, 2))]
    assert suspected_splits(([whole], [parts[place] for place in order])) == suspected_splits(([whole], parts))
