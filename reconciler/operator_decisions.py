"""What operators decided about a set of records: what belongs together whatever the rules say, and what does not.

The caller stores the decisions and gives, with each set of items, those that touch it. The engine takes confirmed sets out before
any stage runs and keeps unmatched ones apart in all of them; both teach the weights of the probabilistic stage.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.errors import ReconcilerError
from reconciler.types import Member

__all__ = ["Confirmation", "OperatorDecisions"]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Items that an operator says are the same money.

    Attributes:
        members: two or more; of any sides, amounts, dates and keys.
        note: who decided and why, for the reasons of the match; no part of what is decided.
    """

    members: frozenset[Member]
    note: str = ""


@dataclass(frozen=True, slots=True)
class OperatorDecisions:
    """The decisions that are in force; a revoked one is left out. Equal whatever order they were made in.

    Attributes:
        confirmed: each is a match of stage MANUAL, as long as all its members are among the items and none is VOID or FAILED.
        unmatched: sets of members. In a statement book no two members of one set that are on different sides are paired again. In
            a keyed group or a settlement, members of one set that meet there are a REFERENCE break, and the rest is solved
            without them. A confirmation of the same members is stronger.

    Raises:
        ReconcilerError: a confirmation has fewer than two members, or two confirmations share one.
    """

    confirmed: frozenset[Confirmation] = frozenset()
    unmatched: frozenset[frozenset[Member]] = frozenset()

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        seen: set[Member] = set()
        for confirmation in self.confirmed:
            if len(confirmation.members) < 2:
                raise ReconcilerError(f"a confirmation needs two members or more, not {_named(confirmation.members)}")
            twice = seen & confirmation.members
            if twice:
                raise ReconcilerError(f"{_named(twice)} is in two confirmations; revoke one of them")
            seen |= confirmation.members


def _named(members: Iterable[Member]) -> str:
    return ", ".join(f"{member.side}/{member.id}" for member in sorted(members)) or "none"
