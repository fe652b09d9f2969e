"""Where a statement file came from, and what its feed makes of the containers in it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from producers.formats.contract import StatementStart, StatementType
from schemas.records import DEFAULT_TENANT

__all__ = ["LEDGER_TYPES", "FileOrigin", "Role"]

LEDGER_TYPES = frozenset({StatementType.STATEMENT, StatementType.LISTING})
"""Containers that are published unless a feed says otherwise."""


class Role(Enum):
    """What the entries of a container are to a feed.

    LEDGER: its movements. PROVISIONAL: announced by a report, to be replaced by the statement's entry of the same bank reference.
    DETAILS: payments inside of the statement's entries, never movements. LEFT_OUT: not asked for.
    """

    LEDGER = auto()
    PROVISIONAL = auto()
    DETAILS = auto()
    LEFT_OUT = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOrigin:
    """Where a file came from, and what its feed says of its records.

    Attributes:
        path: as the source names the file; in quarantine positions only.
        sha256: of the file's bytes.
        revision: 0 for the first content under a path, higher for each later one, so that a corrected file wins.
        accounts: account as written in files → account id to publish; others are published as written.
        ingested_at: aware UTC.
        types: containers that are published. Reports and notifications alone are a ledger of their own; beside STATEMENT a report
            is provisional and a notification only adds payments to what the statement books.
    """

    source: str
    tenant_id: str = DEFAULT_TENANT
    path: str
    sha256: str
    revision: int = 0
    bank_code: str | None = None
    accounts: Mapping[str, str] = field(default_factory=dict)
    ingested_at: dt.datetime
    types: frozenset[StatementType] = LEDGER_TYPES

    def account(self, written: str) -> str:
        """The account id to publish."""
        return self.accounts.get(written, written)

    def role(self, kind: StatementType) -> Role:
        """What the entries of a container are."""
        if kind not in self.types:
            return Role.LEFT_OUT
        if StatementType.STATEMENT not in self.types:
            return Role.LEDGER
        beside = {StatementType.REPORT: Role.PROVISIONAL, StatementType.NOTIFICATION: Role.DETAILS}
        return beside.get(kind, Role.LEDGER)

    def revision_of(self, start: StatementStart) -> int:
        """Revision of a container's records: what is booked outranks what was announced, and a later correction an earlier one."""
        if self.role(start.type) in {Role.PROVISIONAL, Role.DETAILS}:
            return 0
        if start.issued is not None:
            return start.issued + self.revision
        is_announced = bool(self.types & {StatementType.REPORT, StatementType.NOTIFICATION})
        return self.revision + (start.type is StatementType.STATEMENT and is_announced)
