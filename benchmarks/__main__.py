"""`make bench`: run the benchmarks and print what they measured."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.close_pass import run_close_pass
from benchmarks.formats.run import run_formats
from benchmarks.open_items import run_open_items
from benchmarks.result import Result, print_results
from benchmarks.stream.run import run_stream

__all__ = ["main"]


def _run_close(options: argparse.Namespace) -> list[Result]:
    """The engine on books in memory, then the whole pass on a stored one."""
    return [*run_open_items(options), *run_close_pass(options)]


BENCHMARKS: dict[str, Callable[[argparse.Namespace], list[Result]]] = {
    "stream": run_stream,
    "formats": run_formats,
    "close": _run_close,
}


def main() -> int:
    """Run one or all; exit status 0 when they ran, whatever they measured."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--only", choices=sorted(BENCHMARKS), help="run just this one")
    parser.add_argument("--json", type=Path, help="write the results there too")
    parser.add_argument("--records", type=int, default=1_000_000, help="records of the stream benchmark (default 1,000,000)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes of each pipeline (default 2)")
    parser.add_argument("--rounds", type=int, default=1, help="times each pipeline runs, in turn; medians are printed (default 1)")
    parser.add_argument("--formats", help="formats of the formats benchmark, with commas between (default all)")
    parser.add_argument(
        "--open-items",
        default="10000,100000",
        help="sizes of the close benchmark in memory, items a side (default 10000,100000; up to 1000000)",
    )
    parser.add_argument(
        "--stored-items",
        type=int,
        help="items a side of the stored book of the close benchmark (default the least of --open-items)",
    )
    options = parser.parse_args()
    names = [options.only] if options.only else sorted(BENCHMARKS)
    results = [result for name in names for result in BENCHMARKS[name](options)]
    print_results(results)
    if options.json is not None:
        options.json.write_text(json.dumps([result.as_json() for result in results], indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
