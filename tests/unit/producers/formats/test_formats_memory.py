"""Peak memory of a parse does not grow with the file."""

import subprocess
import sys

import pytest

_MEASURE = """
import io, sys, tracemalloc
from producers.formats.registry import FORMATS
from tests.fixtures.statement_files import Line, camt_entry, camt_parts, mt940_lines
import datetime as dt

name, count = sys.argv[1], int(sys.argv[2])
day = dt.date(2026, 1, 2)

def lines():
    for number in range(count):
        yield Line(1, True, day, day, f"R{number}", f"B{number}", "some text")

def chunks():
    if name == "mt940":
        for line in mt940_lines(0, lines()):
            yield (line + "\\n").encode()
    elif name == "camt.053":
        for part in camt_parts(0, count, map(camt_entry, lines())):
            yield part.encode()

class Stream:
    def __init__(self):
        self.parts, self.rest = chunks(), b""
    def read(self, size=-1):
        while len(self.rest) < size:
            part = next(self.parts, b"")
            if not part:
                break
            self.rest += part
        data, self.rest = self.rest[:size], self.rest[size:]
        return data

import resource
entries = 0
for event in FORMATS[name].parse(Stream()):
    entries += type(event).__name__ == "Entry"
    last = event
assert entries == count and last.proof == "PROVED", (entries, last)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_kib(name: str, count: int) -> int:
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, name, str(count)], capture_output=True, text=True, check=True, timeout=600
    )
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mt940", "camt.053"])
def test_peak_memory_is_flat_from_10_000_to_100_000_entries(name):
    small, large = peak_kib(name, 10_000), peak_kib(name, 100_000)
    assert large - small < 6 * 1024, f"{small} KiB → {large} KiB"
