"""The section `csv`: how files are read by `reconduit match`."""

import codecs
from collections.abc import Mapping

from reconciler.reconciliation import CsvColumns, Side
from reconciler.yaml_nodes import YamlValue

__all__ = ["read_csv_columns"]

_KEYS = tuple(CsvColumns.__dataclass_fields__)


def read_csv_columns(value: YamlValue, sides: tuple[Side, ...]) -> Mapping[str, CsvColumns]:
    """Columns by side name."""
    return {side: _columns(columns) for side, columns in value.mapping(side.name for side in sides).items()}


def _columns(value: YamlValue) -> CsvColumns:
    entries = value.mapping(_KEYS)
    columns = CsvColumns(**{key: entry.text() for key, entry in entries.items()})
    for key, allowed in (("decimal", (".", ",")), ("signs", ("positive_credit", "positive_debit"))):
        if key in entries:
            entries[key].choice(allowed)
    for key in ("debit", "credit"):
        if key in entries and "amount" in entries:
            entries[key].fail("contradicts `amount`: amounts are in one column, or money out and money in have one each")
    if "delimiter" in entries and len(entries["delimiter"].text()) != 1:
        entries["delimiter"].fail(f"is {entries['delimiter'].text()!r}; it must be one character")
    if "date_format" in entries and "%" not in entries["date_format"].text():
        entries["date_format"].fail(f"is {entries['date_format'].text()!r}; write it as strptime has it, such as %d/%m/%Y")
    if "encoding" in entries:
        _check_encoding(entries["encoding"])
    if "currency_code" in entries:
        entries["currency_code"].currency()
    return columns


def _check_encoding(value: YamlValue) -> None:
    try:
        codecs.lookup(value.text())
    except LookupError:
        value.fail(f"is {value.text()!r}, which Python does not know; such as utf-8, cp1252 or utf-16")
