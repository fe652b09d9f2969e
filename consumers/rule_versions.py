"""Versions of rule files, each kept as it was first loaded: what a decision's `rule_version` means never changes."""

from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from consumers.errors import RuleVersionError
from reconciler.reconciliation import Reconciliation

__all__ = ["keep_version"]


def keep_version(connection: Connection[Any], one: Reconciliation, tenant: str, definition: dict[str, Any]) -> None:
    """Store a version that is new, inside the caller's transaction.

    Raises:
        RuleVersionError: the version is stored with other rules.
    """
    connection.execute(
        "INSERT INTO rule_version (tenant_id, name, version, digest, text, attachments, definition) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (tenant, one.name, one.version, one.digest, one.text, Jsonb(dict(one.attachments)), Jsonb(definition)),
    )
    stored = connection.execute(
        "SELECT digest, first_seen_at FROM rule_version WHERE tenant_id = %s AND name = %s AND version = %s",
        (tenant, one.name, one.version),
    ).fetchone()
    assert stored is not None
    digest, first_seen_at = stored
    if digest != one.digest:
        raise RuleVersionError(
            f"{one.origin or 'the rules file'}: reconciliation {one.name} says version {one.version}, which has stood for "
            f"other rules since {first_seen_at:%Y-%m-%d %H:%M} UTC (digest {digest[:12]}, the file's is {one.digest[:12]}); "
            "raise `version` in the file, or put the old rules back"
        )
