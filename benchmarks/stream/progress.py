"""How every pipeline tells its progress: one JSON line a commit on stderr, as the product's workers log theirs."""

import datetime as dt
import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Progress", "read_progress", "tell"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Records committed so far, from when the first batch began to the last commit."""

    records: int
    first: dt.datetime
    last: dt.datetime

    @property
    def per_second(self) -> float:
        """Records a second over that time."""
        return self.records / max((self.last - self.first).total_seconds(), 1e-9)


def tell(records: int, seconds: float) -> None:
    """Say that a batch of `records` is committed, which took `seconds` since it was decoded."""
    now = dt.datetime.now(dt.UTC).isoformat()
    print(json.dumps({"event": "batch", "records": records, "milliseconds": round(seconds * 1000), "time": now}), file=sys.stderr)


def read_progress(logs: Iterable[Path]) -> Progress | None:
    """Progress of several workers together; None before the first commit."""
    records, first, last = 0, [], []
    for log in logs:
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if '"event": "batch"' not in line:
                continue
            entry = json.loads(line)
            moment = dt.datetime.fromisoformat(entry["time"])
            records += entry["records"]
            first.append(moment - dt.timedelta(milliseconds=entry["milliseconds"]))
            last.append(moment)
    return Progress(records, min(first), max(last)) if first else None
