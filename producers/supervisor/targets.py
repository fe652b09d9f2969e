"""What a supervisor should run: the sources of its file, the enabled integrations, and those that commands wait for."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from producers.supervisor.leases import SourceKey
from reconduit.integrations.known_sources import file_sources
from reconduit.integrations.model import Integration
from reconduit.integrations.registry import list_integrations
from reconduit.sources import SourceConfig

__all__ = ["Target", "file_targets", "integration_targets"]

_COMMANDED = "SELECT DISTINCT integration_id FROM integration_command WHERE finished_at IS NULL"


@dataclass(frozen=True, slots=True)
class Target:
    """A source that wants a producer.

    Attributes:
        key: tenant and name, which is also its lease.
        revision: changes when the producer must be started anew.
        arguments: of `producers.supervisor.child`, without the fencing token.
        integration_id: None for a source of the file.
        only_commands: the producer ends by itself when no command is left.
    """

    key: SourceKey
    revision: str
    arguments: tuple[str, ...]
    integration_id: UUID | None = None
    only_commands: bool = False


def file_targets(path: Path) -> dict[SourceKey, Target]:
    """The sources of the sources file; none when there is no file.

    Raises:
        SettingsError: the file is wrong.
    """
    return {(one.tenant_id, one.name): _of_file(one) for one in file_sources(path)}


def integration_targets(connection: psycopg.Connection[Any], flags: frozenset[str]) -> dict[SourceKey, Target]:
    """Integrations whose feature flag is on: to be polled when they are enabled, else for their open commands alone."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        commanded = {number for (number,) in cursor.execute(_COMMANDED)}
    return _targets(list_integrations(connection), commanded, flags)


def _targets(integrations: Sequence[Integration], commanded: set[UUID], flags: frozenset[str]) -> dict[SourceKey, Target]:
    found: dict[SourceKey, Target] = {}
    for one in integrations:
        # A flag also keeps commands for the supervisors that have it: they may be the only ones with a connector to try.
        if one.feature_flag is not None and one.feature_flag not in flags:
            continue
        polled = one.enabled
        if polled or one.integration_id in commanded:
            mode = () if polled else ("--only-commands",)
            arguments = ("--tenant", one.tenant_id, "--integration", str(one.integration_id), *mode)
            found[one.tenant_id, one.name] = Target(
                (one.tenant_id, one.name), f"{one.version}/{polled}", arguments, one.integration_id, only_commands=not polled
            )
    return found


def _of_file(config: SourceConfig) -> Target:
    revision = hashlib.sha256(config.model_dump_json().encode()).hexdigest()
    return Target((config.tenant_id, config.name), revision, ("--source", config.name))
