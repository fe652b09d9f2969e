"""One item against several of the other side that share a word or a reference with it: payments in parts, invoices paid at once."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations

from reconciler.book import Book
from reconciler.decisions import book_order, day_of
from reconciler.evidence import reference_tokens
from reconciler.groups.chance import accidents, probability_ppm
from reconciler.groups.names import names_of
from reconciler.groups.proposals import Proposal, sums_reason
from reconciler.groups.reach import Reach
from reconciler.groups.subsets import search_subsets
from reconciler.tolerance import MILLION
from reconciler.types import Item, Reason

__all__ = ["by_parts"]

_CROWD = 12
"""A word that more items within reach have names nobody."""

_ODDS_OF_REFERENCE = 1.0
_ODDS_OF_WORDS = 5.0
_ODDS_OF_WORD = 50.0
"""How many times more often items that share a reference, several words, or a word, are no group than that they are one."""

_MOST_PARTS = 12


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Items of one side that carry a label, by day."""

    items: Sequence[Item]
    days: Sequence[int]

    def within(self, first: int, last: int) -> Sequence[Item]:
        """Items from the first day to the last."""
        return self.items[bisect_left(self.days, first) : bisect_right(self.days, last)]


def by_parts(book: Book, names: AbstractSet[str], *, before_singles: bool) -> Iterator[Proposal]:
    """Groups of one item with two or more of the other side whose exact sum it is, and the alternatives to it."""
    reach = Reach.of(book)
    left, right = _shelves(book.left, names), _shelves(book.right, names)
    seen: set[tuple[str, frozenset[str]]] = set()
    for label in sorted(left.keys() & right.keys()):
        for anchors, parts, of_left in ((left[label], right[label], True), (right[label], left[label], False)):
            if len(parts.items) < 2:
                continue
            for anchor, day in zip(anchors.items, anchors.days, strict=True):
                near = parts.within(*reach.window(day, of_left=of_left))
                if not 2 <= len(near) <= _CROWD:
                    continue
                looked_at = (f"{anchor.side}/{anchor.id}", frozenset(item.id for item in near))
                if looked_at not in seen:
                    seen.add(looked_at)
                    yield from _of_anchor(book, names, anchor, near, label, of_left=of_left, before_singles=before_singles)


def _shelves(items: Sequence[Item], names: AbstractSet[str]) -> dict[str, _Shelf]:
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for item in sorted(items, key=book_order):
        named = sorted(names_of(item, names))
        # A first name is shared by many, both names together by few.
        for label in {*named, *map(" ".join, combinations(named, 2)), *reference_tokens(item)}:
            found[label].append(item)
    return {label: _Shelf(listed, [day_of(item) for item in listed]) for label, listed in found.items()}


def _of_anchor(
    book: Book, names: AbstractSet[str], anchor: Item, near: Sequence[Item], label: str, *, of_left: bool, before_singles: bool
) -> Iterator[Proposal]:
    rules, target = book.reconciliation.groups, anchor.signed_minor
    allowed = book.window.tolerance.allowed_between((target, target), book.window.currency)
    if any(abs(item.signed_minor - target) <= allowed for item in near):
        return
    smaller = [item for item in near if item.direction == anchor.direction and item.amount_minor < anchor.amount_minor]
    amounts = [item.signed_minor for item in smaller]
    found = search_subsets(
        amounts, target, allowed=allowed, most=min(_MOST_PARTS, rules.most_members - 1), steps=rules.search_steps
    )
    if not found.complete and not before_singles:
        steps = f"{len(smaller)} items with {label} make more than {rules.search_steps} partial sums"
        book.note(anchor, Reason("search", f"gave up looking for parts: {steps}"))
    if not found.solutions:
        return
    chosen = found.solutions[0]
    members, *alternatives = (tuple(smaller[place] for place in places) for places in found.solutions)
    own = reference_tokens(anchor)
    told = [bool(own & reference_tokens(item)) for item in members]
    referenced = any(told)
    if not referenced and any(_named_otherwise(anchor, item, names) for item in members):
        return
    shared = frozenset(names_of(anchor, names)).intersection(*(names_of(item, names) for item in members))
    odds = _ODDS_OF_REFERENCE if referenced else _ODDS_OF_WORDS if len(shared) > 1 else _ODDS_OF_WORD
    chosen_amounts = [amounts[place] for place in chosen]
    expected = accidents(amounts, chosen_amounts, target, allowed)
    if not all(told):
        single = _single(anchor, members, near, book.reconciliation.learning.amount_ppm)
        if before_singles and single is not None and single not in members:
            return
        if single is not None and (before_singles or (single in members and own & reference_tokens(single))):
            # It alone, less a fee, explains the most: what speaks for the group is that the others make up the rest.
            rest = target - single.signed_minor
            others = [amount for amount in amounts if abs(amount) <= abs(rest)]
            beside = [item.signed_minor for item in members if item is not single]
            expected = max(expected, accidents(others, beside, rest, allowed))
    sides = ((anchor,), members) if of_left else (members, (anchor,))
    unique = "the only such sum" if not alternatives else f"{len(found.solutions)} such sums, or more,"
    yield Proposal(
        lefts=sides[0],
        rights=sides[1],
        rank=3 if referenced else 6,
        probability_ppm=probability_ppm(expected, odds),
        reasons=(
            Reason("shared", f"all have {label}; {unique} among {len(smaller)}"),
            sums_reason(*sides),
            Reason("chance", f"{expected:.1e} sums like this by accident"),
        ),
        alternatives=tuple(alternatives),
    )


def _named_otherwise(one: Item, other: Item, names: AbstractSet[str]) -> bool:
    """Whether both name somebody whom the other does not name: `Josa Hoda` is not `Nofinda Hoda`."""
    first, second = frozenset(names_of(one, names)), frozenset(names_of(other, names))
    return bool(first - second) and bool(second - first)


def _single(anchor: Item, members: Sequence[Item], near: Sequence[Item], ppm: int) -> Item | None:
    """The item that alone could be meant, less a fee: one that shares a reference with the anchor, else the largest member."""
    own = reference_tokens(anchor)
    return next(
        (
            item
            for item in sorted(near, key=lambda item: (item in members, -item.amount_minor, book_order(item)))
            if item.direction == anchor.direction
            and (item in members or own & reference_tokens(item))
            and abs(anchor.amount_minor - item.amount_minor) * MILLION <= anchor.amount_minor * ppm
        ),
        None,
    )
