"""Schema ids: from a real registry when one is configured, from the committed map `ids.json` otherwise."""

import json
from pathlib import Path
from typing import Protocol

from schemas.catalogue import AvroSchema, history
from schemas.errors import UnknownSchemaError

__all__ = ["CommittedIds", "SchemaIds", "open_registry"]

_IDS = Path(__file__).parent / "ids.json"


class SchemaIds(Protocol):
    """Both directions of the wire format's 4-byte schema id."""

    def id_of(self, name: str) -> int:
        """Id to write for the current schema `name`.

        Raises:
            RegistryError: the registry cannot be asked (retryable).
        """
        ...

    def schema_of(self, schema_id: int) -> AvroSchema:
        """The writer's schema of an id.

        Raises:
            UnknownSchemaError: nobody has written that id.
            RegistryError: the registry cannot be asked; wait, the message is not bad (retryable).
        """
        ...


class CommittedIds:
    """The map that is committed beside the schemas; needs no service."""

    def __init__(self, path: Path = _IDS) -> None:
        entries = json.loads(path.read_text(encoding="utf-8"))
        self._schemas = {int(key): history(entry["schema"])[entry["version"]] for key, entry in entries.items()}
        self._ids: dict[str, int] = {}
        for key, entry in sorted(entries.items(), key=lambda item: item[1]["version"]):
            self._ids[entry["schema"]] = int(key)

    def id_of(self, name: str) -> int:
        """Id of the newest committed version of `name`."""
        return self._ids[name]

    def schema_of(self, schema_id: int) -> AvroSchema:
        """The committed schema of an id."""
        try:
            return self._schemas[schema_id]
        except KeyError:
            known = ", ".join(str(key) for key in sorted(self._schemas))
            raise UnknownSchemaError(
                f"schema id {schema_id} is not in schemas/ids.json (known: {known}); set SCHEMA_REGISTRY_URL if a registry wrote it"
            ) from None


def open_registry(url: str | None) -> SchemaIds:
    """The registry at `url`, or the committed ids when it is None."""
    if not url:
        return CommittedIds()
    # Only who has a registry needs an HTTP client.
    from schemas.confluent_registry import ConfluentRegistry

    return ConfluentRegistry(url)
