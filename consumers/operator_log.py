"""Operators' decisions as the passes need them: those in force, by the records that they are about."""

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from reconciler.operator_decisions import Confirmation, OperatorDecisions
from reconciler.types import Item, Member
from schemas.records import DEFAULT_TENANT

__all__ = ["NO_DECISIONS", "OperatorLog", "StandingDecision", "StandingDecisions"]

_STANDING = """
SELECT d.reconciliation, d.operator_decision_id, d.kind = 'confirm', d.members, d.sources, d.txn_ids, d.actor, d.note
FROM operator_decision d
WHERE d.tenant_id = %s AND d.kind <> 'revoke'
  AND NOT EXISTS (SELECT FROM operator_decision r WHERE r.revokes = d.operator_decision_id)
ORDER BY d.operator_decision_id
"""


@dataclass(frozen=True, slots=True)
class StandingDecision:
    """A decision that nobody has revoked.

    Attributes:
        confirmed: its records are the same money; False: they are not, and are kept apart.
        members: `txn_hash` of each record.
        names: `source/txn_id` of each record, which is the engine's id.
        note: actor and reason, for the match that it makes.
    """

    number: int
    confirmed: bool
    members: tuple[int, ...]
    names: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class StandingDecisions:
    """The decisions in force about one reconciliation; false when there are none."""

    by_name: Mapping[str, tuple[StandingDecision, ...]] = field(default_factory=dict)
    by_member: Mapping[int, tuple[StandingDecision, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, decisions: Iterable[StandingDecision]) -> "StandingDecisions":
        """Index decisions by their records."""
        by_name: dict[str, tuple[StandingDecision, ...]] = {}
        by_member: dict[int, tuple[StandingDecision, ...]] = {}
        for one in decisions:
            for name, member in zip(one.names, one.members, strict=True):
                by_name[name] = (*by_name.get(name, ()), one)
                by_member[member] = (*by_member.get(member, ()), one)
        return cls(by_name, by_member)

    def __bool__(self) -> bool:
        return bool(self.by_member)

    def confirmations(self, members: AbstractSet[int]) -> set[StandingDecision]:
        """Confirmations of at least one of these records; they tie the groups of their records together."""
        return {one for member in self.by_member.keys() & members for one in self.by_member[member] if one.confirmed}

    def about(self, items: Collection[Item]) -> OperatorDecisions | None:
        """What the engine is to know when it solves `items`; None when nobody decided anything about them.

        A confirmation one of whose records is not there (not stored yet, or on no side) waits until it comes.
        """
        there = {item.id: Member(item.side, item.id) for item in items if item.id in self.by_name}
        found = {one for name in there for one in self.by_name[name]}
        if not found:
            return None
        return OperatorDecisions(
            confirmed=frozenset(
                Confirmation(frozenset(there[name] for name in one.names), one.note)
                for one in found
                if one.confirmed and all(name in there for name in one.names)
            ),
            unmatched=frozenset(
                frozenset(there[name] for name in one.names if name in there) for one in found if not one.confirmed
            ),
        )


NO_DECISIONS = StandingDecisions()


class OperatorLog:
    """The decisions in force by reconciliation, read again when there is a new one. One per worker; not thread-safe."""

    def __init__(self, tenant: str = DEFAULT_TENANT) -> None:
        """Know nothing yet."""
        self._tenant = tenant
        self._by_reconciliation: Mapping[str, StandingDecisions] = {}
        self.newest = 0
        """Number of the newest decision that is known; they become visible in the order of their numbers."""

    def refresh(self, connection: Connection[Any]) -> None:
        """Look whether there is a decision that is not known yet, in the open transaction."""
        row = connection.execute("SELECT max(operator_decision_id) FROM operator_decision").fetchone()
        newest = row[0] if row is not None and row[0] is not None else 0
        if newest == self.newest:
            return
        found: dict[str, list[StandingDecision]] = {}
        for name, number, confirmed, members, sources, txn_ids, actor, note in connection.execute(_STANDING, (self._tenant,)):
            names = tuple(f"{source}/{txn_id}" for source, txn_id in zip(sources, txn_ids, strict=True))
            said = f"{'confirmed' if confirmed else 'unmatched'} by {actor}{f': {note}' if note else ''}"
            found.setdefault(name, []).append(StandingDecision(number, confirmed, tuple(members), names, said))
        self._by_reconciliation = {name: StandingDecisions.of(decisions) for name, decisions in found.items()}
        self.newest = newest

    def about(self, reconciliation: str) -> StandingDecisions:
        """The decisions in force about one reconciliation, as of the last `refresh`."""
        return self._by_reconciliation.get(reconciliation, NO_DECISIONS)

    def __bool__(self) -> bool:
        return bool(self._by_reconciliation)
