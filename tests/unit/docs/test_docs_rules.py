"""The page of rule files: its examples are read by the engine, and it names every key that the engine reads."""

import re
from pathlib import Path

import pytest
import yaml

from reconciler.errors import RulesError
from reconciler.reconciliation import Base, CsvColumns, KeyField, Reconciliation, Shape
from reconciler.rules import parse_reconciliation
from reconciler.types import BreakType, Stage
from reconciler.yaml_nodes import Origin
from reconduit.reconciliations import parse_rules
from reconduit.sources import load_sources

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
PAGE = (ROOT / "docs/reconciliations.md").read_text(encoding="utf-8")
YAML = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
MINIMAL = "name: a\nversion: 1\nshape: keyed\nsides: [{name: l}, {name: r}]\n"


def blocks() -> list[tuple[str, str]]:
    return [(page.name, block) for page in PAGES for block in YAML.findall(page.read_text(encoding="utf-8"))]


def examples() -> list[Reconciliation]:
    return [parse_rules(block, f"{name} example") for name, block in blocks() if "\nshape:" in block]


def allowed_keys(text: str) -> set[str]:
    """What the parser says is allowed where `text` has the unknown key `zzz`."""
    with pytest.raises(RulesError, match="zzz") as error:
        parse_reconciliation(text, Origin("probe", {"INR": 2, "USD": 2}))
    return set(str(error.value).partition("allowed: ")[2].split(", "))


def test_the_examples_are_valid_and_show_every_shape() -> None:
    found = examples()
    assert {one.shape for one in found} == set(Shape)
    three_way = next(one for one in found if len(one.sides) == 3)
    assert three_way.tolerance.allowed_minor(1_000_000, "INR") == 500
    assert three_way.sides[0].filter.direction == 1
    settlement = next(one for one in found if one.shape is Shape.SETTLEMENT)
    assert settlement.fees.allowed_minor(100_000, "INR") == 450


def test_every_block_of_yaml_is_yaml() -> None:
    found = blocks()
    assert len(found) >= 5
    for name, block in found:
        assert isinstance(yaml.safe_load(block), dict), name


def test_blocks_of_sources_are_valid(tmp_path: Path) -> None:
    found = [block for _, block in blocks() if block.startswith("sources:")]
    assert len(found) >= 2
    for block in found:
        path = tmp_path / "sources.yaml"
        path.write_text(block, encoding="utf-8")
        assert len(load_sources(path)) == 1


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        (MINIMAL + "zzz: 1\n", ""),
        (MINIMAL.replace("{name: l}", "{name: l, zzz: 1}"), ""),
        (MINIMAL + "tolerance: {amount: {zzz: 1}}\n", "amount."),
        (MINIMAL + "tolerance: {days: {zzz: 1}}\n", "days."),
        (MINIMAL + "tolerance: {amount: {over: {zzz: 1}}}\n", ""),
        (MINIMAL + "fees: {zzz: 1}\n", ""),
        (MINIMAL + "stages: [{zzz: 1}]\n", ""),
        (MINIMAL + "fx: {zzz: 1}\n", ""),
        (MINIMAL.replace("{name: l}", "{name: l, filter: {amount: {zzz: 1}}}"), "amount."),
        (MINIMAL + "calendar: {zzz: 1}\n", ""),
        (MINIMAL.replace("keyed", "statement") + "stages: [probabilistic]\nlearning: {zzz: 1}\n", ""),
        (MINIMAL.replace("keyed", "statement") + "stages: [probabilistic]\nlearning: {days: {zzz: 1}}\n", "days."),
        (MINIMAL + "csv: {l: {zzz: 1}}\n", ""),
        (MINIMAL.replace("{name: l}", "{name: l, filter: {zzz: 1}}"), ""),
    ],
)
def test_every_key_has_a_row(text: str, prefix: str) -> None:
    rows = "\n".join(line.split("|")[1] for line in PAGE.splitlines() if line.startswith("|"))
    for key in allowed_keys(text):
        # A key with keys of its own may be named by those, as in `days.before`.
        assert f"`{prefix}{key}`" in rows or f"`{prefix}{key}." in rows, f"docs/reconciliations.md has no row for {prefix}{key}"


def test_every_value_is_named() -> None:
    stages = {stage.value for stage in Stage} - {Stage.MANUAL.value}
    for value in {*Shape, *Base, *KeyField, *CsvColumns.__dataclass_fields__, *stages}:
        assert f"`{value}`" in PAGE, f"docs/reconciliations.md does not name {value}"


def test_the_table_of_tolerances_says_what_the_engine_accepts() -> None:
    """Each row: an `amount` section, and the least and the largest amount of the last side beside 1000.00 on the first."""
    rows = re.findall(r"^\| `(\{.*\})` \| (\d+)\.(\d\d) to (\d+)\.(\d\d)", PAGE, re.MULTILINE)
    assert len(rows) == 5
    text = MINIMAL.replace("keyed", "statement")
    for section, *digits in rows:
        tolerance = parse_reconciliation(f"{text}tolerance: {{amount: {section}}}\n", "a.yaml").tolerance
        least, most = int(digits[0] + digits[1]), int(digits[2] + digits[3])
        accepted = [tolerance.within((100_000, other), "INR") for other in (least - 1, least, most, most + 1)]
        assert accepted == [False, True, True, False], section


def test_every_type_of_break_is_explained() -> None:
    assert not [kind for kind in BreakType if not re.search(rf"^\|[^|]*`{kind}`[^|]*\|", PAGE, re.MULTILINE)]


def test_a_wrong_file_is_reported_as_the_page_says() -> None:
    with pytest.raises(RulesError, match=r"^rules\.yaml:5: `weekend`"):
        parse_reconciliation(MINIMAL + "calendar: {weekend: monday-tuesday}\n", "rules.yaml")
