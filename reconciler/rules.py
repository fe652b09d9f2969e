"""Reconciliation files: from YAML to `Reconciliation`, with errors that name the line.

```yaml
name: payments-three-way
version: 1
shape: keyed                          # keyed, settlement or statement
key: reference_number                 # or settlement_id; not for the statement shape
sides:                                # the first is left, the others right
  - name: core
    sources: [core]
    filter: {account: [core-payments], not_account: [], transaction_type: [], channel: [], direction: credit}
  - {name: gateway, sources: [gateway]}
tolerance:
  amount: {absolute_minor: {INR: 100, "*": 0}, ppm: 500, base: larger}
  days: {before: 0, after: 3}         # how far the right side may be booked before and after the left
fees: {absolute_minor: {INR: 100}, ppm: 1000}
calendar: {weekend: [saturday, sunday], holidays: [2026-01-26], grace: 1}
stages: [key]                         # statement: reference, tolerance, probabilistic
learning: {amount_ppm: 140000, days: {before: 31, after: 31}, least_items: 200, suggest_ppm: 700000, false_per_100k: 25}
csv:                                  # for `reconduit match`, by side name
  core: {id: Txn No, date: Booked, amount: Amt, description: Memo, date_format: "%d/%m/%Y", currency_code: INR}
```
"""

import hashlib
import re
from collections.abc import Mapping

from reconciler.calendar import WEEKDAYS, BusinessCalendar
from reconciler.reconciliation import (
    ANY_CURRENCY,
    Base,
    CsvColumns,
    FeeProfile,
    Filter,
    KeyField,
    Learning,
    Pass,
    Reconciliation,
    Shape,
    Side,
    Tolerance,
)
from reconciler.types import Stage
from reconciler.yaml_nodes import YamlValue, read_document

__all__ = ["parse_reconciliation"]

_TOP = ("name", "version", "shape", "key", "sides", "tolerance", "fees", "learning", "calendar", "stages", "csv")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_CURRENCY = re.compile(r"[A-Z]{3}")
_MAX_SIDES = 8
_MILLION = 1_000_000
_STAGES = {
    Shape.KEYED: (Stage.KEY,),
    Shape.SETTLEMENT: (Stage.SETTLEMENT,),
    Shape.STATEMENT: (Stage.REFERENCE, Stage.TOLERANCE, Stage.PROBABILISTIC),
}
_STANDARD_STAGES = {**_STAGES, Shape.STATEMENT: (Stage.REFERENCE, Stage.TOLERANCE)}
_DIRECTIONS = {"credit": 1, "debit": -1}
_CSV_KEYS = tuple(CsvColumns.__dataclass_fields__)


def parse_reconciliation(text: str, origin: str) -> Reconciliation:
    """The reconciliation in a YAML text.

    Args:
        text: the file's content.
        origin: the file's name, for messages.

    Returns:
        The reconciliation; its `digest` is the sha256 of the text with line ends as LF.

    Raises:
        RulesError: something is missing, unknown or out of bounds; the message is `FILE:LINE: what, and what is allowed`.
    """
    root = read_document(text, origin)
    entries = root.mapping(_TOP)
    shape = Shape(root.require(entries, "shape").choice(Shape))
    sides = _sides(root.require(entries, "sides"), shape)
    key = KeyField.REFERENCE_NUMBER
    if "key" in entries:
        if shape is Shape.STATEMENT:
            entries["key"].fail("does not belong to the statement shape, which is grouped by account and currency")
        key = KeyField(entries["key"].choice(KeyField))
    elif shape is Shape.SETTLEMENT:
        key = KeyField.SETTLEMENT_ID
    passes = _passes(entries["stages"], shape) if "stages" in entries else tuple(Pass(stage=one) for one in _STANDARD_STAGES[shape])
    return Reconciliation(
        name=_name(root.require(entries, "name")),
        version=root.require(entries, "version").integer(minimum=1, maximum=2**31 - 1),
        shape=shape,
        sides=sides,
        key=key,
        tolerance=_tolerance(entries["tolerance"]) if "tolerance" in entries else Tolerance(),
        fees=_fees(entries["fees"]) if "fees" in entries else FeeProfile(),
        calendar=_calendar(entries["calendar"]) if "calendar" in entries else BusinessCalendar(),
        learning=_learning(entries["learning"], passes) if "learning" in entries else Learning(),
        passes=passes,
        csv=_csv(entries["csv"], sides) if "csv" in entries else {},
        digest=hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest(),
    )


