"""The Confluent wire format, one record at a time: `0x00`, 4-byte big-endian schema id, Avro body.

Facts: Confluent "Wire format" (schema registry serdes). The batch path is `schemas.codec`.
"""

import io
import struct
from typing import Any

import fastavro

from schemas.catalogue import STATEMENT, TRANSACTION, current_schema
from schemas.errors import DecodeError
from schemas.records import CanonicalStatement, CanonicalTransaction
from schemas.registry import SchemaIds, open_registry

__all__ = ["HEADER", "WireEncoder", "decode_body", "split_header"]

HEADER = struct.Struct(">bI")
"""Magic byte and schema id."""


class WireEncoder:
    """Encodes canonical records for one registry (the committed ids when `registry_url` is None)."""

    def __init__(self, registry_url: str | None = None, *, ids: SchemaIds | None = None) -> None:
        self._ids = ids if ids is not None else open_registry(registry_url)
        self._schemas = {name: fastavro.parse_schema(current_schema(name)) for name in (TRANSACTION, STATEMENT)}

    def transaction(self, record: CanonicalTransaction) -> bytes:
        """Wire bytes of a transaction."""
        return self._encode(TRANSACTION, record.to_avro())

    def statement(self, record: CanonicalStatement) -> bytes:
        """Wire bytes of a statement or watermark."""
        return self._encode(STATEMENT, record.to_avro())

    def _encode(self, name: str, fields: dict[str, Any]) -> bytes:
        buffer = io.BytesIO()
        buffer.write(HEADER.pack(0, self._ids.id_of(name)))
        fastavro.schemaless_writer(buffer, self._schemas[name], fields)
        return buffer.getvalue()


def split_header(value: bytes | None) -> tuple[int, bytes]:
    """Schema id and body of a message.

    Raises:
        DecodeError: empty, too short, or another magic byte (nobody here writes version 1 of the format).
    """
    if value is None:
        raise DecodeError("the message has no value; a tombstone means nothing on this topic")
    if len(value) < HEADER.size:
        raise DecodeError(f"{len(value)} bytes are too short for the wire format's 5-byte header")
    magic, schema_id = HEADER.unpack_from(value)
    if magic != 0:
        raise DecodeError(f"magic byte is 0x{magic & 0xFF:02x}, not 0x00: no Confluent wire format, version 0")
    return schema_id, value[HEADER.size :]


def decode_body(body: bytes, writer: Any, reader: Any = None) -> dict[str, Any]:
    """One Avro body as a dictionary, by fastavro: the reference that the batch codec is tested equal to.

    Args:
        body: the bytes after the header.
        writer: parsed schema it was written with.
        reader: parsed schema to resolve it to.

    Raises:
        DecodeError: the body does not fit the schema, or bytes are left over.
    """
    stream = io.BytesIO(body)
    try:
        record = fastavro.schemaless_reader(stream, writer, reader)
    except Exception as error:  # fastavro raises whatever the bytes lead it to: IndexError, EOFError, OverflowError, ...
        raise DecodeError(f"the Avro body does not fit its schema: {type(error).__name__}: {error}") from error
    left = len(body) - stream.tell()
    if left:
        raise DecodeError(f"{left} bytes are left over after the Avro body")
    if not isinstance(record, dict):
        raise DecodeError("the Avro body is no record")
    return record
