"""Stored rule versions: which there are, which is active, and how many decisions stand by each."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection

__all__ = ["StoredRules", "StoredVersion", "find_version", "list_versions"]

_LIST = """
WITH decision AS (
    SELECT reconciliation_id, rule_version, count(*) AS matches, 0 AS breaks FROM match GROUP BY 1, 2
    UNION ALL
    SELECT reconciliation_id, rule_version, 0, count(*) FROM break GROUP BY 1, 2),
total AS (
    SELECT reconciliation_id, rule_version, sum(matches)::bigint AS matches, sum(breaks)::bigint AS breaks
    FROM decision GROUP BY 1, 2)
SELECT v.name, v.version, v.digest, v.first_seen_at, coalesce(r.version = v.version, false),
       coalesce(t.matches, 0), coalesce(t.breaks, 0)
FROM rule_version v
LEFT JOIN reconciliation r ON r.tenant_id = v.tenant_id AND r.name = v.name
LEFT JOIN total t ON t.reconciliation_id = r.reconciliation_id AND t.rule_version = v.version
WHERE v.tenant_id = %s
ORDER BY v.name, v.version
"""


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version; `active` is the one that consumers and the close pass were last started with."""

    name: str
    version: int
    digest: str
    first_seen_at: dt.datetime
    active: bool
    matches: int
    breaks: int


@dataclass(frozen=True, slots=True)
class StoredRules:
    """The text of a rule file, and those of the files that it names."""

    text: str
    attachments: Mapping[str, str]


def list_versions(connection: Connection[Any], tenant: str) -> Sequence[StoredVersion]:
    """Every stored version, by name and number, with the decisions that stand by it."""
    return [StoredVersion(*row) for row in connection.execute(_LIST, (tenant,))]


def find_version(connection: Connection[Any], tenant: str, name: str, version: int) -> StoredRules | None:
    """The rules of one version, None when it has never been loaded."""
    row = connection.execute(
        "SELECT text, attachments FROM rule_version WHERE tenant_id = %s AND name = %s AND version = %s", (tenant, name, version)
    ).fetchone()
    return None if row is None else StoredRules(*row)
