"""The batch codec: thousands of wire messages to one frame of columns, without a Python object per record.

The bodies of a batch that share a writer's schema are stitched into one Avro block behind a synthetic header and read by polars.
Stitching forgets where one message ends, and a columnar reader is lenient, so the result is accepted only if every row would encode
to exactly the length of its message (`schemas.encoded_size`) with the same union indexes and booleans (`schemas.field_markers`),
and every time is one that Python and Postgres know. Otherwise, and whenever polars refuses the block, the group is decoded one by
one with fastavro and each bad body is set apart with its reason. Measured in `docs/decisions/0002-stitched-decode.md`.
"""

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import fastavro
import polars as pl

from schemas.avro_header import SYNC, container_header, zigzag
from schemas.catalogue import AvroSchema, current_schema
from schemas.encoded_size import field_sizes
from schemas.errors import DecodeError, UnknownSchemaError
from schemas.field_markers import markers_agree
from schemas.registry import SchemaIds
from schemas.wire import HEADER, decode_body, split_header

__all__ = ["BadMessage", "BatchDecoder", "DecodedBatch", "frame_schema"]

_MESSAGE = "message"

_POLARS = {
    "string": pl.String,
    "long": pl.Int64,
    "int": pl.Int32,
    "boolean": pl.Boolean,
    "timestamp-micros": pl.Datetime("us", "UTC"),
    "date": pl.Date,
    "enum": pl.Int32,
}


@dataclass(frozen=True, slots=True)
class BadMessage:
    """A message that could not be decoded.

    Attributes:
        message: its index in the batch.
        reason: `schema_id` when the writer is unknown, `wire_format` or `avro_body` otherwise.
        detail: what exactly is wrong.
    """

    message: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class DecodedBatch:
    """A decoded batch.

    Attributes:
        frame: one row a good message, canonical columns (enums as their symbol's index) and `message`, the index in the
            batch; rows are in message order.
        bad: the rest.
    """

    frame: pl.DataFrame
    bad: Sequence[BadMessage]


def _kind(avro_type: Any) -> str:
    if isinstance(avro_type, list):
        (avro_type,) = (branch for branch in avro_type if branch != "null")
    if isinstance(avro_type, dict):
        return str(avro_type.get("logicalType") or avro_type["type"])
    return str(avro_type)


def _symbols(avro_type: Any) -> list[str] | None:
    return avro_type["symbols"] if isinstance(avro_type, dict) and avro_type.get("type") == "enum" else None


def frame_schema(schema: AvroSchema) -> pl.Schema:
    """Columns of a decoded frame for a flat Avro record, without `message`."""
    return pl.Schema({field["name"]: _POLARS[_kind(field["type"])] for field in schema["fields"]})


def _times_exist(frame: pl.DataFrame) -> bool:
    """Whether every date and time is in the years 1 to 9999, all that Python has; the wire's integers reach much further."""
    first, last = dt.datetime.min.replace(tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC)
    times = (pl.col(pl.Datetime("us", "UTC")).is_between(first, last), pl.col(pl.Date).is_between(first.date(), last.date()))
    return all(column.all() for column in frame.select(*times))


