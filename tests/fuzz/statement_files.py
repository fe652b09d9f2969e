"""Coverage-guided fuzzing of the statement parsers: `make fuzz ARGS="--format mt940 --seconds 60"`.

Whatever the bytes: a parser yields events that make sense, or raises FileFormatError; in bounded time and memory. libFuzzer, by
way of atheris, mutates small files of ours towards code that no file has reached yet. A file that breaks the promise is left in
`.local/fuzz/FORMAT/crash-*`, and the exit status is not 0.
"""

import argparse
import datetime as dt
import io
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["producers.formats"], enable_loader_override=False):
    from producers.errors import FileFormatError
    from producers.formats import spreadsheet
    from producers.formats.canonical import FileOrigin, canonicalise
    from producers.formats.contract import ParseOptions
    from producers.formats.registry import FORMATS

from benchmarks.formats.files import WRITERS
from tests.fixtures.long_files import WRITERS as PLAIN
from tests.fixtures.promises import broken_promises
from tests.fixtures.workbooks import sheet_of, workbook_around
from tests.fuzz.forked_reader import run_forked_reader

__all__ = ["main"]

_ROOT = Path(__file__).parents[2]
_OPTIONS = ParseOptions(default_account="1", default_currency="EUR")
_ORIGIN = FileOrigin(source="fuzz", path="file", sha256="0" * 64, ingested_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
_LONGEST_BYTES = 1 << 14
_SLOWEST_SECONDS = 10
_MOST_MEBIBYTES = 1024


def fuzz(name: str, corpus: Path, seconds: int) -> None:
    """Run libFuzzer on one format in this process; does not return."""
    parse = FORMATS[name].parse
    # The zip around a workbook would hide its sheets from libFuzzer, so the bytes are those of a sheet.
    dressed = workbook_around if name == "spreadsheet" else bytes
    spreadsheet._run_reader = run_forked_reader

    def one(data: bytes) -> None:
        try:
            events = list(parse(io.BytesIO(dressed(data)), _OPTIONS))
        except FileFormatError:
            return
        assert not broken_promises(events), broken_promises(events)
        # A file whose own totals lie is refused as a whole only here.
        with suppress(FileFormatError):
            canonicalise(iter(events), _ORIGIN)

    limits = [f"-max_total_time={seconds}", f"-max_len={_LONGEST_BYTES}", f"-timeout={_SLOWEST_SECONDS}"]
    limits += [f"-rss_limit_mb={_MOST_MEBIBYTES}", f"-artifact_prefix={corpus}/", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], str(corpus), *limits], one)
    atheris.Fuzz()


def _seed(name: str, count: int) -> bytes:
    if name == "spreadsheet":
        return sheet_of([["Date", "Amount", "Memo"], *[[_ORIGIN.ingested_at.date(), 0.25, f"payment {at}"] for at in range(count)]])
    return "".join({**PLAIN, **WRITERS}[name](count)).encode("ascii")


def main() -> int:
    """Fuzz one format, or each in turn in a process of its own; exit status 1 when one broke its promise."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--format", choices=sorted(FORMATS), help="only this one")
    parser.add_argument("--seconds", type=int, default=60, help="for each format (default 60)")
    options = parser.parse_args()
    if options.format is None:
        command = [sys.executable, "-m", "tests.fuzz.statement_files", "--seconds", str(options.seconds), "--format"]
        broken = [name for name in FORMATS if subprocess.run([*command, name], cwd=_ROOT, check=False).returncode]
        print(f"broken: {', '.join(broken) or 'none'}")
        return int(bool(broken))
    corpus = _ROOT / ".local" / "fuzz" / options.format
    corpus.mkdir(parents=True, exist_ok=True)
    for count in (1, 3):
        (corpus / f"seed-{count}").write_bytes(_seed(options.format, count))
    fuzz(options.format, corpus, options.seconds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
