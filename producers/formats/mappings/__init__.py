"""Ready-made mappings for the downloads of banks and the settlement reports of payment providers, by name or by their header."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from producers.errors import ConfigurationError
from producers.formats.csv_columns import CsvMapping

__all__ = ["ReadyMade", "mapping_of", "ready_made", "recognise_report", "with_settings"]


class ReadyMade(BaseModel):
    """One file of this folder.

    Attributes:
        source: where the layout is known from.
        header: headers that together are found in no other report.
        mapping: how it is read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    header: tuple[str, ...]
    mapping: CsvMapping


@cache
def ready_made() -> Mapping[str, ReadyMade]:
    """All of them by name."""
    folder = resources.files(__package__)
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".yaml")}
    return {name.removesuffix(".yaml"): ReadyMade.model_validate(yaml.safe_load(text)) for name, text in sorted(texts.items())}


def mapping_of(options: Mapping[str, Any]) -> CsvMapping:
    """The mapping of a feed's options; one that names a ready-made mapping has what that one says and the options do not.

    Raises:
        ConfigurationError: a key or value does not fit, or no mapping has that name; the message names it.
    """
    try:
        mapping = CsvMapping.model_validate(dict(options))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise ConfigurationError(f"csv mapping: {wrong}") from None
    if mapping.name is None:
        return mapping
    if mapping.name not in ready_made():
        raise ConfigurationError(f"csv mapping: name {mapping.name!r} is not known; use one of {', '.join(ready_made())}")
    return with_settings(mapping.name, mapping)


def recognise_report(cells: Iterable[str]) -> str | None:
    """Name of the ready-made mapping whose header a row is, None when it is none of them."""
    row = {_squeezed(cell) for cell in cells}
    return next((name for name, report in _signatures() if report <= row), None)


def with_settings(name: str, settings: CsvMapping) -> CsvMapping:
    """A ready-made mapping, changed by what the feed sets itself."""
    base = ready_made()[name].mapping
    given = {key: getattr(settings, key) for key in settings.model_fields_set}
    return base.model_copy(update={**given, "name": name, "columns": base.columns | settings.columns})


@cache
def _signatures() -> tuple[tuple[str, frozenset[str]], ...]:
    return tuple((name, frozenset(map(_squeezed, report.header))) for name, report in ready_made().items())


def _squeezed(cell: str) -> str:
    return "".join(cell.lower().split())
