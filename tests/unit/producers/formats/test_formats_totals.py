"""An unreadable entry is set apart and the rest kept, unless the file's own counts or sums then lie."""

import datetime as dt
import io
from collections.abc import Callable

import pytest

from benchmarks.formats.files import WRITERS
from producers.errors import FileFormatError
from producers.formats.canonical import CanonicalFile, FileOrigin, canonicalise
from producers.formats.contract import ParseOptions
from producers.formats.registry import FORMATS

ENTRIES = 5
ORIGIN = FileOrigin(source="bank", path="day", sha256="ab" * 32, ingested_at=dt.datetime(2026, 2, 1, tzinfo=dt.UTC))
OPTIONS = ParseOptions(default_account="1", default_currency="EUR")
SUMMARY = (
    "<TxsSummry><TtlNtries><NbOfNtries>5</NbOfNtries></TtlNtries><TtlCdtNtries><NbOfNtries>5</NbOfNtries>"
    "<Sum>{total}</Sum></TtlCdtNtries></TxsSummry>"
)


def read(name: str, damage: Callable[[str], str]) -> CanonicalFile:
    whole = "".join(WRITERS[name](ENTRIES))
    damaged = damage(whole)
    assert damaged != whole
    return canonicalise(FORMATS[name].parse(io.BytesIO(damaged.encode()), OPTIONS), ORIGIN)


KEPT = {
    "mt940": lambda text: text.replace("C89,19NTRF", "Cx9,19NTRF", 1),
    "camt.053": lambda text: text.replace(">89.19</Amt>", ">89.x9</Amt>", 1),
    # The amount is legible, so the totals of the trailers hold.
    "bai2": lambda text: text.replace("16,195,8919,", "16,999,8919,", 1),
    "ofx": lambda text: text.replace("<TRNAMT>89.19", "<TRNAMT>89.x9", 1),
    "cfonb120": lambda text: text.replace("0000000000891I", "000000000089xI", 1),
}

REFUSED = {
    "bai2": lambda text: text.replace("16,195,8919,", "16,195,89x9,", 1),
    "nacha": lambda text: text.replace("0000008919", "00000089x9", 1),
    "coda": lambda text: text.replace("000000000089190", "0000000000891x0", 1),
    "camt.053": lambda text: text.replace(">89.19</Amt>", ">89.x9</Amt>", 1).replace(
        "<Ntry>", SUMMARY.format(total="841.90") + "<Ntry>", 1
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_the_rest_is_kept_where_no_total_is_denied(name: str) -> None:
    file = read(name, KEPT[name])
    assert (len(file.transactions), file.bad_entries, len(file.bad)) == (ENTRIES - 1, 1, 1)


@pytest.mark.parametrize("name", REFUSED)
def test_the_whole_file_is_refused_where_its_totals_lie(name: str) -> None:
    with pytest.raises(FileFormatError, match="1 entries cannot be read and the file's own totals do not hold"):
        read(name, REFUSED[name])


def test_totals_that_lie_about_readable_entries_are_a_finding() -> None:
    file = read("nacha", lambda text: text.replace("820000000500", "820000000600", 1))
    assert len(file.transactions) == ENTRIES
    assert "control_total" in {finding.code for finding in file.findings}
