"""The benchmark that decision 0002 names runs and measures what it says. How fast is no matter of a test."""

from pathlib import Path

from benchmarks.codec import measure

ROOT = Path(__file__).parents[3]


def test_it_measures_every_way_against_its_baseline() -> None:
    results = {one.name: one for one in measure(records=400, batch=100, rounds=1)}
    assert set(results) == {"decode: fastavro", "decode: batch codec", "decode: length proof", "decode: marker proof"}
    for one in results.values():
        assert one.value > 0
        assert one.baseline is None or one.ratio == one.value / results[one.baseline].value
    assert "-m benchmarks.codec" in (ROOT / "docs/decisions/0002-stitched-decode.md").read_text(encoding="utf-8")
