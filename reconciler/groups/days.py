"""Batches of a day: all items of a day that share a word, mostly an acquirer's name, with one item of the other side.

One of them may have been held back: then the others are the batch, if the sum says which one it was.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction

from reconciler.book import Book
from reconciler.decisions import book_order, day_of
from reconciler.evidence import reference_tokens
from reconciler.fees import FeeProfile
from reconciler.groups.chance import accidents_of_sum, probability_ppm
from reconciler.groups.names import names_of
from reconciler.groups.proposals import Proposal, sums_reason
from reconciler.groups.reach import Reach, deducted, fits, is_fee
from reconciler.types import Item, Reason

__all__ = ["by_days"]

_ODDS_OF_DAY = 3.0
_RATE_PPM = 990_000
_FEW_TARGETS = 64
_MILLION = 1_000_000

ByWord = Mapping[str, Sequence[Item]]


@dataclass(frozen=True, slots=True)
class _Deposit:
    """A day's items and the item of the other side that could be their sum."""

    members: tuple[Item, ...]
    single: Item
    word: str
    total: int

    @property
    def kept(self) -> int:
        """What the sum is more than the single item, unsigned when both are of one direction."""
        return (self.total - self.single.signed_minor) * (1 if self.total > 0 else -1)

    @property
    def rates(self) -> tuple[Fraction, Fraction]:
        """Lowest and highest rate that the deduction may be of, which was rounded to a minor unit."""
        return Fraction(self.kept - 1, abs(self.total)), Fraction(self.kept + 1, abs(self.total))


class _Day:
    """Items of one day and direction that share a word, and at a glance what an item of the other side could be to them."""

    def __init__(self, book: Book, members: Sequence[Item], word: str) -> None:
        rules = book.reconciliation
        self._members = tuple(members)
        self._word = word
        self._total = sum(item.signed_minor for item in members)
        net = sum(item.net_minor for item in members)
        largest = max(abs(self._total), abs(net))
        self._apart = abs(self._total - net) + book.window.tolerance.reach_minor(largest, book.window.currency)
        self._fee = abs(self._total) * rules.groups.fee_ppm // _MILLION if rules.fees == FeeProfile() else abs(self._total)
        self._amounts = frozenset(item.amount_minor for item in members)

    def deposit(self, single: Item) -> _Deposit | None:
        """The day with an item as its deposit; None where that cannot be, neither wholly nor less a fee nor without one member."""
        one = _Deposit(self._members, single, self._word, self._total)
        near = abs(one.kept) <= self._apart + abs(single.signed_minor - single.net_minor)
        return one if near or 0 < one.kept <= self._fee or one.kept in self._amounts else None


def by_days(book: Book, names: tuple[AbstractSet[str], AbstractSet[str]], *, left_over: bool = False) -> Iterator[Proposal]:
    """Groups of a day and a word, the other side's item within reach."""
    sides = (book.left, book.right)
    for index in (0, 1):
        # The word has to tell the single item from others of its side; the batch may be as large as it likes.
        single, many = _by_word(sides[1 - index], names[1 - index]), _by_word(sides[index], names[1 - index])
        for word in sorted(single.keys() & many.keys()):
            yield from _of_word(book, names[1 - index], many[word], single[word], word, of_left=index == 0, left_over=left_over)


def _by_word(items: Sequence[Item], names: AbstractSet[str]) -> ByWord:
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for item in sorted(items, key=book_order):
        for word in names_of(item, names):
            found[word].append(item)
    return found


def _of_word(
    book: Book, names: AbstractSet[str], ours: Sequence[Item], theirs: Sequence[Item], word: str, *, of_left: bool, left_over: bool
) -> Iterator[Proposal]:
    reach, most = Reach.of(book), book.reconciliation.groups.most_members
    days: defaultdict[tuple[int, bool], list[Item]] = defaultdict(list)
    for item in ours:
        days[day_of(item), item.direction > 0].append(item)
    dated: defaultdict[int, list[Item]] = defaultdict(list)
    for item in theirs:
        dated[day_of(item)].append(item)
    charged: list[_Deposit] = []
    for (day, _), members in sorted(days.items()):
        if not 2 <= len(members) < most:
            continue
        first, last = reach.window(day, of_left=of_left)
        near = [item for one in range(first, last + 1) for item in dated.get(one, ())]
        if len(near) > _FEW_TARGETS:
            continue
        whole = _Day(book, members, word)
        for deposit in filter(None, map(whole.deposit, near)):
            single = deposit.single
            sides = (deposit.members, (single,)) if of_left else ((single,), deposit.members)
            if _speaks_for_some(single, members, names, book.reconciliation.learning.amount_ppm):
                continue
            if fits(book, *sides):
                exact = probability_ppm(accidents_of_sum(members, len(near)), _ODDS_OF_DAY, left_over=left_over)
                yield _proposal(deposit, 1, exact, of_left=of_left)
                continue
            yield from _without_one(deposit, len(near), of_left=of_left)
            if deposit.kept > 0 and deducted(*sides) is not None and is_fee(book, *sides)[0]:
                charged.append(deposit)
    yield from _charged(book, charged, of_left=of_left)


