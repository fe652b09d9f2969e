"""Solving in columns decides what the engine's reference solver decides: any groups, in any order, in any batches."""

import datetime as dt
import json
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from consumers.contract_check import LARGEST_AMOUNT_MINOR
from consumers.sides import Compiled, compile_reconciliation
from consumers.solving import item_of, solve_groups
from reconciler.columnar import ITEM_COLUMNS, solve_plain_groups
from reconciler.dispatch import solve
from reconciler.reconciliation import Reconciliation
from reconciler.rules import parse_reconciliation
from reconciler.text import normalise_reference
from reconciler.types import Break, Decision, Match
from schemas.keys import hash64
from schemas.tables import BREAK_TYPES, STAGES

SCHEMA = {
    "group": pl.Int64,
    "key": pl.String,
    "side": pl.Int8,
    "member": pl.Int64,
    "amount_minor": pl.Int64,
    "currency": pl.String,
    "status": pl.Int16,
    "is_reversal": pl.Boolean,
    "booked_us": pl.Int64,
    "account_id": pl.String,
    "direction": pl.Int16,
    "fee_minor": pl.Int64,
    "source_id": pl.Int16,
    "txn_id": pl.String,
}
DAY_US = 86_400_000_000
SOURCES = {0: "core", 1: "gateway", 2: "mobile"}
KEYS = ["INV-1", "inv 1", "ＩＮＶ1", 'Q"1', "B\\S{}", "é1", "INV2", "INV3", "NONREF", ""]


def rules(shape: str, sides: int, tolerance_minor: int = 0) -> Compiled:
    listed = ", ".join(f"{{name: {name}, sources: [{name}]}}" for name in list(SOURCES.values())[:sides])
    text = f"""name: any
version: 7
shape: {shape}
key: {"settlement_id" if shape == "settlement" else "reference_number"}
sides: [{listed}]
tolerance: {{amount: {{absolute_minor: {{INR: {tolerance_minor}}}}}}}
"""
    return compile_reconciliation(parse_reconciliation(text, "any.yaml"), 3)


COMPILED = {
    "two sides": rules("keyed", 2),
    "three sides": rules("keyed", 3),
    "tolerant": rules("keyed", 3, tolerance_minor=1),
    "settlement": rules("settlement", 2),
}
every = pytest.mark.parametrize("kind", sorted(COMPILED))


def row(number: int, side: int, key: str, *, colliding: bool = False, **given: Any) -> dict[str, Any]:
    """An item as `consumers.sides.items_of` gives it; with `colliding`, all keys have one hash."""
    member = hash64(f"item {number}")
    normal = normalise_reference(key)
    return {
        "group": (0 if colliding else hash64(normal)) if normal else member,
        "key": key,
        "side": side,
        "member": member,
        "amount_minor": 100,
        "currency": "INR",
        "status": 0,
        "is_reversal": False,
        "booked_us": 0,
        "account_id": "acc",
        "direction": 1,
        "fee_minor": None,
        "source_id": side,
        "txn_id": f"t{number}",
        **given,
    }


@st.composite
def books(draw: st.DrawFn, sides: int) -> list[dict[str, Any]]:
    """Few values of everything, most of them plain, so that every path is taken and mixed with every other."""
    colliding = draw(st.booleans())
    keys = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3))
    odd = draw(st.booleans())
    return [
        row(
            number,
            draw(st.integers(0, sides - 1)),
            draw(st.sampled_from(keys)),
            colliding=colliding,
            amount_minor=draw(st.sampled_from([100] * 7 + [101, 200, 0, LARGEST_AMOUNT_MINOR] * odd)),
            currency=draw(st.sampled_from(["INR"] * 7 + ["EUR"] * odd)),
            status=draw(st.sampled_from([0] * 9 + [1, 2, 3] * odd)),
            is_reversal=draw(st.sampled_from([False] * 7 + [True])),
            booked_us=draw(st.sampled_from([0, -1, DAY_US - 1, DAY_US, -DAY_US * 400, DAY_US * 20_000])),
            account_id=draw(st.sampled_from(["acc", "other"])),
            direction=draw(st.sampled_from([1, 1, 1, -1])),
            fee_minor=draw(st.sampled_from([None, 2])),
        )
        for number in range(draw(st.integers(0, 9)))
    ]


