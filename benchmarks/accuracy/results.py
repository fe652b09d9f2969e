"""The benchmark's result: one entry a book, and the table of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from benchmarks.accuracy.calibration import calibration
from benchmarks.accuracy.scoring import Band, Score

__all__ = ["accuracy_table", "as_entry", "calibration_table", "kinds_table", "open_table"]


def as_entry(name: str, records: tuple[int, ...], found: Score, seconds: float) -> dict[str, Any]:
    """One book's scores, ready for JSON."""
    return {
        "book": name,
        "records": list(records),
        "true_groups": found.all.true,
        "all": _numbers(found.all),
        "auto": _numbers(found.auto),
        "pairs": {"all": _numbers(found.all_pairs), "auto": _numbers(found.auto_pairs)},
        "batches": {"planted": found.batches.true, "found": found.batches.right, "recall": round(found.batches.recall, 5)},
        "kinds": {kind: {"planted": planted, "found": right} for kind, (planted, right) in found.kinds.items()},
        "open": {kind: {"planted": planted, "found": right} for kind, (planted, right) in found.breaks.items()},
        "calibration": asdict(calibration(found.judged)),
        "wrong": found.wrong,
        "seconds": round(seconds, 1),
    }


def _numbers(band: Band) -> dict[str, float]:
    return {
        "decided": band.decided,
        "false": band.decided - band.right,
        "precision": round(band.precision, 5),
        "recall": round(band.recall, 5),
        "f1": round(band.f1, 5),
        "false_per_100k": round(band.false_per_100k, 1),
    }


def accuracy_table(entries: Sequence[Mapping[str, Any]]) -> Table:
    """Every book in a line."""
    table = Table(title="Accuracy (all: with suggestions; auto: what needs no person; false: among 100,000 decisions)")
    table.add_column("book")
    for name in ("records", "F1", "precision", "recall", "false", "pairs F1", "batch recall", "open right"):
        table.add_column(name, justify="right")
    for name in ("auto precision", "auto recall", "auto false", "seconds"):
        table.add_column(name, justify="right")
    for entry in entries:
        every, auto = entry["all"], entry["auto"]
        table.add_row(
            entry["book"],
            "+".join(map(str, entry["records"])),
            *(f"{every[name]:.4f}" for name in ("f1", "precision", "recall")),
            f"{every['false_per_100k']:.0f}",
            f"{entry['pairs']['all']['f1']:.4f}",
            f"{entry['batches']['recall']:.3f}" if entry["batches"]["planted"] else "",
            _share(entry["open"].values()),
            f"{auto['precision']:.5f}",
            f"{auto['recall']:.4f}",
            f"{auto['false_per_100k']:.0f}",
            f"{entry['seconds']:.1f}",
        )
    return table


def kinds_table(entries: Sequence[Mapping[str, Any]]) -> Table:
    """Recall by kind of difference, the seeds of a difficulty together."""
    return _by_family(entries, "kinds", "Groups found exactly, by kind of difference (all decisions)")


def calibration_table(entries: Sequence[Mapping[str, Any]]) -> Table:
    """What the probabilities of all matches promise, the seeds of a difficulty together."""
    table = Table(title="Calibration (error: mean difference between stated probability and share that is right)")
    table.add_column("")
    for name in ("matches", "error", "false expected", "false"):
        table.add_column(name, justify="right")
    for family in dict.fromkeys(_family(entry) for entry in entries):
        told = [(entry["all"]["decided"], entry["calibration"]) for entry in entries if _family(entry) == family]
        matches = sum(count for count, _ in told)
        error = sum(count * one["expected_error"] for count, one in told) / max(matches, 1)
        expected, false = (sum(one[name] for _, one in told) for name in ("expected_false", "false"))
        table.add_row(family, str(matches), f"{error:.4f}", f"{expected:.1f}", str(false))
    return table


def open_table(entries: Sequence[Mapping[str, Any]]) -> Table:
    """Share of what must stay open that is reported with the right type, the seeds of a difficulty together."""
    return _by_family(entries, "open", "Open as expected, by cause")


def _by_family(entries: Sequence[Mapping[str, Any]], part: str, title: str) -> Table:
    families = list(dict.fromkeys(_family(entry) for entry in entries if entry[part]))
    planted, found = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for entry in entries:
        for kind, counted in entry[part].items():
            planted[kind, _family(entry)] += counted["planted"]
            found[kind, _family(entry)] += counted["found"]
    table = Table(title=title)
    table.add_column("")
    for family in families:
        table.add_column(family, justify="right")
    for kind in sorted({kind for kind, _ in planted}):
        cells = ((found[kind, family], planted[kind, family]) for family in families)
        table.add_row(kind, *(f"{right / count:.3f} of {count}" if count else "" for right, count in cells))
    return table


def _family(entry: Mapping[str, Any]) -> str:
    return str(entry["book"]).split(", seed")[0]


def _share(counted: Any) -> str:
    listed = list(counted)
    planted = sum(count["planted"] for count in listed)
    return f"{sum(count['found'] for count in listed) / planted:.3f}" if planted else ""
