"""What a labelled book knows about itself: which records belong together, and which must stay open, and as what."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

__all__ = ["ExpectedBreak", "TrueGroup", "Truth", "pairs_as_groups"]


@dataclass(frozen=True, slots=True)
class TrueGroup:
    """Records that tell the same money: ids of the first side and of the other sides.

    Attributes:
        kind: what makes the group hard to find, such as `fee` or `batch, reference`.
        right: empty for a payment and its reversal on the same side; so may `left` be.
    """

    left: frozenset[str]
    right: frozenset[str]
    kind: str


@dataclass(frozen=True, slots=True)
class ExpectedBreak:
    """Records that must stay open, as one break.

    Attributes:
        kind: why they are open.
        types: break types of which any says so.
    """

    left: frozenset[str]
    right: frozenset[str]
    kind: str
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Truth:
    """What belongs together and what stays open.

    Attributes:
        places: by id, what is the same for records that only their ids tell apart; any of them is right. An id that is not named
            stands for itself.
        sides: how many sides the book has; a group of more records than that is a batch.
    """

    groups: tuple[TrueGroup, ...]
    breaks: tuple[ExpectedBreak, ...] = ()
    places: Mapping[str, Hashable] = field(default_factory=dict)
    sides: int = 2

    def place(self, identity: str) -> Hashable:
        """What an id stands for."""
        return self.places.get(identity, identity)


def pairs_as_groups(pairs: Iterable[tuple[str, str]], kind: str) -> tuple[TrueGroup, ...]:
    """Groups of one record a side."""
    return tuple(TrueGroup(frozenset({left}), frozenset({right}), kind) for left, right in pairs)