def _name(value: YamlValue) -> str:
    name = value.text()
    if not _NAME.fullmatch(name):
        value.fail(f"is {name!r}; a name is lower case letters, digits, - and _, and begins with a letter")
    return name


def _sides(value: YamlValue, shape: Shape) -> tuple[Side, ...]:
    sides = value.tuple_of(_side)
    if len({side.name for side in sides}) != len(sides):
        value.fail("has two sides of the same name")
    most = _MAX_SIDES if shape is Shape.KEYED else 2
    if not 2 <= len(sides) <= most:
        value.fail(f"has {len(sides)} sides; the {shape} shape takes " + ("2" if most == 2 else f"2 to {most}"))
    return sides


def _side(value: YamlValue) -> Side:
    entries = value.mapping(("name", "sources", "filter"))
    return Side(
        name=_name(value.require(entries, "name")),
        sources=entries["sources"].tuple_of(YamlValue.text) if "sources" in entries else (),
        filter=_filter(entries["filter"]) if "filter" in entries else Filter(),
    )


def _filter(value: YamlValue) -> Filter:
    entries = value.mapping(Filter.__dataclass_fields__)

    def texts(key: str) -> tuple[str, ...]:
        return entries[key].tuple_of(YamlValue.text) if key in entries else ()

    return Filter(
        account=texts("account"),
        not_account=texts("not_account"),
        transaction_type=texts("transaction_type"),
        channel=texts("channel"),
        direction=_DIRECTIONS[entries["direction"].choice(_DIRECTIONS)] if "direction" in entries else None,
    )


def _absolute(value: YamlValue) -> Mapping[str, int]:
    amounts = value.mapping()
    for currency, amount in amounts.items():
        if currency != ANY_CURRENCY and not _CURRENCY.fullmatch(currency):
            amount.fail('is no currency; use ISO 4217 letters, or "*" for every other currency')
    return {currency: amount.integer() for currency, amount in amounts.items()}


def _tolerance(value: YamlValue) -> Tolerance:
    entries = value.mapping(("amount", "days"))
    amount = entries["amount"].mapping(("absolute_minor", "ppm", "base")) if "amount" in entries else {}
    days = entries["days"].mapping(("before", "after")) if "days" in entries else {}
    return Tolerance(
        absolute_minor=_absolute(amount["absolute_minor"]) if "absolute_minor" in amount else {},
        ppm=amount["ppm"].integer(maximum=_MILLION) if "ppm" in amount else 0,
        base=Base(amount["base"].choice(Base)) if "base" in amount else Base.LARGER,
        days_before=days["before"].integer(maximum=366) if "before" in days else 0,
        days_after=days["after"].integer(maximum=366) if "after" in days else 0,
    )


def _fees(value: YamlValue) -> FeeProfile:
    entries = value.mapping(("absolute_minor", "ppm"))
    return FeeProfile(
        absolute_minor=_absolute(entries["absolute_minor"]) if "absolute_minor" in entries else {},
        ppm=entries["ppm"].integer(maximum=_MILLION) if "ppm" in entries else 0,
    )


