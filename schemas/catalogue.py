"""The Avro schemas by name, and their committed history.

`avro/NAME.avsc` is what we write now; `avro/history/NAME.vN.avsc` is every version that was ever written, so that the log can be
read from its beginning. A test holds the two together and refuses a change that breaks FULL_TRANSITIVE (`schemas.compatibility`).
"""

import functools
import json
import re
from pathlib import Path
from typing import Any

__all__ = ["STATEMENT", "TRANSACTION", "AvroSchema", "current_schema", "history"]

AvroSchema = dict[str, Any]
"""A parsed `.avsc` document."""

TRANSACTION = "canonical_transaction"
STATEMENT = "canonical_statement"

_FOLDER = Path(__file__).parent / "avro"


def _read(path: Path) -> AvroSchema:
    schema: AvroSchema = json.loads(path.read_text(encoding="utf-8"))
    return schema


@functools.cache
def current_schema(name: str) -> AvroSchema:
    """The schema that is written now, by file name without its suffix."""
    return _read(_FOLDER / f"{name}.avsc")


@functools.cache
def history(name: str) -> dict[int, AvroSchema]:
    """Every version of a schema that was ever committed, oldest first."""
    found = {}
    for path in (_FOLDER / "history").glob(f"{name}.v*.avsc"):
        version = re.fullmatch(rf"{re.escape(name)}\.v(\d+)\.avsc", path.name)
        if version:
            found[int(version[1])] = _read(path)
    return dict(sorted(found.items()))