class BatchDecoder:
    """Decodes batches of one record type to the columns of its current schema, whatever version wrote each message.

    Not thread-safe; one per worker.
    """

    def __init__(self, name: str, ids: SchemaIds) -> None:
        self._reader = current_schema(name)
        self._parsed_reader = fastavro.parse_schema(self._reader)
        self._schema = frame_schema(self._reader)
        self._ids = ids
        self._headers: dict[int, bytes] = {}
        self._parsed: dict[int, Any] = {}

    def decode(self, values: Sequence[bytes | None]) -> DecodedBatch:
        """Decode message values.

        Raises:
            RegistryError: the registry cannot be asked for a writer's schema (retryable: the messages are not bad).
        """
        groups, bad = _by_writer(values)
        frames = []
        for schema_id, members in groups.items():
            try:
                writer = self._ids.schema_of(schema_id)
            except UnknownSchemaError as error:
                bad.extend(BadMessage(index, "schema_id", str(error)) for index in members)
                continue
            bodies = [values[index][HEADER.size :] for index in members]  # type: ignore[index]
            frame, good = self._stitched(schema_id, writer, bodies), members
            if frame is None:
                frame, broken = self._one_by_one(schema_id, writer, bodies)
                bad.extend(BadMessage(members[at], "avro_body", detail) for at, detail in broken)
                gone = {at for at, _ in broken}
                good = [index for at, index in enumerate(members) if at not in gone]
            frames.append(frame.with_columns(pl.Series(_MESSAGE, good, dtype=pl.UInt32)))
        whole = pl.concat(frames) if frames else pl.DataFrame(schema={**self._schema, _MESSAGE: pl.UInt32})
        return DecodedBatch(whole if len(frames) < 2 else whole.sort(_MESSAGE), sorted(bad, key=lambda one: one.message))

    def _stitched(self, schema_id: int, writer: AvroSchema, bodies: Sequence[bytes]) -> pl.DataFrame | None:
        if schema_id not in self._headers:
            self._headers[schema_id] = container_header(writer)
        block = b"".join(bodies)
        source = b"".join((self._headers[schema_id], zigzag(len(bodies)), zigzag(len(block)), block, SYNC))
        try:
            frame = pl.read_avro(io.BytesIO(source))
        except (pl.exceptions.PolarsError, ValueError, OSError, pl.exceptions.PanicException):
            return None
        if len(frame) != len(bodies):
            return None
        sizes = field_sizes(frame, writer)
        lengths = pl.Series(map(len, bodies), dtype=pl.Int64)
        if not (sizes.select(pl.sum_horizontal(pl.all())).to_series() == lengths).all():
            return None
        if not markers_agree(frame, sizes, block, writer) or not _times_exist(frame):
            return None
        return self._resolve(frame, writer)

    def _resolve(self, frame: pl.DataFrame, writer: AvroSchema) -> pl.DataFrame | None:
        """Bring the writer's columns to the reader's: order, defaults for what is missing, enum indexes by symbol."""
        written = {field["name"]: field for field in writer["fields"]}
        columns: list[pl.Expr] = []
        for field in self._reader["fields"]:
            name, symbols = field["name"], _symbols(field["type"])
            if name not in written:
                default = symbols.index(field["default"]) if symbols else field["default"]
                columns.append(pl.lit(default, dtype=self._schema[name]).alias(name))
                continue
            if symbols:
                theirs = _symbols(written[name]["type"]) or symbols
                if not frame[name].is_between(0, len(theirs) - 1).all():
                    return None
                if theirs != symbols:
                    if not set(theirs) <= set(symbols):
                        return None
                    codes = {index: symbols.index(symbol) for index, symbol in enumerate(theirs)}
                    columns.append(pl.col(name).replace_strict(codes, return_dtype=pl.Int32))
                    continue
            columns.append(pl.col(name).cast(self._schema[name]))
        return frame.select(columns)

    def _one_by_one(
        self, schema_id: int, writer: AvroSchema, bodies: Sequence[bytes]
    ) -> tuple[pl.DataFrame, list[tuple[int, str]]]:
        if schema_id not in self._parsed:
            self._parsed[schema_id] = fastavro.parse_schema(writer)
        rows: list[dict[str, Any]] = []
        broken: list[tuple[int, str]] = []
        for index, body in enumerate(bodies):
            try:
                row = decode_body(body, self._parsed[schema_id], self._parsed_reader)
            except DecodeError as error:
                broken.append((index, str(error)))
                continue
            rows.append(row)
        for field in self._reader["fields"]:
            symbols = _symbols(field["type"])
            if symbols:
                for row in rows:
                    row[field["name"]] = symbols.index(row[field["name"]])
        return pl.DataFrame(rows, schema=self._schema), broken


def _by_writer(values: Sequence[bytes | None]) -> tuple[Mapping[int, Sequence[int]], list[BadMessage]]:
    """Indexes of the messages by the schema id in their headers, and those without a header."""
    heads = {None if value is None else value[: HEADER.size] for value in values}
    head = heads.pop() if len(heads) == 1 else None
    if head is not None and len(head) == HEADER.size and head[0] == 0:
        # One writer, as in nearly every batch.
        return {int.from_bytes(head[1:], "big"): range(len(values))}, []
    groups: dict[int, list[int]] = {}
    bad: list[BadMessage] = []
    for index, value in enumerate(values):
        if value is None or len(value) < HEADER.size or value[0] != 0:
            bad.append(_unframed(index, value))
        else:
            groups.setdefault(int.from_bytes(value[1 : HEADER.size], "big"), []).append(index)
    return groups, bad


def _unframed(index: int, value: bytes | None) -> BadMessage:
    try:
        split_header(value)
    except DecodeError as error:
        return BadMessage(index, "wire_format", str(error))
    raise AssertionError(f"message {index} is framed after all")  # pragma: no cover
