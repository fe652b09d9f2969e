from pathlib import Path

from typer.testing import CliRunner

from reconduit.cli import app

EXAMPLE = Path(__file__).parents[3] / "docs/examples/rest_source.yaml"


def check(file: Path):
    return CliRunner().invoke(app, ["sources", "check", str(file)])


def test_the_example_of_the_documentation_maps_its_sample() -> None:
    result = check(EXAMPLE)
    assert result.exit_code == 0, result.output
    assert "2 of the sample's 2 records are mapped" in result.output
    for line in (
        "  txn_id                W-1001:MV-1",
        "  amount_minor          125050 (1250.50)",
        "  direction             CREDIT",
        "  booked_at             2026-01-15 08:30:00+00:00",
        "  value_date            2026-01-16",
        "  reference_number      INV-2043",
        "  status                PENDING",
        "  description           Fee on order 2043",
    ):
        assert line in result.output
    assert "raw_ref" not in result.output


def test_every_problem_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    text = EXAMPLE.read_text(encoding="utf-8").replace(", FEE: DEBIT", "").replace("data.more", "data.moar")
    file.write_text(text, encoding="utf-8")
    result = check(file)
    assert result.exit_code == 2
    assert "1 of the sample's 2 records are mapped" in result.output
    direction, paging = (
        next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(begin))
        for begin in ("  direction:", "paging:")
    )
    assert f"acme.yaml:{direction}: fields.direction: record 1 of the sample: direction: kind is 'FEE'" in result.output
    assert f"acme.yaml:{paging}: paging: sample: data.moar is None" in result.output


def test_a_definition_without_a_sample_says_that_nothing_was_tried(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(EXAMPLE.read_text(encoding="utf-8").partition("\n# A real answer")[0], encoding="utf-8")
    result = check(file)
    assert result.exit_code == 0
    assert "no sample" in result.output