def decided(matches: pl.DataFrame, breaks: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Rows of `match` and `break`, comparable with `expected`."""
    found = []
    for kind, frame in (("match", matches), ("break", breaks)):
        for one in frame.iter_rows(named=True):
            assert (one["reconciliation_id"], one["rule_version"], one["final"]) == (3, 7, False)
            what = (one["stage"], one["decision"], one["probability_ppm"]) if kind == "match" else (one["type"], one["nearest"])
            members = list(zip(json.loads(f"[{one['sides'][1:-1]}]"), json.loads(f"[{one['members'][1:-1]}]"), strict=True))
            assert members == sorted(members)
            said = tuple(map(tuple, json.loads(one["reasons"])))
            about = (one["amount_minor"], one["currency"], one["account_id"], one["booked_on"], one["key"])
            found.append((kind, what, tuple(members), *about, said, one["group_hash"]))
    return sorted(found, key=repr)


def expected(reconciliation: Reconciliation, rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """What the engine's reference solver says of all rows at once."""
    names = reconciliation.side_names
    items = [item_of(one, names[one["side"]], SOURCES[one["source_id"]]) for one in rows]
    stored = {(item.side, item.id): one for item, one in zip(items, rows, strict=True)}
    outcome = solve(reconciliation, items, None)
    found: list[tuple[Any, ...]] = []
    decisions: list[Match | Break] = [*outcome.matches, *outcome.breaks]
    for one in decisions:
        what: tuple[Any, ...]
        if isinstance(one, Match):
            what = (STAGES[one.stage], 1 if one.decision is Decision.AUTO else 2, one.probability_ppm)
        else:
            what = (BREAK_TYPES[one.type], one.nearest)
        involved = [stored[member.side, member.id] for member in one.members]
        members = tuple(sorted((row["side"], row["member"]) for row in involved))
        about = (one.amount_minor, one.currency, one.account, one.booked_on, one.key)
        said = tuple((reason.signal, reason.text) for reason in one.reasons)
        (group,) = {row["group"] for row in involved}
        found.append(("match" if isinstance(one, Match) else "break", what, members, *about, said, group))
    return sorted(found, key=repr)


def solved(compiled: Compiled, rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return decided(*solve_groups(compiled, pl.DataFrame(rows, schema=SCHEMA, orient="row"), SOURCES))


@every
@settings(max_examples=80)
@given(data=st.data())
def test_the_same_decisions(kind: str, data: st.DataObject) -> None:
    compiled = COMPILED[kind]
    rows = data.draw(books(len(compiled.reconciliation.sides)))
    assert solved(compiled, rows) == expected(compiled.reconciliation, rows)


@every
@settings(max_examples=40)
@given(data=st.data())
def test_order_and_batches_do_not_matter(kind: str, data: st.DataObject) -> None:
    compiled = COMPILED[kind]
    rows = data.draw(books(len(compiled.reconciliation.sides)))
    whole = solved(compiled, rows)
    assert solved(compiled, data.draw(st.permutations(rows))) == whole
    batch_of = {group: data.draw(st.integers(0, 2)) for group in sorted({one["group"] for one in rows})}
    parts = [solved(compiled, [one for one in rows if batch_of[one["group"]] == batch]) for batch in range(3)]
    assert sorted((one for part in parts for one in part), key=repr) == whole


@settings(max_examples=60)
@given(rows=books(3))
@example([row(0, 0, "A1"), row(1, 1, "A1"), row(2, 2, "A1"), row(3, 0, "B1", booked_us=-1)])
def test_every_item_is_decided_in_columns_or_handed_on(rows: list[dict[str, Any]]) -> None:
    items = pl.DataFrame(rows, schema=SCHEMA, orient="row")
    outcome = solve_plain_groups(COMPILED["three sides"].reconciliation, items)
    taken = [member for frame in (outcome.matches, outcome.breaks) for members in frame["members"].to_list() for member in members]
    assert sorted([*taken, *outcome.rest["member"].to_list()]) == sorted(items["member"].to_list())
    assert outcome.rest.columns == items.columns


def test_the_plain_path_is_taken() -> None:
    """Else the comparisons above would compare the reference with itself."""
    rows = [row(0, 0, "INV-1"), row(1, 1, "INV-1"), row(2, 2, "INV-1"), row(3, 0, "INV2"), row(4, 2, "INV2")]
    items = pl.DataFrame(rows, schema=SCHEMA, orient="row").select(*ITEM_COLUMNS)
    outcome = solve_plain_groups(COMPILED["three sides"].reconciliation, items)
    assert outcome.rest.is_empty()
    assert outcome.matches["key"].to_list() == ["INV1"]
    assert outcome.breaks.select("key", "sides").rows() == [("INV2", [0, 2])]


@pytest.mark.parametrize(
    "rows",
    [
        [row(0, 0, "A1"), row(1, 1, "A1", is_reversal=True)],
        [row(0, 0, "A1", is_reversal=True), row(1, 1, "A1", is_reversal=True)],
        [row(0, 0, 'Q"1\\'), row(1, 1, 'Q"1\\')],
        [row(0, 0, "A1{}"), row(1, 1, "A1{}")],
        [row(0, 0, "A-1"), row(1, 1, "a 1")],
        [row(0, 0, "A1", account_id="x", booked_us=DAY_US), row(1, 1, "A1", account_id="y")],
        [row(0, 0, "A1", amount_minor=0), row(1, 1, "A1", amount_minor=0, direction=-1)],
        [row(0, 0, "A1"), row(1, 0, "A1")],
        [row(0, 1, "A1", status=2), row(1, 0, "A1")],
        [row(0, 0, ""), row(1, 1, "NONREF")],
    ],
)
def test_known_groups(rows: list[dict[str, Any]]) -> None:
    compiled = COMPILED["two sides"]
    assert solved(compiled, rows) == expected(compiled.reconciliation, rows)


def test_colliding_hashes_are_two_groups() -> None:
    rows = [row(0, 0, "A1", colliding=True), row(1, 1, "B1", colliding=True)]
    found = solved(COMPILED["two sides"], rows)
    assert [(one[0], one[1][0], one[7]) for one in found] == [("break", BREAK_TYPES["TIMING"], key) for key in ("A1", "B1")]


def test_days_before_1970_are_whole_days() -> None:
    rows = [row(0, 0, "A1", booked_us=-1), row(1, 1, "A1", booked_us=-DAY_US - 1)]
    ((_, _, _, _, _, _, booked_on, *_),) = solved(COMPILED["two sides"], rows)
    assert booked_on == dt.date(1969, 12, 31)