def _learning(value: YamlValue, passes: tuple[Pass, ...]) -> Learning:
    if all(one.stage is not Stage.PROBABILISTIC for one in passes):
        value.fail(f"is for the stage {Stage.PROBABILISTIC}, which `stages` does not name")
    entries = value.mapping(("amount_ppm", "days", "least_items", "suggest_ppm", "false_per_100k"))
    bounds = {
        "amount_ppm": (0, 500_000),
        "least_items": (50, None),
        "suggest_ppm": (510_000, _MILLION),
        "false_per_100k": (0, 100_000),
    }
    given = {key: entries[key].integer(minimum=least, maximum=most) for key, (least, most) in bounds.items() if key in entries}
    days = entries["days"].mapping(("before", "after")) if "days" in entries else {}
    given |= {f"days_{key}": entry.integer(maximum=366) for key, entry in days.items()}
    return Learning(**given)


def _calendar(value: YamlValue) -> BusinessCalendar:
    entries = value.mapping(("weekend", "holidays", "grace"))
    weekend = frozenset({5, 6})
    if "weekend" in entries:
        weekend = frozenset(entries["weekend"].tuple_of(lambda day: WEEKDAYS.index(day.choice(WEEKDAYS))))
        if len(weekend) == len(WEEKDAYS):
            entries["weekend"].fail("has every day of the week, so that no day would ever count")
    holidays = frozenset(entries["holidays"].tuple_of(YamlValue.date)) if "holidays" in entries else frozenset()
    grace = entries["grace"].integer(maximum=60) if "grace" in entries else 1
    return BusinessCalendar(weekend=weekend, holidays=holidays, grace=grace)


def _passes(value: YamlValue, shape: Shape) -> tuple[Pass, ...]:
    passes = value.tuple_of(lambda entry: _pass(entry, shape))
    unnamed = [one.stage for one in passes if one.name is None]
    if not passes or len(set(unnamed)) != len(unnamed):
        allowed = ", ".join(_STAGES[shape])
        value.fail(f"must name each stage once and at least one; allowed for the {shape} shape: {allowed}; a second needs a `name`")
    names = [one.name for one in passes if one.name is not None]
    if len(set(names)) != len(names):
        value.fail("has two entries of the same name")
    if sum(one.stage is Stage.PROBABILISTIC for one in passes) > 1:
        value.fail(f"has {Stage.PROBABILISTIC} more than once; it weighs the whole book at once")
    return passes


def _pass(value: YamlValue, shape: Shape) -> Pass:
    """A stage by its name, or a mapping that also names the pass and gives it a tolerance of its own."""
    allowed = _STAGES[shape]
    if value.is_scalar:
        return Pass(stage=Stage(value.choice(allowed)))
    entries = value.mapping(("stage", "name", "tolerance"))
    stage = Stage(value.require(entries, "stage").choice(allowed))
    if "tolerance" in entries and stage not in (Stage.REFERENCE, Stage.TOLERANCE):
        entries["tolerance"].fail(f"does not belong to the stage {stage}; only {Stage.REFERENCE} and {Stage.TOLERANCE} take one")
    return Pass(
        stage=stage,
        name=entries["name"].text() if "name" in entries else None,
        tolerance=_tolerance(entries["tolerance"]) if "tolerance" in entries else None,
    )


def _csv(value: YamlValue, sides: tuple[Side, ...]) -> Mapping[str, CsvColumns]:
    return {side: _columns(columns) for side, columns in value.mapping(side.name for side in sides).items()}


def _columns(value: YamlValue) -> CsvColumns:
    entries = value.mapping(_CSV_KEYS)
    columns = CsvColumns(**{key: entry.text() for key, entry in entries.items()})
    for key, allowed in (("decimal", (".", ",")), ("signs", ("positive_credit", "positive_debit"))):
        if key in entries:
            entries[key].choice(allowed)
    if columns.currency_code is not None and not _CURRENCY.fullmatch(columns.currency_code):
        entries["currency_code"].fail(f"is {columns.currency_code!r}; use ISO 4217 letters")
    return columns
