"""Every third-party sample of a statement, one by one, with what becomes of it and why.

`sample_outcomes.tsv` holds what each sample came to when it was reviewed: format, statements by proof, entries, and for what is
refused or fails the first reason. Where files beside a sample tell its entries, those are compared too. FAILED ones have invented
amounts, or declare totals that their records do not make; refused ones are fragments, have no header or trailer, or are no
statement. The whole table goes to `.local/reports/statements.txt`.
"""

from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from producers.errors import FileFormatError
from producers.formats.contract import BadEntry, Entry, Finding, StatementEnd
from producers.formats.sniff import sniff_stream
from schemas.records import Proof
from tests.contract.producers.formats.sample_expectations import expected_amounts

ROOT = Path(__file__).parents[4]
SAMPLES = ROOT.parent / "shared" / "samples" / "statements"
_REVIEWED = Path(__file__).with_name("sample_outcomes.tsv").read_text(encoding="utf-8").splitlines()
OUTCOMES: dict[str, str] = dict(line.split("\t", 1) for line in _REVIEWED)
FOLDERS = ("bai2", "camt", "cfonb", "coda", "mt940", "nacha", "ofx")
NO_SAMPLES = {".json", ".csv", ".go", ".md", ".yml", ".snap", ""}
WRONGLY_EXPECTED = {
    "camt053.v2.multi.statement.xml": "only the first of the two statements is in the expectation",
    "multiline.sta": "the second entry stands behind the end of the message; it is quarantined",
    "empty_entry_date.sta": "a single field 61",
    "statement_details.sta": "a single field 61",
    "statement_line.sta": "a single field 61",
    "sparkassen.sta": "a single field 61",
    "gv_codes.sta": "the message has no closing balance",
}
"""Samples whose entries are not what the file beside them says."""

pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the third-party samples ../shared/samples/statements are not here")


class Outcome(NamedTuple):
    """What became of a file. `amounts` are of all entries, minor units, sorted."""

    told: str
    reason: str
    amounts: tuple[int, ...]


@cache
def outcome_of(name: str) -> Outcome:
    found: Counter[str] = Counter()
    amounts, reason, failing = [], "", ""
    with (SAMPLES / name).open("rb") as stream:
        try:
            form = sniff_stream(stream)
            for event in form.parse(stream):
                if isinstance(event, StatementEnd):
                    found[event.proof.value] += 1
                    reason = reason or (failing if event.proof is Proof.FAILED else "")
                    failing = ""
                elif isinstance(event, Entry):
                    found["entries"] += 1
                    amounts.append(event.amount_minor)
                elif isinstance(event, BadEntry):
                    found["bad"] += 1
                    reason = reason or event.reason
                elif isinstance(event, Finding):
                    failing = event.code
        except FileFormatError as error:
            return Outcome("refused", str(error).split(";")[0][:90], ())
    return Outcome(
        " ".join([form.name, *(f"{name}={count}" for name, count in sorted(found.items()))]), reason, tuple(sorted(amounts))
    )


@pytest.mark.parametrize("name", OUTCOMES)
def test_sample(name):
    found = outcome_of(name)
    assert f"{found.told}\t{found.reason}" == OUTCOMES[name]
    expected = expected_amounts(SAMPLES / name)
    if expected is not None and Path(name).name not in WRONGLY_EXPECTED:
        exponent = 0 if name.endswith(".xml") else 2
        assert [Decimal(amount).scaleb(-exponent) for amount in found.amounts] == expected


def samples() -> set[str]:
    return {
        str(path.relative_to(SAMPLES))
        for folder in FOLDERS
        for path in (SAMPLES / folder).rglob("*")
        if path.is_file() and (path.suffix not in NO_SAMPLES or "fuzz" in path.parts) and path.name != "requirements.txt"
    }


def test_no_sample_is_left_out_of_the_report():
    assert samples() == set(OUTCOMES)
    report = ROOT / ".local" / "reports" / "statements.txt"
    report.parent.mkdir(parents=True, exist_ok=True)
    rows = [(name, *outcome_of(name)[:2]) for name in sorted(OUTCOMES)]
    width = max(len(name) for name, *_ in rows)
    report.write_text("".join(f"{name:{width}}  {told:50}  {reason}\n" for name, told, reason in rows), encoding="utf-8")
