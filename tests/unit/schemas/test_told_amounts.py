"""Reasons as people read them: amounts in units of their currency, everything else as it was told."""

import datetime as dt
import re

import pytest

from reconciler.dispatch import solve
from reconciler.reconciliation import Reconciliation
from reconciler.rules import parse_reconciliation
from reconciler.types import Item
from reconciler.yaml_nodes import Origin
from schemas.told_amounts import with_decimals

TEXT = """name: r
version: 1
shape: {shape}
sides: [{{name: one}}, {{name: two}}]
tolerance: {{amount: {{absolute_minor: {{"*": 12345}}}}}}
fees: {{ppm: 20000}}
fx: {{base: INR, rates: {{USD: {{2026-03-02: 83.1250}}, JPY: {{2026-03-02: "0.5512"}}}}}}
"""
SHAPES = ("keyed", "settlement", "statement")


@pytest.mark.parametrize(
    ("signal", "told", "shown"),
    [
        ("amount", "equal: 125000 INR", "equal: 1250.00 INR"),
        ("amount", "731025 and 730125 INR: differ by 900, allowed 1000", "7310.25 and 7301.25 INR: differ by 9.00, allowed 10.00"),
        ("amount", "-5 instead of 1500 BHD: differs by 1505", "-0.005 instead of 1.500 BHD: differs by 1.505"),
        ("amount", "5000 JPY", "5000 JPY"),
        ("amount", "100 and 90 XYQ: differ by 10", "100 and 90 XYQ: differ by 10"),
        (
            "fx",
            "100000 USD is 8312500 INR: rate 83.1250 INR/USD of 2026-05-04, source desk",
            "1000.00 USD is 83125.00 INR: rate 83.1250 INR/USD of 2026-05-04, source desk",
        ),
        ("gross", "30000 USD in 2 payments", "300.00 USD in 2 payments"),
        ("told", "one: 100 INR SUCCESS; two: 90 USD FAILED", "one: 1.00 INR SUCCESS; two: 0.90 USD FAILED"),
        ("reference", "equal: 4711 USD", "equal: 4711 USD"),
        ("", "w + x add up to 10000 INR", "w + x add up to 100.00 INR"),
    ],
)
def test_amounts_have_their_decimals(signal: str, told: str, shown: str) -> None:
    assert with_decimals(signal, told) == shown


def rules(shape: str) -> Reconciliation:
    return parse_reconciliation(TEXT.format(shape=shape), Origin("r.yaml", {"INR": 2, "USD": 2, "JPY": 0}))


def item(identity: str, side: str, amount: int, currency: str, key: str) -> Item:
    booked = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    return Item(id=identity, side=side, account="a", amount_minor=amount, currency=currency, direction=1, booked_at=booked, key=key)


@pytest.mark.parametrize("shape", SHAPES)
def test_no_reason_of_the_engine_shows_minor_units(shape: str) -> None:
    """Every amount here has seven digits or more in minor units, and fewer before the point."""
    amounts = [
        ("K1", 9_000_100, 9_000_100, "INR"),
        ("K2", 9_000_200, 9_010_200, "INR"),
        ("K3", 9_000_300, 8_900_300, "INR"),
        ("K4", 9_000_400, 7_000_400, "INR"),
        ("K5", 2_000_500, 166_291_562, "USD"),
        ("K6", 2_000_600, 9_000_600, "USD"),
    ]
    items = [item(f"l{key}", "one", left, currency, key) for key, left, _, currency in amounts]
    items += [item(f"r{key}", "two", right, "INR", key) for key, _, right, _ in amounts]
    items += [item("lone", "one", 9_000_700, "INR", "K7"), item("near", "two", 9_100_700, "INR", "K8")]
    outcome = solve(rules(shape), items, None)
    reasons = [reason for match in outcome.matches for reason in match.reasons]
    reasons += [reason for broken in outcome.breaks for reason in broken.reasons]
    reasons += [reason for one in outcome.breaks if one.nearest is not None for reason in one.nearest.differs]
    assert sum(re.search(r"\d{6}", reason.text) is not None for reason in reasons) >= 6
    shown = [with_decimals(reason.signal, reason.text) for reason in reasons]
    assert not [text for text in shown if re.search(r"(?<![\d.])\d{7,}(?!\.\d)", text)]
