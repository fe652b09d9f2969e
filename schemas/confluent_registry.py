"""Schema ids from a registry that speaks Confluent's REST interface."""

import json
from urllib.parse import urlsplit

import httpx

from schemas.catalogue import AvroSchema, current_schema
from schemas.errors import RegistryError, UnknownSchemaError

__all__ = ["ConfluentRegistry"]

_TIMEOUT_SECONDS = 10


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
