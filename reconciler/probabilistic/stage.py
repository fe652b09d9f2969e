"""The stage itself: from the free items of a book to matches, ties and hints, by way of candidates, learning and choice."""

import datetime as dt
from collections import defaultdict
from collections.abc import Hashable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from reconciler.book import Book
from reconciler.decisions import book_order
from reconciler.evidence import all_references
from reconciler.grounds import Grounds
from reconciler.operator_matches import KeptApart
from reconciler.probabilistic.budget import confirmed
from reconciler.probabilistic.candidates import Finder
from reconciler.probabilistic.choice import Choice, Classes, choose
from reconciler.probabilistic.codes import code_signals
from reconciler.probabilistic.crowding import lack_of_crowding
from reconciler.probabilistic.labels import amount_labels, text_labels
from reconciler.probabilistic.learning import Given, Learnt, learn
from reconciler.probabilistic.numbers import number_signal, tabulate_numbers
from reconciler.probabilistic.objections import heeded, without_contested
from reconciler.probabilistic.pairs import Reach
from reconciler.probabilistic.reasons import pair_reasons
from reconciler.probabilistic.signals import side_arrays, signals_of, starting_scores
from reconciler.probabilistic.texts import Bools, Floats, Ints, tabulate
from reconciler.reconciliation import Learning
from reconciler.ties import report_tie
from reconciler.types import Decision, Item, Stage

__all__ = ["match_probable"]

_LEAST_TRUE = 10.0
"""Pairs, with those of the stages before, that have to be found for what was learnt from them to be trusted."""

_ENOUGH = 200.0
"""Pairs from which it can be learnt how far apart the amounts of one payment may be. Nearly all candidates of a smaller book are
true, so that a part of a batch looks like a payment less a fee: there, unequal amounts are only suggested."""

_MOST_PAIRS = 12_000_000
"""Candidate pairs by the items of one side: about 1.5 GB. A bank account has a few for each item."""

_CANDIDATE = 0.1
"""Probability from which an undecided pair is named as a candidate."""

_LIKELY = 0.5
"""Probability of having any partner from which an undecided item is ambiguous and not merely open."""

_MILLION = 1_000_000
_TIE = Grounds(stage=Stage.PROBABILISTIC, signal="evidence", probability_ppm=0)


@dataclass(frozen=True, slots=True)
class _Learnt:
    """Items of both sides in book order, the candidate pairs of the free ones, and what was learnt about these."""

    items: tuple[Sequence[Item], Sequence[Item]]
    pairs: tuple[Ints, Ints]
    names: tuple[str, ...]
    offset: Floats
    result: Learnt


def match_probable(book: Book) -> bool:
    """Decide about the free items by all evidence together.

    Returns:
        False, with nothing decided, when the book is too small to learn from.
    """
    rules = book.reconciliation.learning
    known = len(book.paired) + len(book.examples)
    if min(len(book.left), len(book.right)) + known < rules.least_items:
        return False
    learnt = _learn(book, rules)
    found = known if learnt is None else known + learnt.result.probabilities.sum()
    if learnt is None or found < _LEAST_TRUE:
        return False
    decided = {(item.side, item.id) for items in (*book.paired, *book.examples, *book.grouped) for item in items}
    classes = (_twins(learnt.items[0], decided, book.apart), _twins(learnt.items[1], decided, book.apart))
    choice = choose(learnt.pairs, learnt.result.probabilities, learnt.result.scores, classes, rules.suggest_ppm)
    _match(book, learnt, choice, rules, equal_only=found < _ENOUGH)
    _report_ties(book, learnt, choice)
    _hint(book, learnt, choice)
    return True


