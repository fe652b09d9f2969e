"""Reads one file with our parser, in a process of its own, and prints the cost: `python -m benchmarks.formats.ours NAME FILE`."""

import json
import sys
import time
from pathlib import Path

from producers.formats.contract import BadEntry, Entry, ParseOptions, StatementEnd
from producers.formats.registry import FORMATS
from schemas.records import Proof

__all__ = ["main"]

_OPTIONS = ParseOptions(default_account="1245126199", default_currency="EUR")


def main(name: str, path: Path) -> int:
    """Parse, and print `{entries, bad, proofs, cpu_seconds, peak_kib, start_kib}` as JSON."""
    before = _peak_kib()
    entries = bad = 0
    proofs: list[Proof] = []
    started = time.process_time()
    with path.open("rb") as stream:
        for event in FORMATS[name].parse(stream, _OPTIONS):
            if isinstance(event, Entry):
                entries += 1
            elif isinstance(event, BadEntry):
                bad += 1
            elif isinstance(event, StatementEnd):
                proofs.append(event.proof)
    cost = {
        "entries": entries,
        "bad": bad,
        "proofs": proofs,
        "cpu_seconds": time.process_time() - started,
        "peak_kib": _peak_kib(),
        "start_kib": before,
    }
    print(json.dumps(cost))
    return 0


def _peak_kib() -> int:
    # Not `ru_maxrss`: that begins with what the parent had when it started this process.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
