"""Options and OAuth settings of an integration, read from a file."""

from pathlib import Path

import pytest

from reconduit.commands.registry_session import read_mapping
from reconduit.errors import SettingsError


def test_days_and_times_of_an_options_file_are_kept_as_text(tmp_path: Path) -> None:
    file = tmp_path / "options.yaml"
    file.write_text("start_date: 2026-01-31\nrest: {incremental: {start: 2026-01-31T10:00:00Z}}\nsize: 5\n", encoding="utf-8")
    assert read_mapping(file, "options") == {
        "start_date": "2026-01-31",
        "rest": {"incremental": {"start": "2026-01-31 10:00:00+00:00"}},
        "size": 5,
    }


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        (b"\xff", "neither YAML nor JSON"),
        (b"{", "neither YAML nor JSON"),
        (b"[1]", "must be a mapping of options"),
    ],
)
def test_a_file_that_cannot_be_meant_is_named(tmp_path: Path, content: bytes | None, says: str) -> None:
    file = tmp_path / "options.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=f"options file .*options.yaml.*{says}"):
        read_mapping(file, "options")
