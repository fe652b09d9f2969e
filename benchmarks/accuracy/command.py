"""One run of `reconduit match` as a user starts it, with what it took."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.accuracy.books import LabelledBook, write_book

__all__ = ["Run", "match_book"]


@dataclass(frozen=True, slots=True)
class Run:
    """What the command wrote and took.

    Attributes:
        document: the JSON document.
        seconds: by the clock.
        processor_seconds: of user and system together.
        peak_mib: largest resident memory; not less than this process has when it starts the command.
    """

    document: dict[str, Any]
    seconds: float
    processor_seconds: float
    peak_mib: int


def match_book(book: LabelledBook) -> Run:
    """Write the book's files and reconcile them.

    Raises:
        SystemExit: the command failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        left, right = write_book(book, Path(folder))
        written = Path(folder) / "result.json"
        command = [sys.executable, "-m", "reconduit", "match", str(left), str(right), "--json", str(written)]
        if book.rules:
            rules = Path(folder) / "rules.yaml"
            rules.write_text(book.rules, encoding="utf-8")
            command += ["--rules", str(rules)]
        began = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        if process.returncode not in {0, 1}:
            raise SystemExit(f"reconduit match failed on {book.name} with status {process.returncode}")
        document = json.loads(written.read_text(encoding="utf-8"))
    return Run(document, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024)
