"""JSON Schema of a definition, for editors: `schemas/json/rest_source.schema.json` holds it."""

import re
from typing import Any

from producers.providers.rest.definition import RestDefinition

__all__ = ["definition_schema"]

_ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n {8,}.*)*)", re.MULTILINE)


def definition_schema() -> dict[str, Any]:
    """The schema of `RestDefinition`, each key described as its model describes it."""
    schema = RestDefinition.model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        for shape in (part, *part.get("anyOf", ())):
            _describe(shape)
    top = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Definition of a REST source"}
    return top | schema


def _describe(shape: dict[str, Any]) -> None:
    """Replace generated titles, and hand the text about each attribute on to its key."""
    text, _, attributes = str(shape.get("description", "")).partition("\n\nAttributes:\n")
    told = {name: " ".join(words.split()).replace("`", "") for name, words in _ATTRIBUTE.findall(attributes)}
    shape.pop("title", None)
    if text:
        shape["description"] = " ".join(text.split()).replace("`", "")
    for name, value in shape.get("properties", {}).items():
        value.pop("title", None)
        if name in told:
            value["description"] = told[name]
