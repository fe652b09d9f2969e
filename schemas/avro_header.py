"""The synthetic header of an Avro object container file, for reading a batch of bare bodies as one block.

Facts: Avro 1.11 specification, "Object Container Files" and "Binary encoding" (zig-zag, variable-length longs).
"""

import json
from typing import Any

from schemas.catalogue import AvroSchema

__all__ = ["SYNC", "container_header", "plain_schema", "zigzag"]

SYNC = bytes(range(16))
"""Sync marker; any 16 bytes do, since every block here is made and read in memory."""


def zigzag(value: int) -> bytes:
    """An Avro long: zig-zag, then base 128, low group first."""
    rest = (value << 1) ^ (value >> 63)
    groups = bytearray()
    while rest > 0x7F:
        groups.append(rest & 0x7F | 0x80)
        rest >>= 7
    groups.append(rest)
    return bytes(groups)


def plain_schema(schema: Any) -> Any:
    """The same encoding in words that every reader takes: no doc, default or namespace, and enums as the int they are on the wire.

    An enum read as its index is both safe (no symbol table per batch) and what the tables store.
    """
    if isinstance(schema, dict):
        if schema.get("type") == "enum":
            return "int"
        return {key: plain_schema(value) for key, value in schema.items() if key not in {"doc", "default", "namespace"}}
    if isinstance(schema, list):
        return [plain_schema(branch) for branch in schema]
    return schema


def container_header(schema: AvroSchema) -> bytes:
    """Bytes that come before the first block: magic, metadata map, sync marker."""
    text = json.dumps(plain_schema(schema)).encode()
    metadata = zigzag(2) + _entry(b"avro.schema", text) + _entry(b"avro.codec", b"null") + zigzag(0)
    return b"Obj\x01" + metadata + SYNC


def _entry(key: bytes, value: bytes) -> bytes:
    return zigzag(len(key)) + key + zigzag(len(value)) + value
