"""Entries per CPU second and peak memory of every parser, on 100,000 and 1,000,000 entries, beside the libraries on the fewer."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.formats.files import WRITERS, write_file
from benchmarks.formats.libraries import LIBRARIES, MEASURE, Library
from benchmarks.result import Result

__all__ = ["run_formats"]

FEW, MANY = 100_000, 1_000_000
_UNIT = "entries/cpu-s"
_PATIENCE_SECONDS = 300
# Ours look at the content; some of the libraries at the name.
_SUFFIXES = {"camt.053": ".xml", "mt940": ".sta", "bai2": ".bai2", "ofx": ".ofx", "qif": ".qif"}
_ROOT = Path(__file__).parents[2]
_BENCH_PYTHON = _ROOT / ".venv-bench" / "bin" / "python"


@dataclass(frozen=True, slots=True)
class _Cost:
    """What reading one file cost a process of its own."""

    entries: int
    cpu_seconds: float
    peak_mib: int
    detail: dict[str, Any]

    @property
    def speed(self) -> float:
        return self.entries / self.cpu_seconds


def run_formats(options: argparse.Namespace) -> list[Result]:
    """Every format, or those that `options.formats` names."""
    console = Console(stderr=True)
    if not _BENCH_PYTHON.exists():
        console.print("[bench] the libraries are not installed, so no format is compared with one: make bench-libraries")
    names = options.formats.split(",") if options.formats else list(WRITERS)
    return [result for name in names for result in _format(name, console)]


def _format(name: str, console: Console) -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="reconduit-bench-") as folder:
        path = Path(folder) / f"statement{_SUFFIXES.get(name, '')}"
        console.print(f"[bench] {name}: {FEW:,} entries ...", highlight=False)
        write_file(name, FEW, path)
        few = _ours(name, path)
        libraries = list(_libraries(name, path, console))
        console.print(f"[bench] {name}: {MANY:,} entries ...", highlight=False)
        write_file(name, MANY, path)
        many = _ours(name, path)
    best = max(libraries, key=lambda one: one.value, default=None)
    yield from libraries
    yield Result(
        name=f"{name}: reconduit",
        value=few.speed,
        unit=_UNIT,
        baseline=best.name if best else None,
        ratio=few.speed / best.value if best else None,
        peak_mib=few.peak_mib,
        detail=few.detail,
    )
    yield Result(
        name=f"{name}: reconduit, {MANY:,} entries",
        value=many.speed,
        unit=_UNIT,
        baseline=f"{name}: reconduit",
        ratio=many.speed / few.speed,
        peak_mib=many.peak_mib,
        detail=many.detail,
    )


def _ours(name: str, path: Path) -> _Cost:
    said = _said([sys.executable, "-m", "benchmarks.formats.ours", name, str(path)])
    if isinstance(said, str) or said["bad"]:
        raise RuntimeError(f"{name}: {said}")
    return _cost(said, {"proof": ", ".join(said["proofs"])})


def _libraries(name: str, path: Path, console: Console) -> Iterator[Result]:
    for library in LIBRARIES.get(name, ()) if _BENCH_PYTHON.exists() else ():
        said = _said([str(_BENCH_PYTHON), "-c", MEASURE, str(path), library.name, library.imports, library.expression])
        if isinstance(said, str):
            console.print(f"[bench] {name}: {library.name} gave no result: {said}", highlight=False, markup=False)
        elif said["entries"] != FEW:
            console.print(f"[bench] {name}: {library.name} read {said['entries']:,} of {FEW:,} entries; left out", highlight=False)
        else:
            yield _library(name, library, _cost(said, {}), said["version"])


def _library(name: str, library: Library, cost: _Cost, version: str) -> Result:
    return Result(
        name=f"{name}: {library.name} {version}", value=cost.speed, unit=_UNIT, peak_mib=cost.peak_mib, detail=cost.detail
    )


def _said(command: Sequence[str]) -> dict[str, Any] | str:
    """What a child printed last, or why there is nothing."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=_ROOT, timeout=_PATIENCE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"not finished after {_PATIENCE_SECONDS} s"
    if done.returncode != 0:
        return (done.stderr.strip().splitlines() or ["no message"])[-1]
    said: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return said


def _cost(said: dict[str, Any], detail: dict[str, Any]) -> _Cost:
    own = (said["peak_kib"] - said["start_kib"]) // 1024
    return _Cost(said["entries"], said["cpu_seconds"], said["peak_kib"] // 1024, {"of which for the file": f"{own} MiB", **detail})
