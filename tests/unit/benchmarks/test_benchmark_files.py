"""The files that parsers are measured on are right: every entry is read, and what can be proved is."""

from pathlib import Path

import pytest

from benchmarks.formats.files import WRITERS, write_file
from producers.formats.contract import BadEntry, Entry, Finding, ParseOptions, StatementEnd
from producers.formats.registry import FORMATS

OPTIONS = ParseOptions(default_account="1", default_currency="EUR")


@pytest.mark.parametrize("name", WRITERS)
def test_every_entry_is_read_and_the_proof_holds(name: str, tmp_path: Path) -> None:
    path = tmp_path / "statement"
    write_file(name, 300, path)
    with path.open("rb") as stream:
        events = list(FORMATS[name].parse(stream, OPTIONS))
    assert sum(isinstance(event, Entry) for event in events) == 300
    assert not [event for event in events if isinstance(event, BadEntry | Finding)]
    (end,) = (event for event in events if isinstance(event, StatementEnd))
    assert end.proof == ("NOT_PROVABLE" if name in {"ofx", "qif"} else "PROVED")
