"""How many bytes each row of a frame takes in Avro's binary encoding, computed in columns.

This is the proof that a stitched block was cut where its messages were cut: a body that is too short or too long shifts every
row behind it, and then at least one row's size differs from its message's. The sizes of its fields say where each of them begins.
"""

from typing import Any

import polars as pl

from schemas.catalogue import AvroSchema

__all__ = ["encoded_sizes", "field_sizes"]


def encoded_sizes(frame: pl.DataFrame, writer: AvroSchema) -> pl.Series:
    """Size in bytes of each row as `writer` encodes it (enum columns hold the symbol's index). Dtype Int64."""
    return field_sizes(frame, writer).select(pl.sum_horizontal(pl.all()).alias("size"))["size"]


def field_sizes(frame: pl.DataFrame, writer: AvroSchema) -> pl.DataFrame:
    """Size in bytes of each field of each row, a union's index included; columns in the writer's order. Dtype Int64."""
    fields = [(field["name"], field["type"]) for field in writer["fields"]]
    nothing = pl.zeros(len(frame), dtype=pl.Int64, eager=True)
    return frame.select(nothing.alias(name) + _field_size(name, avro_type).cast(pl.Int64) for name, avro_type in fields)


def _field_size(name: str, avro_type: Any) -> pl.Expr:
    if isinstance(avro_type, list):
        (branch,) = (one for one in avro_type if one != "null")
        # The branch's index takes one byte; null itself takes none.
        return pl.when(pl.col(name).is_null()).then(1).otherwise(_value_size(name, branch) + 1)
    return _value_size(name, avro_type)


def _value_size(name: str, avro_type: Any) -> pl.Expr:
    base = avro_type["type"] if isinstance(avro_type, dict) else avro_type
    if base == "boolean":
        return pl.lit(1, dtype=pl.Int64)
    if base == "string":
        length = pl.col(name).str.len_bytes().cast(pl.Int64)
        return length + _long_size(length)
    return _long_size(pl.col(name).to_physical().cast(pl.Int64))


def _long_size(value: pl.Expr) -> pl.Expr:
    """Bytes of a zig-zag long: its magnitude's bits and one for the sign, seven to a byte."""
    magnitude = pl.when(value < 0).then(-(value + 1)).otherwise(value)
    bits = 64 - magnitude.bitwise_leading_zeros().cast(pl.Int64)
    return (bits + 7) // 7
