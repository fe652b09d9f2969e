"""Third-party samples: each is read without anything but typed errors, and its proofs are what they were found to be."""

from collections import Counter
from pathlib import Path

import pytest

from producers.errors import FileFormatError
from producers.formats.contract import BadEntry, Entry, StatementEnd
from producers.formats.sniff import sniff_stream

SAMPLES = Path(__file__).parents[5] / "shared" / "samples" / "statements"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the third-party samples ../shared/samples/statements are not here")

WOLPH = SAMPLES / "mt940" / "wolph__mt940" / "mt940_tests"
MOOV = SAMPLES / "camt" / "moov-io__iso20022" / "test" / "testdata"
GENKGO = SAMPLES / "camt" / "genkgo__camt" / "test" / "data"


def summary(path: Path) -> Counter[str]:
    """Statements by proof, entries, bad entries; `refused` for a file that ends in the typed error."""
    found: Counter[str] = Counter()
    with path.open("rb") as stream:
        try:
            for event in sniff_stream(stream).parse(stream):
                if isinstance(event, StatementEnd):
                    found[event.proof.value] += 1
                elif isinstance(event, Entry):
                    found["entries"] += 1
                elif isinstance(event, BadEntry):
                    found["bad"] += 1
        except FileFormatError as error:
            assert str(error)
            return Counter(refused=1)
    return found


def total(paths: list[Path]) -> Counter[str]:
    return sum((summary(path) for path in paths), Counter())


def test_every_mt940_sample():
    suffixes = {".sta", ".mt940", ".mt942", ".mt940x"}
    paths = [
        path
        for path in (SAMPLES / "mt940").rglob("*")
        if path.suffix in suffixes or (path.suffix == ".txt" and path.parent.name in {"ASNB", "citi"})
    ]
    # The refused ones are single fields without a message, and messages cut off on purpose. The failed ones have invented amounts.
    assert len(paths) == 59
    assert total(paths) == Counter(entries=240, bad=1, PROVED=115, FAILED=17, refused=21)


def test_every_camt_sample():
    # Refused: a statement message without a statement, and an acknowledgement that is no statement at all.
    assert total(list((SAMPLES / "camt").rglob("*.xml"))) == Counter(entries=62, NOT_PROVABLE=34, FAILED=3, PROVED=6, refused=2)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        # RC is a debit: with it as a credit two of these statements do not prove.
        (WOLPH / "betterplace" / "sepa_mt9401.sta", {"entries": 97, "PROVED": 20}),
        (WOLPH / "self-provided" / "february_30.sta", {"entries": 1, "PROVED": 1}),
        (WOLPH / "ASNB" / "mt940_with_spaces_for_entry_date.txt", {"entries": 8, "PROVED": 31}),
        (WOLPH / "self-provided" / "raphaelm.sta", {"entries": 9, "PROVED": 2}),
        (WOLPH / "mBank" / "mt942.sta", {"entries": 3, "PROVED": 1}),
        (WOLPH / "citi" / "mt940.txt", {"entries": 5, "PROVED": 1}),
        (MOOV / "FI_camt_053_sample.xml.xml", {"entries": 10, "PROVED": 1}),
        (GENKGO / "camt053.v2.multi.statement.xml", {"entries": 2, "PROVED": 2}),
    ],
    ids=lambda value: value.name if isinstance(value, Path) else "",
)
def test_proofs_of_known_samples(path, expected):
    assert summary(path) == Counter(expected)
