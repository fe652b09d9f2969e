"""Peak memory of the line and tag formats does not grow with the file, which is made while it is read."""

import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from producers.formats.contract import Entry, StatementEnd
from producers.formats.registry import FORMATS
from schemas.records import Proof
from tests.fixtures.long_files import WRITERS, GeneratedStream


def peak_bytes(name: str, writer: Callable[[int], Iterator[str]], count: int) -> int:
    tracemalloc.start()
    try:
        entries = 0
        for event in FORMATS[name].parse(GeneratedStream(lambda: writer(count))):
            entries += isinstance(event, Entry)
            last = event
        assert entries == count
        assert isinstance(last, StatementEnd)
        assert last.proof is not Proof.FAILED
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["bai2", "nacha", "ofx", "cfonb120", "coda", "qif", "paypal.stl"])
def test_peak_memory_is_flat(name):
    writer = WRITERS[name]
    peak_bytes(name, writer, 500)  # caches of dates and currencies
    small, large = peak_bytes(name, writer, 4_000), peak_bytes(name, writer, 12_000)
    assert large - small < 150_000, f"{small} → {large} bytes"
