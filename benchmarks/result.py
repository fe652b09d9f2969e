"""One measured value, as the command line's contract has it: `[{name, value, unit, baseline, ratio, peak_mib, detail}]`."""

from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.table import Table

__all__ = ["Result", "print_results"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A value and what it is held against, both measured in the same run.

    Attributes:
        baseline: name of the result that `ratio` is against; None for a baseline itself.
        ratio: value divided by the baseline's value, of the same unit.
        peak_mib: largest resident set of one process of ours.
        detail: whatever else was measured, by name.
    """

    name: str
    value: float
    unit: str
    baseline: str | None = None
    ratio: float | None = None
    peak_mib: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The result as the contract has it."""
        return {
            "name": self.name,
            "value": round(self.value, 2),
            "unit": self.unit,
            "baseline": self.baseline,
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "peak_mib": self.peak_mib,
            "detail": self.detail,
        }


def print_results(results: list[Result]) -> None:
    """Print a table."""
    table = Table(title="Benchmarks", title_justify="left")
    for heading in ("name", "value", "unit", "ratio", "of", "peak MiB", "detail"):
        table.add_column(heading, justify="right" if heading in {"value", "ratio", "peak MiB"} else "left")
    for one in results:
        table.add_row(
            one.name,
            f"{one.value:,.1f}" if one.value < 1000 else f"{one.value:,.0f}",
            one.unit,
            "" if one.ratio is None else f"{one.ratio:.2f}",
            one.baseline or "",
            "" if one.peak_mib is None else str(one.peak_mib),
            ", ".join(f"{name} {value}" for name, value in one.detail.items()),
        )
    Console(width=160).print(table)
