"""The registry of integrations in Postgres: what operators make, change and remove.

Every function is part of the caller's transaction. A change is notified on CHANNEL when the transaction commits, so that
supervisors act at once; they look for themselves too, so a lost notification only costs time.
"""

import hashlib
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from reconduit.integrations.errors import NameTakenError, RepeatedKeyError, UnknownIntegrationError, VersionConflictError
from reconduit.integrations.events import write_event
from reconduit.integrations.known_sources import check_partitioning, keep_removed
from reconduit.integrations.model import Integration, IntegrationChange, IntegrationDraft
from reconduit.integrations.status import Standing, Status, disabled, enabled
from reconduit.vault.store import Vault

__all__ = [
    "CHANNEL",
    "change_integration",
    "create_integration",
    "delete_integration",
    "find_integration",
    "list_integrations",
    "note_secrets_changed",
    "notify",
    "remove_secret",
    "secret_names",
    "set_enabled",
]

CHANNEL = "reconduit_integrations"
"""Postgres notifications about integrations and their commands."""

_LIST = """
SELECT * FROM integration WHERE (%(tenant)s::text IS NULL OR tenant_id = %(tenant)s)
  AND (NOT %(only_due)s OR enabled AND (next_sync_at IS NULL OR next_sync_at <= now()))
ORDER BY tenant_id, name
"""
_INSERT = """
INSERT INTO integration (integration_id, tenant_id, name, connector, base_url, partition_by, poll_seconds, options, feature_flag,
                         enabled, status, version, error_count, idempotency_key, request_digest)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, false, 'inactive', 1, 0, %s, %s)
ON CONFLICT (tenant_id, name) DO NOTHING RETURNING *
"""
# A change is a reason to try again at once: what was wrong may be right now.
_CHANGE = sql.SQL("""
UPDATE integration SET {changes}status = %(status)s, status_reason = %(reason)s, action_needed = %(action)s, enabled = %(enabled)s,
       next_sync_at = NULL, version = version + 1, updated_at = now()
WHERE integration_id = %(id)s RETURNING *
""")


def notify(connection: psycopg.Connection[Any], integration_id: UUID) -> None:
    """Wake supervisors and producers when the transaction commits."""
    connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, str(integration_id)))


def create_integration(
    connection: psycopg.Connection[Any], tenant: str, draft: IntegrationDraft, *, actor: str, idempotency_key: str | None = None
) -> tuple[Integration, bool]:
    """Make an inactive integration; returns it, and whether the same request had made it before.

    Raises:
        NameTakenError: another one has the name.
        RepeatedKeyError: the key came before with another request.
        CommandRefusedError: a removed integration of the name has records that are partitioned in another way.
    """
    digest = hashlib.sha256(draft.model_dump_json().encode()).hexdigest()
    if idempotency_key is not None:
        # Two requests with one key at once: the second waits here, then finds what the first has made.
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 6))", (f"{tenant}/{idempotency_key}",))
        earlier = _one(
            connection, "SELECT * FROM integration WHERE tenant_id = %s AND idempotency_key = %s", (tenant, idempotency_key)
        )
        if earlier is not None:
            if earlier["request_digest"] != digest:
                raise RepeatedKeyError(f"the key {idempotency_key!r} came before with another request; use a new one")
            return Integration.model_validate(earlier), True
    check_partitioning(connection, tenant, draft.name, draft.partition_by)
    row = _one(
        connection,
        _INSERT,
        (
            uuid4(),
            tenant,
            draft.name,
            draft.connector,
            draft.base_url,
            draft.partition_by,
            draft.poll_seconds,
            Jsonb(draft.options),
            draft.feature_flag,
            idempotency_key,
            digest,
        ),
    )
    if row is None:
        raise NameTakenError(f"there is an integration {draft.name!r} already; names are unique")
    made = Integration.model_validate(row)
    write_event(connection, made.integration_id, "info", "created", {"by": actor, "connector": made.connector})
    notify(connection, made.integration_id)
    return made, False


def find_integration(connection: psycopg.Connection[Any], tenant: str, key: str | UUID, *, lock: bool = False) -> Integration:
    """The integration with the id or name `key`.

    Args:
        connection: in a transaction.
        tenant: whose.
        key: id or name.
        lock: keep others from changing it until the transaction ends.

    Raises:
        UnknownIntegrationError: there is none.
    """
    try:
        column, value = "integration_id", str(UUID(str(key)))
    except ValueError:
        column, value = "name", str(key).replace("\x00", "")
    query = sql.SQL("SELECT * FROM integration WHERE tenant_id = %s AND {} = %s{}").format(
        sql.Identifier(column), sql.SQL(" FOR UPDATE" if lock else "")
    )
    row = _one(connection, query, (tenant, value))
    if row is None:
        raise UnknownIntegrationError(f"there is no integration {str(key)!r}; list them for their names and ids")
    return Integration.model_validate(row)


