"""FULL_TRANSITIVE compatibility of a schema with its committed history.

Every version must read what every other version wrote. Rules: Avro 1.11 specification, "Schema Resolution". The schemas here
are flat records of primitives, logical types, nullable unions and enums; anything else is refused rather than guessed at.
"""

from collections.abc import Iterator
from typing import Any

from schemas.catalogue import AvroSchema, current_schema, history
from schemas.errors import CompatibilityError

__all__ = ["check_history", "history_faults", "incompatibilities"]

_PROMOTIONS = {("int", "long"), ("string", "bytes"), ("bytes", "string")}


def incompatibilities(reader: AvroSchema, writer: AvroSchema) -> Iterator[str]:
    """Why `reader` cannot read what `writer` wrote; nothing when it can."""
    if (reader["name"], reader.get("namespace")) != (writer["name"], writer.get("namespace")):
        yield f"the record is called {reader['name']} here and {writer['name']} there"
    written = {field["name"]: field for field in writer["fields"]}
    for field in reader["fields"]:
        name = field["name"]
        if name not in written:
            if "default" not in field:
                yield f"field {name} has no default, and the other version does not write it"
            continue
        yield from _type_conflicts(name, field["type"], written[name]["type"])


def _type_conflicts(name: str, reader: Any, writer: Any) -> Iterator[str]:
    reads, writes = _branches(reader), _branches(writer)
    for branch in writes:
        if not any(_reads(mine, branch) for mine in reads):
            yield f"field {name}: {_name(branch)} is written and {', '.join(map(_name, reads))} is expected"
    for mine in reads:
        for theirs in writes:
            if _kind(mine) == _kind(theirs) == "enum" and "default" not in mine:
                unknown = set(theirs["symbols"]) - set(mine["symbols"])
                if unknown:
                    yield f"field {name}: symbols {', '.join(sorted(unknown))} are written, and the enum has no default for them"


def _branches(avro_type: Any) -> list[Any]:
    return avro_type if isinstance(avro_type, list) else [avro_type]


def _kind(avro_type: Any) -> str:
    kind = avro_type["type"] if isinstance(avro_type, dict) else avro_type
    if not isinstance(kind, str) or kind in {"record", "array", "map", "fixed"}:
        raise CompatibilityError(f"type {avro_type!r} is not used in flat records; extend schemas/compatibility.py first")
    return kind


def _name(avro_type: Any) -> str:
    return str(avro_type.get("logicalType") or avro_type["type"]) if isinstance(avro_type, dict) else str(avro_type)


def _reads(reader: Any, writer: Any) -> bool:
    mine, theirs = _kind(reader), _kind(writer)
    if mine == "enum" and theirs == "enum":
        return bool(reader["name"] == writer["name"])
    if _logical(reader) != _logical(writer):
        return False
    return mine == theirs or (theirs, mine) in _PROMOTIONS


def _logical(avro_type: Any) -> str | None:
    return avro_type.get("logicalType") if isinstance(avro_type, dict) else None


def check_history(name: str) -> None:
    """Hold the current schema and its history together.

    Raises:
        CompatibilityError: the current schema is not the newest of the history, or two versions cannot read each other.
    """
    for fault in history_faults(name):
        raise CompatibilityError(fault)


def history_faults(name: str) -> list[str]:
    """What is wrong with a schema and its history; empty when every version can read every other."""
    versions = history(name)
    if not versions or versions[max(versions)] != current_schema(name):
        number = max(versions, default=0) + 1
        way_out = f"copy it there as v{number} and give it an id in schemas/ids.json"
        return [f"schemas/avro/{name}.avsc is not the newest version in schemas/avro/history: {way_out}"]
    return [
        f"{name}: version {reader_version} cannot read version {writer_version}: {reason}"
        for reader_version, reader in versions.items()
        for writer_version, writer in versions.items()
        for reason in incompatibilities(reader, writer)
    ]
