"""Schema ids: from a real registry when one is configured, from the committed map `ids.json` otherwise."""

import json
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from schemas.catalogue import AvroSchema, current_schema, history
from schemas.errors import RegistryError, UnknownSchemaError

__all__ = ["CommittedIds", "ConfluentRegistry", "SchemaIds", "open_registry"]

_IDS = Path(__file__).parent / "ids.json"
_TIMEOUT_SECONDS = 10


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


class ConfluentRegistry:
    """A Confluent-compatible registry, RecordNameStrategy: one subject `io.reconduit.NAME` for every topic.

    Facts: the REST interface of Confluent Schema Registry, `POST /subjects/{subject}/versions`, `GET /schemas/ids/{id}`.
    """

    def __init__(self, url: str) -> None:
        if urlsplit(url).scheme not in {"http", "https"}:
            raise RegistryError(f"SCHEMA_REGISTRY_URL must be an http or https address, not {url!r}")
        self._client = httpx.Client(base_url=url, timeout=_TIMEOUT_SECONDS)
        self._ids: dict[str, int] = {}
        self._schemas: dict[int, AvroSchema] = {}

    def id_of(self, name: str) -> int:
        """Register the current schema (a no-op when the registry has it) and return its id."""
        if name not in self._ids:
            schema = current_schema(name)
            subject = f"{schema['namespace']}.{schema['name']}"
            self._ids[name] = int(self._call("POST", f"/subjects/{subject}/versions", "id", {"schema": json.dumps(schema)}))
        return self._ids[name]

    def schema_of(self, schema_id: int) -> AvroSchema:
        """The writer's schema, asked once and kept."""
        if schema_id not in self._schemas:
            self._schemas[schema_id] = json.loads(str(self._call("GET", f"/schemas/ids/{schema_id}", "schema")))
        return self._schemas[schema_id]

    def _call(self, method: str, path: str, wanted: str, body: AvroSchema | None = None) -> str | int:
        """The member `wanted` of the registry's answer."""
        try:
            response = self._client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise RegistryError(f"schema registry: {method} {path}: {type(error).__name__}") from error
        if response.status_code == 404:
            raise UnknownSchemaError(f"the schema registry does not know {path}")
        if response.status_code >= 400:
            raise RegistryError(f"schema registry: {method} {path}: HTTP {response.status_code}")
        try:
            member: str | int = response.json()[wanted]
        except (ValueError, LookupError, TypeError) as error:
            raise RegistryError(f"schema registry: {method} {path}: the answer is no JSON object with {wanted!r}") from error
        return member


def open_registry(url: str | None) -> SchemaIds:
    """The registry at `url`, or the committed ids when it is None."""
    return ConfluentRegistry(url) if url else CommittedIds()
