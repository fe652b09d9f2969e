"""One item against several of the other side that share a word or a reference with it: payments in parts, invoices paid at once."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product

from reconciler.book import Book
from reconciler.decisions import book_order, day_of
from reconciler.evidence import reference_tokens
from reconciler.groups.chance import probability_ppm
from reconciler.groups.part_sums import accidents_beside, search_parts
from reconciler.groups.proposals import Proposal, sums_reason
from reconciler.groups.reach import Reach
from reconciler.groups.shared_names import SharedNames
from reconciler.tolerance import MILLION
from reconciler.types import Item, Reason

__all__ = ["by_parts"]

_CROWD = 24
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


def by_parts(book: Book, names: SharedNames, *, before_singles: bool) -> Iterator[Proposal]:
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


def _shelves(items: Sequence[Item], names: SharedNames) -> dict[str, _Shelf]:
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for item in sorted(items, key=book_order):
        named = names.of_item(item)
        # A first name is shared by many, both names together by few.
        both = {" ".join(sorted(pair)) for one, other in combinations(named, 2) for pair in product(one, other)}
        for label in {*chain.from_iterable(named), *both, *reference_tokens(item)}:
            found[label].append(item)
    return {label: _Shelf(listed, [day_of(item) for item in listed]) for label, listed in found.items()}


def _of_anchor(
    book: Book, names: SharedNames, anchor: Item, near: Sequence[Item], label: str, *, of_left: bool, before_singles: bool
) -> Iterator[Proposal]:
    rules, target = book.reconciliation.groups, anchor.signed_minor
    allowed = book.window.tolerance.allowed_between((target, target), book.window.currency)
    if any(abs(item.signed_minor - target) <= allowed for item in near):
        return
    smaller = [item for item in near if item.direction == anchor.direction and item.amount_minor < anchor.amount_minor]
    own = reference_tokens(anchor)
    referenced = [bool(own & reference_tokens(item)) for item in smaller]
    found = search_parts(
        [item.signed_minor for item in smaller],
        referenced,
        target,
        allowed=allowed,
        most=min(_MOST_PARTS, rules.most_members - 1),
        steps=rules.search_steps,
    )
    if not found.complete and not before_singles:
        steps = f"{len(smaller)} items with {label} make more than {rules.search_steps} partial sums"
        book.note(anchor, Reason("search", f"gave up looking for parts: {steps}"))
    if not found.solutions:
        return
    chosen = found.solutions[0]
    members, *alternatives = (tuple(smaller[place] for place in one.places) for one in found.solutions)
    told = [referenced[place] for place in chosen.places]
    if not any(told) and any(_named_otherwise(anchor, item, names) for item in members):
        return
    odds = _ODDS_OF_REFERENCE if any(told) else _ODDS_OF_WORDS if _shared(anchor, members, names) > 1 else _ODDS_OF_WORD
    expected = chosen.accidents
    if not all(told):
        single = _single(anchor, members, near, book.reconciliation.learning.amount_ppm)
        if before_singles and single is not None and single not in members:
            return
        if single is not None and (before_singles or (single in members and own & reference_tokens(single))):
            # It alone, less a fee, explains the most: what speaks for the group is that the others make up the rest.
            expected = max(expected, accidents_beside(smaller, members, single, target, allowed))
    sides = ((anchor,), members) if of_left else (members, (anchor,))
    unique = "the only such sum" if not alternatives else f"{len(found.solutions)} such sums, or more,"
    yield Proposal(
        lefts=sides[0],
        rights=sides[1],
        rank=3 if any(told) else 6,
        probability_ppm=probability_ppm(expected, odds, left_over=not before_singles),
        reasons=(
            Reason("shared", f"all have {label}; {unique} among {len(smaller)}"),
            sums_reason(*sides),
            Reason("chance", f"{expected:.1e} sums like this by accident"),
        ),
        alternatives=tuple(alternatives),
    )


def _shared(anchor: Item, members: Sequence[Item], names: SharedNames) -> int:
    """How many of the anchor's names all members have."""
    told = [frozenset().union(*names.of_item(item)) for item in members]
    return sum(all(name & one for one in told) for name in names.of_item(anchor))


def _named_otherwise(one: Item, other: Item, names: SharedNames) -> bool:
    """Whether both name somebody whom the other does not name: `Josa Hoda` is not `Nofinda Hoda`."""
    first, second = names.of_item(one), names.of_item(other)
    return all(
        any(not name & told for name in said)
        for said, told in ((first, frozenset().union(*second)), (second, frozenset().union(*first)))
    )


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
