"""The conservation check: every record that went in came out, once."""

from collections import Counter
from collections.abc import Iterable

from reconciler.errors import ConservationError
from reconciler.types import Item, Member, Outcome

__all__ = ["check"]

_SHOWN = 5


def check(items: Iterable[Item], outcome: Outcome) -> None:
    """Prove that an outcome accounts for exactly the items that were given.

    Each item is in exactly one match, or in one break or more, or ignored; nothing else is named.

    Raises:
        ConservationError: an item is lost, claimed twice, or unknown; the message names the first few. A bug of a solver.
    """
    given = Counter(Member(item.side, item.id) for item in items)
    _report("were given more than once", (member for member, count in given.items() if count > 1))
    matched = Counter(member for match in outcome.matches for member in match.members)
    _report("are in more than one match", (member for member, count in matched.items() if count > 1))
    opened = {member for broken in outcome.breaks for member in broken.members}
    ignored = set(outcome.ignored)
    _report("are both matched and open", matched.keys() & opened)
    _report("are ignored and yet decided", ignored & (matched.keys() | opened))
    decided = matched.keys() | opened | ignored
    _report("are lost", given.keys() - decided)
    _report("are in the outcome but were not given", decided - given.keys())


def _report(problem: str, members: Iterable[Member]) -> None:
    wrong = sorted(members)
    if wrong:
        shown = ", ".join(f"{member.side}/{member.id}" for member in wrong[:_SHOWN])
        more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise ConservationError(f"{len(wrong)} items {problem}: {shown}{more}")
