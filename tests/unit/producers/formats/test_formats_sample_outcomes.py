"""Every third-party sample of BAI2, CFONB, CODA, NACHA and OFX, with what becomes of it, one line each in `sample_outcomes.tsv`.

Outcomes were reviewed against the name and the findings of each sample. FAILED ones declare totals that their records do not
make (BAI2 samples 4 and 5 have impossible ones); refused ones lack header or trailer, are other formats, or have no statement.
"""

from collections import Counter
from pathlib import Path

import pytest

from producers.errors import FileFormatError
from producers.formats.contract import BadEntry, Entry, StatementEnd
from producers.formats.sniff import sniff_stream

SAMPLES = Path(__file__).parents[5] / "shared" / "samples" / "statements"
OUTCOMES = dict(
    line.split("\t") for line in Path(__file__).with_name("sample_outcomes.tsv").read_text(encoding="utf-8").splitlines()
)
FOLDERS = ("bai2", "cfonb", "coda", "nacha", "ofx")
OTHER = {".json", ".csv", ".go", ".md", ""}
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the third-party samples ../shared/samples/statements are not here")


def outcome(path: Path) -> str:
    found: Counter[str] = Counter()
    with path.open("rb") as stream:
        try:
            form = sniff_stream(stream)
            for event in form.parse(stream):
                if isinstance(event, StatementEnd):
                    found[event.proof.value] += 1
                elif isinstance(event, Entry | BadEntry):
                    found["bad" if isinstance(event, BadEntry) else "entries"] += 1
        except FileFormatError as error:
            assert str(error)
            return "refused"
    return " ".join([form.name, *(f"{name}={count}" for name, count in sorted(found.items()))])


@pytest.mark.parametrize("name", OUTCOMES)
def test_sample(name):
    assert outcome(SAMPLES / name) == OUTCOMES[name]


def test_no_sample_is_left_out():
    there = {
        str(path.relative_to(SAMPLES))
        for folder in FOLDERS
        for path in (SAMPLES / folder).rglob("*")
        if path.is_file() and (path.suffix not in OTHER or "fuzz" in path.parts)
    }
    assert there == set(OUTCOMES)
