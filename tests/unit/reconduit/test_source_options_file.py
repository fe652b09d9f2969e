from pathlib import Path

from reconduit.commands.sources import _read_options


def test_days_and_times_of_an_options_file_are_kept_as_text(tmp_path: Path) -> None:
    file = tmp_path / "options.yaml"
    file.write_text("start_date: 2026-01-31\nrest: {incremental: {start: 2026-01-31T10:00:00Z}}\nsize: 5\n", encoding="utf-8")
    assert _read_options(file) == {
        "start_date": "2026-01-31",
        "rest": {"incremental": {"start": "2026-01-31 10:00:00+00:00"}},
        "size": 5,
    }