def _learn(book: Book, rules: Learning) -> _Learnt | None:
    """Candidate pairs of the free items with their probabilities; None when there are none.

    Pairs that are matched teach too, and so do operators' decisions. Members of groups teach how items look that have no partner
    of their own; without them every accident would seem rarer than it is.
    """
    reach = Reach(log_ratio=-np.log1p(-rules.amount_ppm / _MILLION), days_before=rules.days_before, days_after=rules.days_after)
    items = (
        sorted([*book.left, *(pair[0] for pair in (*book.paired, *book.examples)), *book.grouped[0]], key=book_order),
        sorted([*book.right, *(pair[1] for pair in (*book.paired, *book.examples)), *book.grouped[1]], key=book_order),
    )
    every = [*items[0], *items[1]]
    table = tabulate(every)
    amounts = np.fromiter((item.signed_minor for item in every), dtype=np.int64, count=len(every))
    days = np.fromiter((item.booked_at.astimezone(dt.UTC).toordinal() for item in every), dtype=np.int64, count=len(every))
    labels = text_labels(table, amounts, days, reach), amount_labels(amounts, days, reach)
    sides = side_arrays(amounts, days, len(items[0]))
    found = Finder(sides, labels, table, reach, _MOST_PAIRS).find()
    pairs = found.left, found.right
    given = _given(book, items, *pairs)
    if not len(found.left) or (given.true | given.untrue).all():
        return None
    # Where an equal amount was looked for, it does not matter how many other amounts are near.
    offset = np.where(found.by_amount, 0.0, lack_of_crowding(pairs, sides, reach))
    numbers = number_signal(found.left, found.right + len(items[0]), tabulate_numbers(every))
    telling = (numbers,) if numbers.levels.any() else ()
    signals = (*signals_of(found.levels, reach), *telling, *code_signals(items, pairs))
    counts = len(items[0]), len(items[1])
    result = learn(*pairs, signals, starting_scores(found.levels, reach), offset, counts, given)
    free = np.flatnonzero(~(given.true | given.untrue))
    names = tuple(signal.name for signal in signals)
    heard = without_contested(heeded(result, names.index("text"), found.levels), pairs, items, book.contested)
    rest = Learnt(tuple(weight[free] for weight in result.weights), result.scores[free], heard[free])
    return _Learnt(items, (found.left[free], found.right[free]), names, offset[free], rest)


def _given(book: Book, items: tuple[Sequence[Item], Sequence[Item]], left: Ints, right: Ints) -> Given:
    known = (*book.paired, *book.examples)
    partners = np.full(len(items[0]), -1, dtype=np.int64)
    decided = (np.zeros(len(items[0]), dtype=bool), np.zeros(len(items[1]), dtype=bool))
    wanted = [{item.id for item in (*(pair[index] for pair in known), *book.grouped[index])} for index in (0, 1)]
    numbers = [_numbers(side, ids) for side, ids in zip(items, wanted, strict=True)]
    for places in zip(decided, numbers, strict=True):
        places[0][list(places[1].values())] = True
    for first, second in known:
        partners[numbers[0][first.id]] = numbers[1][second.id]
    true = partners[left] == right
    return Given(true, ~true & (decided[0][left] | decided[1][right] | _separated(book.apart, items, left, right)))


def _numbers(items: Sequence[Item], wanted: AbstractSet[str]) -> dict[str, int]:
    return {item.id: number for number, item in enumerate(items) if item.id in wanted}


def _separated(apart: KeptApart, items: tuple[Sequence[Item], Sequence[Item]], left: Ints, right: Ints) -> Bools:
    """Which pairs an operator unmatched."""
    first, second = (np.fromiter(map(apart.concerns, side), dtype=bool, count=len(side)) for side in items)
    found: Bools = first[left] & second[right]
    for pair in np.flatnonzero(found).tolist():
        found[pair] = apart.separates(items[0][left[pair]], items[1][right[pair]])
    return found


def _twins(items: Sequence[Item], decided: AbstractSet[tuple[str, str]], apart: KeptApart) -> Classes:
    """Classes of items that only their ids tell apart, numbered in book order; what someone decided about is no one's twin."""
    numbers: dict[Hashable, int] = {}
    told = (
        item.id
        if (item.side, item.id) in decided or apart.concerns(item)
        else (
            item.signed_minor,
            item.booked_at.astimezone(dt.UTC).toordinal(),
            all_references(item),
            item.text,
            item.counterparty,
            item.channel,
            item.transaction_type,
        )
        for item in items
    )
    return Classes(np.array([numbers.setdefault(one, len(numbers)) for one in told], dtype=np.int64))


def _words_of(item: Item) -> Hashable:
    return item.text, item.counterparty, item.channel, item.transaction_type


