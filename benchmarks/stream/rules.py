"""The rules of the benchmark: one keyed reconciliation of two sources."""

from pathlib import Path

from benchmarks.stream.records import SOURCES

__all__ = ["write_rules"]

_RECONCILIATION = """
name: bench
version: 1
shape: keyed
key: reference_number
sides:
  - {name: core, sources: [core]}
  - {name: gateway, sources: [gateway]}
"""


def write_rules(folder: Path) -> Path:
    """Write the reconciliation into `folder`, and beside it the file of its sources; returns the latter."""
    (folder / "bench.yaml").write_text(_RECONCILIATION, encoding="utf-8")
    lines = [f"  - {{name: {source}, connector: bench, partition_by: reference_number}}" for source in SOURCES]
    sources = folder / "sources.txt"
    sources.write_text("\n".join(["sources:", *lines]) + "\n", encoding="utf-8")
    return sources
