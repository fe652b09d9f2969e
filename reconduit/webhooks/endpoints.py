"""Endpoints of webhooks: which integration may be delivered to, how its provider signs, and with which secrets.

The active secrets of an endpoint are one entry of the vault, a JSON list, so that a rotation changes them all at once: put the new
secret in front of the old one, change it at the provider, and put the new one alone when the provider's retries are over.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from pydantic import SecretStr

from reconduit.integrations.events import write_event
from reconduit.integrations.model import Integration
from reconduit.signatures import Scheme, scheme_of
from reconduit.signatures.errors import SchemeError
from reconduit.vault.errors import VaultError
from reconduit.vault.store import Vault

__all__ = ["MOST_SECRETS", "Endpoint", "close_endpoint", "open_endpoints", "put_endpoint"]

MOST_SECRETS = 4
"""Active secrets of an endpoint."""

_PUT = """
INSERT INTO webhook_endpoint (integration_id, provider, settings, open, accepted, duplicate, missing, malformed, forged, stale,
                              oversized, broken, unavailable)
VALUES (%s, %s, %s, true, 0, 0, 0, 0, 0, 0, 0, 0, 0)
ON CONFLICT (integration_id, provider) DO UPDATE SET settings = excluded.settings, open = true, updated_at = now()
"""
_OPEN = """
SELECT e.integration_id, i.tenant_id, i.name, e.provider, e.settings
FROM webhook_endpoint e JOIN integration i USING (integration_id) WHERE e.open
"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint that is open.

    Attributes:
        source: name of the integration, and so of its topics.
        secrets: every active one.
    """

    integration_id: UUID
    tenant_id: str
    source: str
    provider: str
    scheme: Scheme
    secrets: tuple[SecretStr, ...]


def _vault_name(provider: str) -> str:
    # A dot keeps it out of the names that connectors and operators use.
    return f"webhook.{provider}"


def put_endpoint(
    connection: psycopg.Connection[Any],
    vault: Vault,
    integration: Integration,
    provider: str,
    settings: Mapping[str, Any],
    secrets: Sequence[SecretStr],
    *,
    actor: str,
) -> None:
    """Open an endpoint, or change its settings and all its secrets at once.

    Args:
        connection: in a transaction.
        vault: keeps the secrets.
        integration: which is delivered to.
        provider: one of `reconduit.signatures.providers.PROVIDERS`.
        settings: of its scheme.
        secrets: every one that is active from now on, or public keys where the provider signs with a private one.
        actor: who does it, for the integration's log.

    Raises:
        SchemeError: no such provider, settings that do not fit, or secrets that cannot be used.
        VaultError: the secrets cannot be sealed.
    """
    scheme = scheme_of(provider, settings)
    if not 0 < len(secrets) <= MOST_SECRETS:
        raise SchemeError(f"a webhook needs one to {MOST_SECRETS} secrets; without one anybody could deliver")
    scheme.check_secrets(secrets)
    connection.execute(_PUT, (integration.integration_id, provider, Jsonb(dict(settings))))
    sealed = SecretStr(json.dumps([secret.get_secret_value() for secret in secrets]))
    vault.put_in(connection, integration.tenant_id, integration.integration_id, _vault_name(provider), sealed)
    detail = {"by": actor, "provider": provider, "secrets": len(secrets)}
    write_event(connection, integration.integration_id, "info", "webhook opened", detail)


def close_endpoint(connection: psycopg.Connection[Any], integration: Integration, provider: str, *, actor: str) -> bool:
    """Take no more deliveries and forget the secrets; what was delivered stays. False when there is no such endpoint."""
    done = connection.execute(
        "UPDATE webhook_endpoint SET open = false, updated_at = now() WHERE integration_id = %s AND provider = %s",
        (integration.integration_id, provider),
    )
    if done.rowcount != 1:
        return False
    Vault.delete_in(connection, integration.tenant_id, integration.integration_id, _vault_name(provider))
    write_event(connection, integration.integration_id, "info", "webhook closed", {"by": actor, "provider": provider})
    return True


def open_endpoints(connection: psycopg.Connection[Any], vault: Vault) -> tuple[list[Endpoint], list[str]]:
    """Every endpoint that is open, and what is wrong with those that cannot be used.

    One whose secrets do not open is left out, so that it does not take the others with it.

    Raises:
        VaultUnavailableError: Postgres is away.
    """
    found, problems = [], []
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(_OPEN).fetchall()
    for row in rows:
        try:
            sealed = vault.get_in(connection, row["tenant_id"], row["integration_id"], _vault_name(row["provider"]))
            secrets = tuple(SecretStr(text) for text in json.loads(sealed.get_secret_value()))
            scheme = scheme_of(row["provider"], row["settings"])
        except (VaultError, SchemeError) as error:
            if error.retryable:
                raise
            problems.append(f"webhook {row['provider']} of {row['name']}: {error}")
            continue
        found.append(Endpoint(row["integration_id"], row["tenant_id"], row["name"], row["provider"], scheme, secrets))
    return found, problems
