"""Codes of sources and reconciliations: small numbers in the hot tables, names in `source` and `reconciliation`."""

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from consumers.columns import SourceCode
from consumers.rule_versions import keep_version
from reconciler.reconciliation import Reconciliation
from schemas.records import DEFAULT_TENANT

__all__ = ["SourceCodes", "register_reconciliations"]


class SourceCodes:
    """Codes of (tenant, source), made the first time a source is seen. One per worker; not thread-safe."""

    def __init__(self, by_settlement: Iterable[str]) -> None:
        """Know which sources' topics are partitioned by settlement_id."""
        self._by_settlement = frozenset(by_settlement)
        self._codes: dict[tuple[str, str], SourceCode] = {}

    @property
    def known(self) -> Mapping[tuple[str, str], SourceCode]:
        """Every code so far; grows as sources are seen."""
        return self._codes

    def ensure(self, connection: Connection[Any], pairs: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], SourceCode]:
        """Codes of at least these (tenant, source) pairs. Commits new ones by itself, before the batch's own transaction."""
        for tenant, name in set(pairs) - self._codes.keys():
            row = connection.execute(
                "INSERT INTO source (tenant_id, name) VALUES (%s, %s) "
                "ON CONFLICT (tenant_id, name) DO UPDATE SET name = excluded.name RETURNING source_id",
                (tenant, name),
            ).fetchone()
            connection.commit()
            assert row is not None
            self._codes[tenant, name] = SourceCode(row[0], name in self._by_settlement)
        return self._codes


def register_reconciliations(
    connection: Connection[Any], reconciliations: Sequence[Reconciliation], tenant: str = DEFAULT_TENANT
) -> list[int]:
    """Code of each reconciliation, in order; stores the versions that are new and makes each the active one. Commits.

    Raises:
        RuleVersionError: a version is stored with other rules.
    """
    codes = []
    for one in reconciliations:
        definition = _definition(one)
        keep_version(connection, one, tenant, definition)
        row = connection.execute(
            "INSERT INTO reconciliation (tenant_id, name, version, shape, digest, definition) VALUES (%s, %s, %s, %s, %s, %s) "
            "ON CONFLICT (tenant_id, name) DO UPDATE SET version = excluded.version, shape = excluded.shape, "
            "digest = excluded.digest, definition = excluded.definition RETURNING reconciliation_id",
            (tenant, one.name, one.version, one.shape.value, one.digest, Jsonb(definition)),
        ).fetchone()
        assert row is not None
        codes.append(row[0])
    connection.commit()
    return codes


def _definition(one: Reconciliation) -> dict[str, Any]:
    """The rules as JSON; the file's text and what it names are kept with the version."""
    definition: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(one), default=str))
    for name in ("text", "attachments", "origin"):
        definition.pop(name, None)
    return definition
