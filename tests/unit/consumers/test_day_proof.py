"""The proof of a day: its figures add up when every record is in a decision, and fail when one is not."""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.day_proof import DayProofs
from reconciler.rules import parse_reconciliation

RULES = parse_reconciliation("name: r\nversion: 1\nshape: keyed\nkey: reference_number\nsides: [{name: a}, {name: b}]\n", "r.yaml")
DAY = dt.date(2026, 3, 2)


@dataclass(frozen=True)
class Decision:
    matched: bool
    final: bool
    size: int
    elsewhere: int  # members of other days


_DECISIONS = st.lists(st.builds(Decision, st.booleans(), st.booleans(), st.integers(1, 4), st.integers(0, 2)), max_size=8)
_RECORD = st.tuples(st.integers(0, 1), st.integers(0, 10**9), st.sampled_from(["INR", "USD"]), st.booleans())


def frames(decisions: list[Decision], records: list[tuple[int, int, str, bool]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Items of the day and the decisions about them: each decision takes the next few records."""
    rows, decided, number = [], [], 0
    for one in decisions:
        members = []
        for _ in range(one.size):
            side, amount, currency, reversal = records[number % len(records)]
            rows.append((number, side, amount, currency, reversal))
            members.append(number)
            number += 1
        members += [10_000 + number + extra for extra in range(one.elsewhere)]
        decided.append((one.matched, one.final, DAY, rows[-1][3], members))
    items = pl.DataFrame(
        rows,
        schema={"member": pl.Int64, "side": pl.Int8, "amount_minor": pl.Int64, "currency": pl.String, "is_reversal": pl.Boolean},
        orient="row",
    ).with_columns(status=pl.lit(0, dtype=pl.Int16))
    shape = {"matched": pl.Boolean, "final": pl.Boolean, "booked_on": pl.Date, "currency": pl.String, "members": pl.List(pl.Int64)}
    return items, pl.DataFrame(decided, schema=shape, orient="row")


@settings(max_examples=60, deadline=None)
@given(decisions=_DECISIONS, records=st.lists(_RECORD, min_size=1, max_size=12))
def test_every_figure_adds_up(decisions: list[Decision], records: list[tuple[int, int, str, bool]]) -> None:
    items, decided = frames(decisions, records)
    proofs = DayProofs(RULES, DAY, items, decided)
    told = 0
    for currency in proofs.currencies():
        proof = proofs.prove(currency)
        told += sum(side["told"] for side in proof["sides"].values())
        assert proof["holds"]
        parts = ("matched_difference_minor", "elsewhere_difference_minor", "open_difference_minor")
        assert proof["difference_minor"] == sum(proof[name] for name in parts)
    assert told == len(items)


@settings(max_examples=20, deadline=None)
@given(decisions=_DECISIONS.filter(bool), records=st.lists(_RECORD, min_size=1, max_size=12))
def test_a_record_that_no_decision_names_fails_the_proof(
    decisions: list[Decision], records: list[tuple[int, int, str, bool]]
) -> None:
    items, decided = frames(decisions, records)
    proofs = DayProofs(RULES, DAY, items, decided.head(-1))
    lost = items.tail(decisions[-1].size)["currency"].unique().to_list()
    assert not any(proofs.prove(currency)["holds"] for currency in lost)
    never = items.with_columns(status=pl.lit(3, dtype=pl.Int16))
    assert all(DayProofs(RULES, DAY, never, decided.clear()).prove(currency)["holds"] for currency in lost), "void is no money"
