"""The bytes that say how a field is encoded, held against what was read from them.

A columnar reader takes any non-zero union index as "there is a value" and any byte for a boolean, where the specification allows
two. Such a byte leaves every size as it was, so `schemas.encoded_size` cannot see it; here each of them is looked at.
Facts: Avro 1.11 specification, "Binary encoding" (a union is its branch's index as a long, then the value; a boolean is 0 or 1).
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from schemas.catalogue import AvroSchema

__all__ = ["markers_agree"]

_Places = npt.NDArray[np.int64]
_Bytes = npt.NDArray[np.uint8]


def markers_agree(frame: pl.DataFrame, sizes: pl.DataFrame, block: bytes, writer: AvroSchema) -> bool:
    """Whether every union index and every boolean in `block` is the one that `frame` would be encoded with.

    Args:
        frame: what was read from the block, in the writer's columns.
        sizes: `schemas.encoded_size.field_sizes` of it, which add up to the length of the block.
        block: the rows' encodings, one after the other.
        writer: the schema that the block was written with.
    """
    data = np.frombuffer(block, dtype=np.uint8)
    lengths = sizes.select(pl.sum_horizontal(pl.all())).to_series().to_numpy()
    begins = np.cumsum(lengths) - lengths
    for field in writer["fields"]:
        name = field["name"]
        if any((data[places] != expected).any() for places, expected in _expected(field["type"], frame[name], begins)):
            return False
        begins = begins + sizes[name].to_numpy()
    return True


def _expected(avro_type: Any, column: pl.Series, begins: _Places) -> Iterator[tuple[_Places, _Bytes]]:
    """Places of a field's marker bytes, and what must be there."""
    if isinstance(avro_type, list):
        null, value = _branch_bytes(avro_type)
        absent = column.is_null().to_numpy()
        yield begins, np.where(absent, null, value).astype(np.uint8)
        if "boolean" in avro_type:
            yield begins[~absent] + 1, column.drop_nulls().to_numpy().astype(np.uint8)
    elif avro_type == "boolean":
        yield begins, column.to_numpy().astype(np.uint8)


def _branch_bytes(branches: Sequence[Any]) -> tuple[int, int]:
    """The index of null and of the other branch of a nullable union, zig-zag encoded: one byte each."""
    null = branches.index("null")
    return 2 * null, 2 * (1 - null)
