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
  days: {before: 0, after: 3}         # statement: how far the right side may be booked before and after the left
fees: {absolute_minor: {INR: 100}, ppm: 1000}
calendar: {weekend: [saturday, sunday], holidays: [2026-01-26], grace: 1}
stages: [key]                         # statement: reference, tolerance, probabilistic
learning: {amount_ppm: 140000, days: {before: 31, after: 31}, least_items: 20, suggest_ppm: 900000, false_per_100k: 25}
groups: {enabled: true, most_members: 60, search_steps: 8192, days: {before: 5, after: 31}, fee_ppm: 50000}
csv:                                  # for `reconduit match`, by side name
  core: {id: Txn No, date: Booked, amount: Amt, description: Memo, date_format: "%d/%m/%Y", currency_code: INR}
```
"""

import re
from dataclasses import replace

from reconciler.calendar import BusinessCalendar
from reconciler.canonical import rules_digest
from reconciler.reconciliation import FeeProfile, Filter, Groups, KeyField, Learning, Reconciliation, Shape, Side, Tolerance
from reconciler.sections.calendar import read_calendar
from reconciler.sections.csv_columns import read_csv_columns
from reconciler.sections.fees import read_fees
from reconciler.sections.filters import read_filter
from reconciler.sections.fx import read_fx
from reconciler.sections.groups import read_groups
from reconciler.sections.stages import read_learning, read_passes, standard_passes
from reconciler.sections.tolerance import read_tolerance
from reconciler.yaml_nodes import Origin, YamlValue, read_document

__all__ = ["parse_reconciliation"]

_TOP = ("name", "version", "shape", "key", "sides", "tolerance", "fees", "learning", "groups", "calendar", "stages", "fx", "csv")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_MAX_SIDES = 8


def parse_reconciliation(text: str, origin: str | Origin) -> Reconciliation:
    """The reconciliation in a YAML text.

    Args:
        text: the file's content.
        origin: the file's name, for messages; with an `Origin` also the currencies that exist and the files beside it.

    Returns:
        The reconciliation. Its `digest` is of what the text says: comments, layout and the order of keys do not change it.

    Raises:
        RulesError: something is missing, unknown, contradictory or out of bounds; the message is `FILE:LINE: what, and what is
            allowed`.
    """
    attachments: dict[str, str] = {}
    root = read_document(text, _keeping(Origin(origin) if isinstance(origin, str) else origin, attachments))
    entries = root.mapping(_TOP)
    shape = Shape(root.require(entries, "shape").choice(Shape))
    sides = _sides(root.require(entries, "sides"), shape)
    calendar = read_calendar(entries["calendar"]) if "calendar" in entries else BusinessCalendar()
    passes = read_passes(entries["stages"], shape, calendar) if "stages" in entries else standard_passes(shape)
    fx = read_fx(entries["fx"]) if "fx" in entries else None
    return Reconciliation(
        name=_name(root.require(entries, "name")),
        version=root.require(entries, "version").integer(minimum=1, maximum=2**31 - 1),
        shape=shape,
        sides=sides,
        key=_key(entries.get("key"), shape),
        tolerance=read_tolerance(entries["tolerance"], calendar) if "tolerance" in entries else Tolerance(),
        fees=read_fees(entries["fees"]) if "fees" in entries else FeeProfile(),
        calendar=calendar,
        learning=read_learning(entries["learning"], passes) if "learning" in entries else Learning(),
        groups=read_groups(entries["groups"], shape) if "groups" in entries else Groups(),
        passes=passes,
        fx=fx,
        csv=read_csv_columns(entries["csv"], sides) if "csv" in entries else {},
        digest=rules_digest(root.node, fx),
        text=text,
        attachments=attachments,
        origin=str(origin),
    )


def _keeping(origin: Origin, attachments: dict[str, str]) -> Origin:
    """The same origin; files that are read from it are kept by name."""
    read = origin.read_beside
    if read is None:
        return origin

    def read_and_keep(name: str) -> str:
        attachments[name] = read(name)
        return attachments[name]

    return replace(origin, read_beside=read_and_keep)


def _key(value: YamlValue | None, shape: Shape) -> KeyField:
    if value is None:
        return KeyField.SETTLEMENT_ID if shape is Shape.SETTLEMENT else KeyField.REFERENCE_NUMBER
    if shape is Shape.STATEMENT:
        value.fail("does not belong to the statement shape, which is grouped by account and currency")
    return KeyField(value.choice(KeyField))


def _name(value: YamlValue) -> str:
    name = value.text()
    if not _NAME.fullmatch(name):
        value.fail(f"is {name!r}; a name is lower case letters, digits, - and _, and begins with a letter")
    return name


def _sides(value: YamlValue, shape: Shape) -> tuple[Side, ...]:
    sides = value.tuple_of(lambda side: _side(side, shape))
    if len({side.name for side in sides}) != len(sides):
        value.fail("has two sides of the same name")
    most = _MAX_SIDES if shape is Shape.KEYED else 2
    _refuse_shadowed(value, sides)
    if not 2 <= len(sides) <= most:
        value.fail(f"has {len(sides)} sides; the {shape} shape takes " + ("2" if most == 2 else f"2 to {most}"))
    return sides


def _refuse_shadowed(value: YamlValue, sides: tuple[Side, ...]) -> None:
    """A side gets nothing of a source that a side before it takes whole."""
    taken: dict[str, str] = {}
    for place, side in zip(value.items(), sides, strict=True):
        for source in side.sources:
            if source in taken:
                place.fail(
                    f"has the source {source}, all of whose records belong to the side {taken[source]} before it; "
                    "give that side a filter"
                )
        if side.filter == Filter():
            taken |= dict.fromkeys(side.sources, side.name)


def _side(value: YamlValue, shape: Shape) -> Side:
    entries = value.mapping(("name", "sources", "filter"))
    return Side(
        name=_name(value.require(entries, "name")),
        sources=entries["sources"].tuple_of(YamlValue.text) if "sources" in entries else (),
        filter=read_filter(entries["filter"], reads_words=shape is Shape.STATEMENT) if "filter" in entries else Filter(),
    )
