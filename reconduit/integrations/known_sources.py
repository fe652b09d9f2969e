"""Which sources there are for those who read topics: the sources file, the integrations, and integrations that were removed.

A source's records stay in its topics when its integration is removed, and decisions may rest on them. So its name and what
partitions its topics are kept with its code, in `source`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from reconduit.integrations.errors import CommandRefusedError
from reconduit.sources import SourceConfig, load_sources

__all__ = ["check_partitioning", "file_sources", "keep_removed", "known_sources"]

_KNOWN = """
SELECT tenant_id, name, partition_by FROM integration
UNION ALL
SELECT s.tenant_id, s.name, s.partition_by FROM source s
WHERE s.partition_by IS NOT NULL AND NOT EXISTS (SELECT FROM integration i WHERE i.tenant_id = s.tenant_id AND i.name = s.name)
ORDER BY 1, 2
"""
_PARTITIONED = """
SELECT i.partition_by FROM integration i JOIN source_cursor c ON c.tenant_id = i.tenant_id AND c.source = i.name
WHERE i.tenant_id = %(tenant)s AND i.name = %(name)s
UNION ALL
SELECT s.partition_by FROM source s WHERE s.tenant_id = %(tenant)s AND s.name = %(name)s AND s.partition_by IS NOT NULL
LIMIT 1
"""
_KEEP = """
INSERT INTO source (tenant_id, name, partition_by)
SELECT i.tenant_id, i.name, i.partition_by FROM integration i
WHERE i.tenant_id = %(tenant)s AND i.name = %(name)s
  AND EXISTS (SELECT FROM source_cursor c WHERE c.tenant_id = i.tenant_id AND c.source = i.name)
ON CONFLICT (tenant_id, name) DO UPDATE SET partition_by = excluded.partition_by
"""


def file_sources(path: Path) -> list[SourceConfig]:
    """The sources of the sources file; none when there is no file, because integrations may be all there is.

    Raises:
        SettingsError: the file is wrong.
    """
    return load_sources(path) if path.is_file() else []


def known_sources(connection: psycopg.Connection[Any], from_file: Sequence[SourceConfig]) -> list[SourceConfig]:
    """Every source whose topics are to be read: those of the file, then the others by tenant and name.

    Of an integration only what concerns its topics is told: tenant, name and partitioning. A source of the file stands before an
    integration of its name, as it does for the supervisor.
    """
    taken = {one.name for one in from_file}
    with connection.cursor(row_factory=tuple_row) as cursor:
        rows = cursor.execute(_KNOWN).fetchall()
    return [
        *from_file,
        *(
            SourceConfig(name=name, connector="integration", tenant_id=tenant, partition_by=partition_by)
            for tenant, name, partition_by in rows
            if name not in taken
        ),
    ]


def check_partitioning(connection: psycopg.Connection[Any], tenant: str, name: str, partition_by: str) -> None:
    """See that topics which may hold records are not partitioned in another way from now on.

    Raises:
        CommandRefusedError: they would be; both sides of a group would no longer meet in one partition.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(_PARTITIONED, {"tenant": tenant, "name": name}).fetchone()
    if row is not None and row[0] != partition_by:
        raise CommandRefusedError(
            f"the topics of {name} are partitioned by {row[0]} and hold records; make an integration of another name to partition "
            f"by {partition_by}"
        )


def keep_removed(connection: psycopg.Connection[Any], tenant: str, name: str) -> None:
    """Have the topics of an integration that is about to be removed read on, if it ever published."""
    connection.execute(_KEEP, {"tenant": tenant, "name": name})