def _without_one(whole: _Deposit, others: int, *, of_left: bool) -> Iterator[Proposal]:
    """The day's items but for one, where they are the single item's exact sum; any of several of that amount could be the one."""
    held_back = [item for item in whole.members if item.amount_minor == whole.kept]
    found = [tuple(item for item in whole.members if item is not one) for one in held_back]
    if not found or len(found[0]) < 2:
        return
    probability = probability_ppm(accidents_of_sum(found[0], others * len(whole.members)), _ODDS_OF_DAY)
    rest = _Deposit(found[0], whole.single, whole.word, whole.single.signed_minor)
    yield _proposal(rest, 4, probability, of_left=of_left, but_for=held_back[0], alternatives=found[1:])


def _speaks_for_some(single: Item, members: Sequence[Item], names: AbstractSet[str], ppm: int) -> bool:
    """Whether the single item is told to be the payment of some members alone.

    It names somebody whom some of them name and others do not; or it has the reference of a member that comes near it by itself,
    less a fee, which others do not have.
    """
    named = [frozenset(names_of(item, names)) for item in members]
    if (frozenset(names_of(single, names)) & frozenset().union(*named)) - frozenset.intersection(*named):
        return True
    own = reference_tokens(single)
    told = [bool(own & reference_tokens(item)) for item in members]
    near = (abs(item.amount_minor - single.amount_minor) * _MILLION <= item.amount_minor * ppm for item in members)
    return not all(told) and any(one and referenced for one, referenced in zip(near, told, strict=True))


def _charged(book: Book, deposits: Sequence[_Deposit], *, of_left: bool) -> Iterator[Proposal]:
    """Deposits less a fee: those that a fee profile explains, and those of a rate that recurs under the word."""
    recurring = _recurring([one.rates for one in deposits])
    for place, one in enumerate(deposits):
        sides = (one.members, (one.single,)) if of_left else ((one.single,), one.members)
        if place in recurring or is_fee(book, *sides)[1]:
            yield _proposal(one, 5, _RATE_PPM, of_left=of_left)


def _recurring(rates: Sequence[tuple[Fraction, Fraction]]) -> AbstractSet[int]:
    """Places of the ranges that another one overlaps."""
    found: set[int] = set()
    farthest: int | None = None
    for place in sorted(range(len(rates)), key=rates.__getitem__):
        # Of the ranges that begin before this one, the one that reaches farthest overlaps it if any does.
        if farthest is not None and rates[farthest][1] >= rates[place][0]:
            found |= {farthest, place}
        if farthest is None or rates[place][1] > rates[farthest][1]:
            farthest = place
    return found


def _proposal(
    one: _Deposit,
    rank: int,
    probability: int,
    *,
    of_left: bool,
    but_for: Item | None = None,
    alternatives: Sequence[tuple[Item, ...]] = (),
) -> Proposal:
    lefts, rights = (one.members, (one.single,)) if of_left else ((one.single,), one.members)
    every = f"all of {one.members[0].booked_at.date()} with {one.word}"
    told = every if but_for is None else f"{every} but {but_for.id}, which was held back"
    reasons = [Reason("day", told), sums_reason(lefts, rights)]
    if one.kept:
        rate = one.kept * _MILLION // abs(one.total)
        reasons.append(Reason("fee", f"{one.kept} {one.single.currency}, {rate} ppm"))
    return Proposal(
        lefts=lefts,
        rights=rights,
        rank=rank,
        probability_ppm=probability,
        reasons=tuple(reasons),
        alternatives=tuple(alternatives),
    )
