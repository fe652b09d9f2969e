"""How long the OAuth tokens of integrations last, and which of them wait for a person."""

from dataclasses import dataclass

from psycopg import sql

from api.database import Database

__all__ = ["SourceAuthorisation", "list_authorisations"]

# One tenant's names are unique; metrics have no tenant label, so of equal names the one that ends first counts.
_QUERY = sql.SQL("""
SELECT i.name AS source, bool_or(t.state = 'waiting_user_input') AS waiting,
       min(extract(epoch FROM t.access_expires_at))::float8 AS access_ends,
       min(extract(epoch FROM t.refresh_expires_at))::float8 AS refresh_ends
FROM oauth_token t JOIN integration i USING (tenant_id, integration_id)
GROUP BY i.name ORDER BY i.name
""")


@dataclass(frozen=True, slots=True)
class SourceAuthorisation:
    """An integration's authorisation.

    Attributes:
        source: name of the integration.
        waiting: a person must authorise.
        access_ends: end of the access token, Unix seconds; None: none was stored.
        refresh_ends: end of the refresh token, Unix seconds; None: the provider does not say.
    """

    source: str
    waiting: bool
    access_ends: float | None
    refresh_ends: float | None


def list_authorisations(database: Database) -> list[SourceAuthorisation]:
    """Every authorisation, by source.

    Raises:
        DatabaseUnavailableError: Postgres is away.
    """
    return [SourceAuthorisation(**row) for row in database.rows(_QUERY)]
