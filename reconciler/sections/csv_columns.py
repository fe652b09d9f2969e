"""The section `csv`: how files are read by `reconduit match`."""

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
    if "currency_code" in entries:
        entries["currency_code"].currency()
    return columns
