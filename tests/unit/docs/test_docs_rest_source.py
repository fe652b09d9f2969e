"""The page about REST sources shows the example that is tested, and names every key there is."""

import re
from pathlib import Path

from producers.providers.rest.schema import definition_schema

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "rest-sources.md").read_text(encoding="utf-8")


def test_the_page_shows_this_very_file() -> None:
    assert f"```yaml\n{(DOCS / 'examples' / 'rest_source.yaml').read_text(encoding='utf-8')}```" in PAGE


def test_every_key_is_on_the_page() -> None:
    schema = definition_schema()
    shapes = [schema, *schema["$defs"].values()]
    shapes += [form for shape in shapes for form in shape.get("anyOf", ())]
    keys = {key for shape in shapes for key in shape.get("properties", ())}
    assert len(keys) > 60
    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", PAGE)] == []


def test_the_problem_on_the_page_is_told_like_this() -> None:
    text = (DOCS / "examples" / "rest_source.yaml").read_text(encoding="utf-8")
    [line] = [number for number, one in enumerate(text.splitlines(), 1) if one.startswith("  direction:")]
    problem = "record 1 of the sample: direction: kind is 'FEE'; direction knows PAY_IN, REFUND_IN, PAY_OUT"
    assert f"acmepay.yaml:{line}: fields.direction: {problem}\n" in PAGE