def list_integrations(
    connection: psycopg.Connection[Any], tenant: str | None = None, *, only_due: bool = False
) -> list[Integration]:
    """Every integration by tenant and name; of one tenant, or of all when None; on request those alone that may be polled now."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return [Integration.model_validate(row) for row in cursor.execute(_LIST, {"tenant": tenant, "only_due": only_due})]


def change_integration(
    connection: psycopg.Connection[Any],
    tenant: str,
    key: str | UUID,
    change: IntegrationChange,
    *,
    actor: str,
    expected_version: int | None = None,
) -> Integration:
    """Change what is named, and try again if it had failed.

    Raises:
        UnknownIntegrationError: there is none.
        VersionConflictError: it is no longer at `expected_version`.
        CommandRefusedError: it has published records that are partitioned in another way.
    """
    current = _expect(connection, tenant, key, expected_version)
    values = change.values()
    if not values:
        return current
    if "partition_by" in values:
        check_partitioning(connection, tenant, current.name, values["partition_by"])
    if "options" in values:
        values["options"] = Jsonb(values["options"])
    changed = _write(connection, current, enabled() if current.enabled else current.standing, current.enabled, values)
    write_event(connection, changed.integration_id, "info", "changed", {"by": actor, "fields": sorted(values)})
    return changed


def set_enabled(
    connection: psycopg.Connection[Any],
    tenant: str,
    key: str | UUID,
    *,
    wanted: bool,
    actor: str,
    expected_version: int | None = None,
) -> Integration:
    """Enable or disable it. Enabling one that waits for somebody says that somebody has acted.

    Raises:
        UnknownIntegrationError: there is none.
        VersionConflictError: it is no longer at `expected_version`.
    """
    current = _expect(connection, tenant, key, expected_version)
    standing = enabled() if wanted else disabled(current.standing)
    if standing == current.standing:
        return current
    changed = _write(connection, current, standing, wanted, {})
    write_event(connection, changed.integration_id, "info", "enabled" if wanted else "disabled", {"by": actor})
    return changed


def note_secrets_changed(
    connection: psycopg.Connection[Any], tenant: str, key: str | UUID, *, actor: str, name: str
) -> Integration:
    """A secret of it was stored or removed: its producer must open it anew, and may try again.

    Raises:
        UnknownIntegrationError: there is none.
    """
    current = _expect(connection, tenant, key, None)
    changed = _write(connection, current, enabled() if current.enabled else current.standing, current.enabled, {})
    write_event(connection, changed.integration_id, "info", "secret changed", {"by": actor, "name": name})
    return changed


def remove_secret(connection: psycopg.Connection[Any], tenant: str, key: str | UUID, *, actor: str, name: str) -> Integration:
    """Remove a secret of it, which needs no key; it is no error when there is none.

    Raises:
        UnknownIntegrationError: there is no such integration.
    """
    changed = note_secrets_changed(connection, tenant, key, actor=actor, name=name)
    Vault.delete_in(connection, tenant, changed.integration_id, name)
    return changed


def delete_integration(
    connection: psycopg.Connection[Any], tenant: str, key: str | UUID, *, expected_version: int | None = None
) -> Integration:
    """Remove it with its secrets, authorisations, commands and events; returns what it was.

    The position of the source is kept, as its records are, and its topics are read on: one of the same name goes on where this one
    stopped.

    Raises:
        UnknownIntegrationError: there is none.
        VersionConflictError: it is no longer at `expected_version`.
    """
    current = _expect(connection, tenant, key, expected_version)
    Vault.forget_in(connection, tenant, current.integration_id)
    keep_removed(connection, tenant, current.name)
    connection.execute("DELETE FROM integration WHERE integration_id = %s", (current.integration_id,))
    notify(connection, current.integration_id)
    return current


def secret_names(connection: psycopg.Connection[Any], integration: Integration) -> list[str]:
    """Names of the secrets that were put for it, in order; needs no key. Names with a dot are the vault's own bookkeeping."""
    rows = _all(
        connection,
        "SELECT name FROM secret WHERE tenant_id = %s AND integration_id = %s AND strpos(name, '.') = 0 ORDER BY name",
        (integration.tenant_id, integration.integration_id),
    )
    return [row["name"] for row in rows]


def _expect(connection: psycopg.Connection[Any], tenant: str, key: str | UUID, version: int | None) -> Integration:
    current = find_integration(connection, tenant, key, lock=True)
    if version is not None and current.version != version:
        raise VersionConflictError(
            f"integration {current.name} is at version {current.version}, not {version}: somebody changed it; read it again"
        )
    return current


def _write(
    connection: psycopg.Connection[Any], current: Integration, standing: Standing, wanted: bool, values: dict[str, Any]
) -> Integration:
    # Enabling an inactive one, or leaving a failed one off, must not break what the table demands of the two columns.
    assert wanted == (standing.status not in {Status.INACTIVE, Status.DISABLED})
    changes = sql.SQL("").join(
        sql.SQL("{} = {}, ").format(sql.Identifier(name), sql.Placeholder(f"new_{name}")) for name in sorted(values)
    )
    parameters = {f"new_{name}": value for name, value in values.items()} | {
        "status": standing.status.value,
        "reason": standing.reason,
        "action": standing.action,
        "enabled": wanted,
        "id": current.integration_id,
    }
    row = _one(connection, _CHANGE.format(changes=changes), parameters)
    assert row is not None, "the row is locked"
    notify(connection, current.integration_id)
    return Integration.model_validate(row)


def _one(connection: psycopg.Connection[Any], query: Any, parameters: Any) -> dict[str, Any] | None:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchone()


def _all(connection: psycopg.Connection[Any], query: Any, parameters: Any) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()
