"""The steps of the statement shape that go by evidence which does not identify a payment: shared words, or amount and date alone.

Every payer pays more than once, and every amount comes back. So what is paired is the best for the whole book rather than for the
first pair that comes, items that name different references of one form are kept apart, and a pair is confirmed without a person
only as far as the rules accept false ones.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence

from reconciler.assignment import Assignment, Cost, Pairing
from reconciler.book import Book
from reconciler.candidates import Bundle
from reconciler.contradiction import contradict, named_references
from reconciler.evidence import all_references, words
from reconciler.grounds import Grounds
from reconciler.optimal_assignment import assign_optimally
from reconciler.pairing import Chosen, Labelling, Ties, decide, in_order, match_chosen, ties_between
from reconciler.ties import report_tie
from reconciler.types import Item, Stage

__all__ = ["match_amount_and_date", "match_words"]

_SAME_WORDS = Grounds(stage=Stage.TOLERANCE, signal="words", probability_ppm=999_800)
_WORDS = Grounds(stage=Stage.TOLERANCE, signal="words", probability_ppm=950_000)
_ALONE = Grounds(stage=Stage.TOLERANCE, signal="amount and date", probability_ppm=900_000)

_FEW_WORDS = 2
"""Fewer equal words than these may be the name of a channel."""

_ACCIDENTS = 0.02
"""Share of items without a partner that find an equal amount within a few days all the same."""

_MILLION = 1_000_000


def match_words(book: Book) -> None:
    """Shared words of text and counterparty; the more the better. The same words are enough to be sure, if nothing else fits."""
    _match_by(book, words, _WORDS)


def match_amount_and_date(book: Book) -> None:
    """Nothing but amount and date, where silence of the texts is no objection.

    If nearly all pairs of a book share words, one that shares none is an accident more often than not.
    """
    pairs = [*book.paired, *book.examples]
    silent = sum(1 for left, right in pairs if words(left).isdisjoint(words(right)))
    share = (silent + 1) / (len(pairs) + 2)
    least = book.reconciliation.learning.suggest_ppm
    everything = frozenset({""})
    if share / (share + _ACCIDENTS) * _MILLION >= least:
        _match_by(book, lambda _: everything, _ALONE)


def _match_by(book: Book, labels: Labelling, grounds: Grounds) -> None:
    """Pair free items that share labels in the way that is best for the book, and leave to a person what has a rival."""
    ties = _weighed(ties_between(book, labels, identity=named_references))
    found = assign_optimally(ties.costs, *ties.sizes)
    rivals = _rivals(ties, found)
    chosen: list[Chosen] = []
    for group in found.groups:
        if not _orderable(group, ties.left, ties.right):
            sides = [sorted({pairing[side] for pairing in group}) for side in (0, 1)]
            report_tie(book, ties.items(0, sides[0]), ties.items(1, sides[1]), grounds)
            continue
        for first, second, pairs in in_order(group, ties.left, ties.right):
            evidence = ", ".join(sorted(ties.left[first].labels & ties.right[second].labels)) or "the only ones within tolerance"
            rival = rivals.get((first, second))
            chosen.extend(_chosen(book, pair, grounds, evidence, rival) for pair in pairs)
    for lefts, rights in found.ties:
        report_tie(book, ties.items(0, lefts), ties.items(1, rights), grounds)
    match_chosen(book, chosen)


def _chosen(book: Book, pair: tuple[Item, Item], grounds: Grounds, evidence: str, rival: str | None) -> Chosen:
    same = words(pair[0]) == words(pair[1]) and len(words(pair[0])) >= _FEW_WORDS and pair[0].signed_minor == pair[1].signed_minor
    stamped = _SAME_WORDS if same else grounds
    return Chosen(*pair, stamped, evidence, decide(book, stamped, rival), rival)


def _weighed(ties: Ties) -> Ties:
    """The ties without those that references speak against, and with distances squared.

    The sum of plain distances would be the same whether two payments are paired in their order or crosswise. Squared, first in
    goes with first out, and two pairs that are a day apart are better than one of the same day and one two days apart.
    """
    named = [[named_references(bundle.items[0]) for bundle in side] for side in (ties.left, ties.right)]
    costs = {
        (left, right): (count, amount * amount, days * days)
        for (left, right), (count, amount, days) in ties.costs.items()
        if not contradict(named[0][left], named[1][right])
    }
    return Ties(ties.left, ties.right, costs)


def _orderable(group: Sequence[Pairing], left: Sequence[Bundle], right: Sequence[Bundle]) -> bool:
    """Whether pairing like items by their order guesses nothing."""
    if len(group) == 1:
        return _alike(left[group[0][0]].items) or _alike(right[group[0][1]].items)
    return all(_alike(left[first].items) and _alike(right[second].items) for first, second, _ in group)


def _rivals(ties: Ties, found: Assignment) -> dict[tuple[int, int], str]:
    """For each pairing, the id of the best candidate with as many labels that stayed open or would be nearer."""
    partners: tuple[defaultdict[int, list[int]], ...] = (defaultdict(list), defaultdict(list))
    for group in found.groups:
        for first, second, _ in group:
            partners[0][first].append(second)
            partners[1][second].append(first)
    best: dict[tuple[int, int], tuple[Cost, str]] = {}
    for (first, second), cost in ties.costs.items():
        if second in partners[0][first]:
            continue
        pairings = [(first, partner, 1, second) for partner in partners[0][first]]
        pairings += [(partner, second, 0, first) for partner in partners[1][second]]
        for left, right, side, rival in pairings:
            own = ties.costs[left, right]
            candidate = (cost, ties.items(side, [rival])[0].id)
            presses = cost < own or (cost[0] == own[0] and not partners[side][rival])
            if presses and ((left, right) not in best or candidate < best[left, right]):
                best[left, right] = candidate
    return {pairing: identity for pairing, (_, identity) in best.items()}


def _alike(items: Sequence[Item]) -> bool:
    """Whether any of the items would do: nothing but their ids tells them apart."""
    told: set[Hashable] = {(all_references(item), item.text, item.counterparty) for item in items}
    return len(told) == 1
