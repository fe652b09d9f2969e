"""What the steps of the statement shape share: from labels to bundles and edges, and from pairings to matches of items."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from reconciler.assignment import Pairing
from reconciler.book import Book
from reconciler.candidates import Bundle, bundles_of, shared_labels
from reconciler.grounds import Grounds
from reconciler.groups.copies import earlier_copies
from reconciler.types import Decision, Item

__all__ = ["Chosen", "Labelling", "Ties", "decide", "in_order", "match_chosen", "ties_between"]

_MILLION = 1_000_000
_PPM_PER_100K = 10

Labelling = Callable[[Item], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A pair that a step has found, before it is matched."""

    left: Item
    right: Item
    grounds: Grounds
    evidence: str
    decision: Decision
    runner_up: str | None


@dataclass(frozen=True, slots=True)
class Ties:
    """The bundles of both sides, and the cost of each pair of them that shares labels and is within tolerance.

    A cost is: how many labels are shared (below zero), minor units apart, days apart.
    """

    left: Sequence[Bundle]
    right: Sequence[Bundle]
    costs: dict[tuple[int, int], tuple[int, int, int]]

    @property
    def sizes(self) -> tuple[list[int], list[int]]:
        """How many items each bundle has, left and right."""
        return [len(bundle.items) for bundle in self.left], [len(bundle.items) for bundle in self.right]

    def items(self, side: int, indices: Iterable[int]) -> list[Item]:
        """Items of some bundles of a side, 0 left or 1 right."""
        return [item for index in indices for item in (self.left, self.right)[side][index].items]


def ties_between(
    book: Book, labels: Labelling, *, most_owners: int | None = None, identity: Callable[[Item], Hashable] | None = None
) -> Ties:
    """What ties the free items of a book.

    Args:
        book: the book.
        labels: what ties items; only labels that both sides have count.
        most_owners: a label that more items of a side have is left out.
        identity: what tells items apart that have the same labels; nothing when None.
    """
    free_left, free_right = book.left, book.right
    tags_left = {item.id: labels(item) for item in free_left}
    tags_right = {item.id: labels(item) for item in free_right}
    shared = _owned(tags_left.values(), most_owners) & _owned(tags_right.values(), most_owners)
    if not shared:
        return Ties((), (), {})

    def told_apart(item: Item) -> Hashable:
        return book.apart.identity(item), identity(item) if identity else None

    left = bundles_of(free_left, lambda item: tags_left[item.id] & shared, told_apart)
    right = bundles_of(free_right, lambda item: tags_right[item.id] & shared, told_apart)
    costs: dict[tuple[int, int], tuple[int, int, int]] = {
        (first, second): (-count, abs(left[first].amount - right[second].amount), abs(left[first].day - right[second].day))
        for (first, second), count in shared_labels(left, right, book.window).items()
        if not book.apart.separates(left[first].items[0], right[second].items[0])
    }
    return Ties(left, right, costs)


def in_order(
    group: Sequence[Pairing], left: Sequence[Bundle], right: Sequence[Bundle]
) -> Iterator[tuple[int, int, list[tuple[Item, Item]]]]:
    """Each pairing's items: those of a bundle go in book order to its partners in the order of their days."""
    used: Counter[tuple[int, int]] = Counter()
    for first, second, count in sorted(group, key=lambda pairing: (left[pairing[0]].day, right[pairing[1]].day, pairing)):
        begin, start = used[0, first], used[1, second]
        used[0, first] += count
        used[1, second] += count
        ours, theirs = left[first].items[begin : begin + count], right[second].items[start : start + count]
        yield first, second, list(zip(ours, theirs, strict=True))


def decide(book: Book, grounds: Grounds, rival: str | None) -> Decision:
    """Confirmed without a person only if nothing else fits and the rules accept as many false ones as the grounds let expect."""
    accepted = _MILLION - grounds.probability_ppm <= book.reconciliation.learning.false_per_100k * _PPM_PER_100K
    return Decision.AUTO if accepted and rival is None else Decision.SUGGESTED


def match_chosen(book: Book, chosen: Sequence[Chosen]) -> None:
    """Match what was chosen; where an earlier copy would stay open, that is the payment, which a person confirms."""
    if not chosen:
        return
    earlier = (
        earlier_copies(book.left, (pair.left for pair in chosen), book.told_of_many),
        earlier_copies(book.right, (pair.right for pair in chosen), book.told_of_many),
    )
    for pair in chosen:
        first, second = earlier[0].get(pair.left.id, pair.left), earlier[1].get(pair.right.id, pair.right)
        moved = (first, second) != (pair.left, pair.right)
        if moved and book.may_pair(first, second):
            later = pair.left if first is not pair.left else pair.right
            book.match(first, second, pair.grounds, pair.evidence, decision=Decision.SUGGESTED, runner_up=later.id)
        elif moved:
            # The earlier copy is too far away for these rules, which makes the later one no more certain.
            earliest = first if first is not pair.left else second
            book.match(pair.left, pair.right, pair.grounds, pair.evidence, decision=Decision.SUGGESTED, runner_up=earliest.id)
        else:
            book.match(pair.left, pair.right, pair.grounds, pair.evidence, decision=pair.decision, runner_up=pair.runner_up)


def _owned(tags: Iterable[AbstractSet[str]], most_owners: int | None) -> set[str]:
    """Labels of a side; with `most_owners` only those that no more items than that have."""
    owners = Counter(label for labels in tags for label in labels)
    return {label for label, count in owners.items() if most_owners is None or count <= most_owners}
