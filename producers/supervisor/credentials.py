"""An integration as a source whose secrets and tokens open when they are used, and not before."""

from typing import Any

import psycopg
from pydantic import SecretStr

from reconduit.authorisation.integrations import open_authorisations
from reconduit.authorisation.keeper import TokenKeeper
from reconduit.integrations.model import Integration
from reconduit.integrations.registry import secret_names
from reconduit.sources import SourceConfig
from reconduit.vault import open_vault

__all__ = ["source_of"]


def source_of(connection: psycopg.Connection[Any], integration: Integration, dsn: str) -> SourceConfig:
    """The source of an integration.

    A missing key or a secret that does not open is met when the connector wants it, so it is a failed poll with its reason
    rather than a process that cannot start.

    Args:
        connection: reads which secrets there are.
        integration: the integration.
        dsn: libpq URL of the vault's database.
    """
    tenant, number = integration.tenant_id, integration.integration_id

    def read(name: str) -> SecretStr:
        return open_vault(lambda: psycopg.connect(dsn, connect_timeout=5)).get(tenant, number, name)

    keepers: list[TokenKeeper] = []

    def access_token(refused: SecretStr | None) -> SecretStr:
        if not keepers:
            keepers.append(open_authorisations(dsn).keeper(tenant, number, integration.name))
        return keepers[0].token(refused)

    config = integration.source(secret_names(connection, integration)).bound_to(read)
    authorised = connection.execute(
        "SELECT FROM oauth_client WHERE tenant_id = %s AND integration_id = %s", (tenant, number)
    ).rowcount
    return config.with_access_token(access_token) if authorised else config