def _match(book: Book, learnt: _Learnt, choice: Choice, rules: Learning, *, equal_only: bool) -> None:
    """Match what is chosen; with `equal_only` nothing with unequal amounts is confirmed, and never a pair that a group claims."""
    auto = confirmed(choice.probability_ppm, choice.margin, rules.false_per_100k).tolist()
    ppm, margins = choice.probability_ppm.tolist(), choice.margin.tolist()
    surroundings, scores = learnt.offset[choice.edge].tolist(), learnt.result.scores[choice.edge].tolist()
    weights = list(zip(*(weight[choice.edge].tolist() for weight in learnt.result.weights), strict=True))
    rivals = list(zip(*(side.tolist() for side in choice.rivals), strict=True))
    for place, (first, second) in enumerate(zip(choice.left.tolist(), choice.right.tolist(), strict=True)):
        ours, theirs = learnt.items[0][first], learnt.items[1][second]
        sure = auto[place] and (ours.signed_minor == theirs.signed_minor or not equal_only)
        sure = sure and (ours.id, theirs.id) not in book.contested
        runner_up = _runner_up(learnt, *rivals[place])
        weighed = dict(zip(learnt.names, weights[place], strict=True))
        book.pair(
            ours,
            theirs,
            stage=Stage.PROBABILISTIC,
            reasons=pair_reasons(ours, theirs, weighed, surroundings[place], scores[place], margins[place], runner_up),
            decision=Decision.AUTO if sure else Decision.SUGGESTED,
            probability_ppm=ppm[place],
            runner_up=runner_up,
        )


def _runner_up(learnt: _Learnt, of_left: int, of_right: int) -> str | None:
    """The id of the better of two rivals: a right item that the left one could go with, or a left one for the right one."""
    found = []
    for rival, side in ((of_left, 1), (of_right, 0)):
        if rival >= 0:
            item = learnt.items[side][learnt.pairs[side][rival]]
            # Rounded, so that which side is summed up first does not matter; of equal ones the first by name.
            found.append((-round(learnt.result.scores[rival].item(), 6), item.id, item.side))
    return min(found)[1] if found else None


def _report_ties(book: Book, learnt: _Learnt, choice: Choice) -> None:
    """AMBIGUOUS for undecided items that probably have a partner, together with the candidates for it."""
    left, right = learnt.pairs
    open_left, open_right = np.ones(len(learnt.items[0]), dtype=bool), np.ones(len(learnt.items[1]), dtype=bool)
    open_left[choice.left] = False
    open_right[choice.right] = False
    among = open_left[left] & open_right[right]
    mass = np.where(among, learnt.result.probabilities, 0.0)
    likely_left = np.bincount(left, mass, len(open_left)) >= _LIKELY
    likely_right = np.bincount(right, mass, len(open_right)) >= _LIKELY
    candidates = np.flatnonzero((mass >= _CANDIDATE) & (likely_left[left] | likely_right[right]))
    for lefts, rights in _components(left[candidates].tolist(), right[candidates].tolist()):
        sides = [learnt.items[0][number] for number in lefts], [learnt.items[1][number] for number in rights]
        report_tie(book, *sides, _TIE, postponed=True)


def _hint(book: Book, learnt: _Learnt, choice: Choice) -> None:
    """The candidate with the highest score of each open item that has one that is more likely than two open items."""
    scores = learnt.result.scores
    matched_left, matched_right = np.isin(learnt.pairs[0], choice.left), np.isin(learnt.pairs[1], choice.right)
    worth = np.flatnonzero((scores > 0.0) & ~(matched_left & matched_right))
    worth = worth[np.lexsort((worth, scores[worth]))]
    for pair in worth.tolist():
        first, second = learnt.items[0][learnt.pairs[0][pair]], learnt.items[1][learnt.pairs[1][pair]]
        book.hint(first, second)
        book.hint(second, first)


def _components(left: Sequence[int], right: Sequence[int]) -> Iterator[tuple[list[int], list[int]]]:
    """Connected parts of a bipartite graph given by its edges, each side sorted, in order of the least left node."""
    of_left: defaultdict[int, list[int]] = defaultdict(list)
    of_right: defaultdict[int, list[int]] = defaultdict(list)
    for first, second in zip(left, right, strict=True):
        of_left[first].append(second)
        of_right[second].append(first)
    seen: set[int] = set()
    for start in sorted(of_left):
        if start in seen:
            continue
        lefts, rights, todo = {start}, set[int](), [start]
        while todo:
            for second in of_left[todo.pop()]:
                if second not in rights:
                    rights.add(second)
                    new = set(of_right[second]) - lefts
                    lefts |= new
                    todo.extend(new)
        seen |= lefts
        yield sorted(lefts), sorted(rights)
