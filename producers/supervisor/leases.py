"""Leases of sources in Postgres: who may poll, until when, and the token that proves it.

Times are Postgres's own, so the clocks of machines do not matter. A lease that ran out is still its holder's until somebody takes
it over; the token then grows, and what the former holder still tries is refused by the fence of the cursor
(`producers.kit.cursors`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

import psycopg

__all__ = ["Leases", "SourceKey"]

SourceKey = tuple[str, str]
"""Tenant and name of a source."""

_TAKEN = "SELECT tenant_id, source FROM source_lease WHERE expires_at > now()"
_ACQUIRE = """
INSERT INTO source_lease AS l (tenant_id, source, holder, fencing_token, expires_at)
VALUES (%(tenant)s, %(source)s, %(holder)s, 1, now() + make_interval(secs => %(seconds)s))
ON CONFLICT (tenant_id, source) DO UPDATE
SET holder = excluded.holder, fencing_token = l.fencing_token + 1, expires_at = excluded.expires_at WHERE l.expires_at <= now()
RETURNING fencing_token
"""
_RENEW = """
UPDATE source_lease l SET expires_at = now() + make_interval(secs => %s)
FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS held (tenant_id, source, fencing_token)
WHERE l.tenant_id = held.tenant_id AND l.source = held.source AND l.fencing_token = held.fencing_token
RETURNING l.tenant_id, l.source
"""
# The row stays, because its token must not start again.
_RELEASE = """
UPDATE source_lease SET expires_at = now() WHERE tenant_id = %s AND source = %s AND fencing_token = %s AND expires_at > now()
"""


class Leases:
    """Takes, renews and gives back leases. Every call is a transaction of its own on an autocommit connection.

    Args:
        holder: names the supervisor, for people.
        seconds: how long a lease lasts without renewal.
    """

    def __init__(self, holder: str, seconds: float) -> None:
        self.holder = holder
        self.seconds = seconds

    def acquire(self, connection: psycopg.Connection[Any], wanted: Iterable[SourceKey]) -> dict[SourceKey, int]:
        """Take those of the leases that nobody holds; their fencing tokens, each greater than any before it."""
        free = sorted(set(wanted))
        if not free:
            return {}
        taken = set(connection.execute(_TAKEN).fetchall())
        tokens: dict[SourceKey, int] = {}
        for tenant, source in free:
            if (tenant, source) in taken:
                continue
            values = {"tenant": tenant, "source": source, "holder": self.holder, "seconds": self.seconds}
            row = connection.execute(_ACQUIRE, values).fetchone()
            if row is not None:
                tokens[tenant, source] = row[0]
        return tokens

    def renew(self, connection: psycopg.Connection[Any], held: Mapping[SourceKey, int]) -> set[SourceKey]:
        """Make leases last again; returns those that went to somebody else."""
        if not held:
            return set()
        tenants, names = [key[0] for key in held], [key[1] for key in held]
        rows = connection.execute(_RENEW, (self.seconds, tenants, names, list(held.values()))).fetchall()
        return set(held) - set(rows)

    @staticmethod
    def release(connection: psycopg.Connection[Any], key: SourceKey, fencing_token: int) -> None:
        """Give a lease back, for anybody to take at once; nothing happens when it is somebody else's."""
        connection.execute(_RELEASE, (*key, fencing_token))
