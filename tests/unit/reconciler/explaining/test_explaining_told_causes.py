"""What the type of a break suggests by itself, on breaks as the engine makes them."""

import datetime as dt

import pytest

from reconciler.dispatch import solve
from reconciler.explaining.causes import Cause, Suspicion
from reconciler.explaining.signals import signals_of
from reconciler.explaining.told_causes import tied_by_reference, told_cause
from reconciler.reconciliation import Reconciliation
from reconciler.rules import parse_reconciliation
from reconciler.types import Break, BreakType, Item

KEYED = parse_reconciliation("name: k\nversion: 1\nshape: keyed\nsides: [{name: one}, {name: two}]\n", "k.yaml")
SETTLEMENT = parse_reconciliation(
    "name: s\nversion: 1\nshape: settlement\nsides: [{name: one}, {name: two}]\nfees: {ppm: 20000}\n", "s.yaml"
)
BOOK = parse_reconciliation("name: b\nversion: 1\nshape: statement\nsides: [{name: one}, {name: two}]\n", "b.yaml")
MONDAY = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


def item(identity: str, side: str, amount: int, key: str = "R1") -> Item:
    return Item(id=identity, side=side, account="a", amount_minor=amount, currency="INR", direction=1, booked_at=MONDAY, key=key)


@pytest.mark.parametrize(
    ("rules", "items", "kind", "cause", "why"),
    [
        (KEYED, [item("a", "one", 5)], BreakType.TIMING, Cause.TIMING, "two may still deliver"),
        (
            KEYED,
            [item("a", "one", 5), item("b", "two", 5), item("c", "two", 5)],
            BreakType.DUPLICATE,
            Cause.DUPLICATE,
            "copies b, which is booked first and stays",
        ),
        (
            SETTLEMENT,
            [item("a", "one", 10_000), item("b", "two", 9_850)],
            BreakType.FEE_VARIANCE,
            Cause.FEE,
            "explains up to 200 INR",
        ),
    ],
)
def test_the_type_tells_the_cause_and_the_evidence_why(
    rules: Reconciliation, items: list[Item], kind: BreakType, cause: Cause, why: str
) -> None:
    [broken] = solve(rules, items, None).breaks
    found = told(broken)
    assert broken.type is kind and found is not None
    assert found.cause is cause and why in found.why


def test_other_types_may_have_any_cause() -> None:
    [broken] = solve(BOOK, [item("a", "one", 10_000), item("b", "two", 9_000)], None).breaks
    assert broken.type is BreakType.AMOUNT and told(broken) is None
    assert tied_by_reference(signals_of(broken.reasons))


def told(broken: Break) -> Suspicion | None:
    return told_cause(broken.type.value, signals_of(broken.reasons))
