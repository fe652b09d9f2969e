"""The section `stages`, an ordered list of passes, and `learning`, which says what they may confirm."""

from collections.abc import Mapping

from reconciler.calendar import BusinessCalendar
from reconciler.reconciliation import Learning, Pass, Shape
from reconciler.sections.tolerance import read_tolerance
from reconciler.tolerance import MILLION
from reconciler.types import Stage
from reconciler.yaml_nodes import YamlValue

__all__ = ["read_learning", "read_passes", "standard_passes"]

_STAGES = {
    Shape.KEYED: (Stage.KEY,),
    Shape.SETTLEMENT: (Stage.SETTLEMENT,),
    Shape.STATEMENT: (Stage.REFERENCE, Stage.TOLERANCE, Stage.PROBABILISTIC),
}
_BOUNDS: Mapping[str, tuple[int, int | None]] = {
    "amount_ppm": (0, 500_000),
    "least_items": (10, None),
    "suggest_ppm": (510_000, MILLION),
    "false_per_100k": (0, 100_000),
}
_CANDIDATES = ("days", "least_items")
"""Keys of `learning` that only the stage `probabilistic` goes by; groups and the stage `tolerance` go by the others, too."""

_STANDARD = {**_STAGES, Shape.STATEMENT: (Stage.REFERENCE, Stage.TOLERANCE)}


def standard_passes(shape: Shape) -> tuple[Pass, ...]:
    """The passes of a file without `stages`."""
    return tuple(Pass(stage=stage) for stage in _STANDARD[shape])


def read_passes(value: YamlValue, shape: Shape, calendar: BusinessCalendar) -> tuple[Pass, ...]:
    """The passes in their order; a stage may run again under a name of its own."""
    passes = value.tuple_of(lambda entry: _pass(entry, shape, calendar))
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


def _pass(value: YamlValue, shape: Shape, calendar: BusinessCalendar) -> Pass:
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
        tolerance=read_tolerance(entries["tolerance"], calendar) if "tolerance" in entries else None,
    )


def read_learning(value: YamlValue, passes: tuple[Pass, ...]) -> Learning:
    """What weak evidence may confirm and suggest, and the bounds of the stage `probabilistic`."""
    stages = {one.stage for one in passes}
    if not stages & {Stage.TOLERANCE, Stage.PROBABILISTIC}:
        value.fail(f"is for the stages {Stage.TOLERANCE} and {Stage.PROBABILISTIC}, and `stages` names neither")
    entries = value.mapping(("amount_ppm", "days", "least_items", "suggest_ppm", "false_per_100k"))
    for key in _CANDIDATES:
        if key in entries and Stage.PROBABILISTIC not in stages:
            entries[key].fail(f"is for the stage {Stage.PROBABILISTIC}, which `stages` does not name")
    given = {key: entries[key].integer(minimum=least, maximum=most) for key, (least, most) in _BOUNDS.items() if key in entries}
    days = entries["days"].mapping(("before", "after")) if "days" in entries else {}
    given |= {f"days_{key}": entry.integer(maximum=366) for key, entry in days.items()}
    return Learning(**given)
