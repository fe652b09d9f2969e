"""Which pairs are taken, from their probabilities: twins as one, and nothing that is less likely than not.

Items that only their ids tell apart are twins and form a class; any of a class would do, so their probabilities add up, and they
are paired in order when the whole class is used up. Where more than half of an item's probability goes to one partner, no other
item can have that partner as well: what is taken is one to one without a further assignment, and no set has more expected hits.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reconciler.probabilistic.texts import Floats, Ints

__all__ = ["Choice", "Classes", "choose"]

_MILLION = 1_000_000
_NO_RIVAL = -1

_EQUAL = 1e-6
"""Nats that scores may differ by for the order in which they were added up."""


@dataclass(frozen=True, slots=True)
class Classes:
    """Twins of one side: the class of each item, numbered without gaps; items are numbered in book order."""

    of_item: Ints

    @property
    def sizes(self) -> Ints:
        """Items in each class."""
        return np.bincount(self.of_item)

    def members(self) -> tuple[Ints, Ints]:
        """Items sorted by class and then in book order, and where each class begins among them."""
        sizes = self.sizes
        return np.argsort(self.of_item, kind="stable"), np.cumsum(sizes) - sizes


@dataclass(frozen=True, slots=True)
class Choice:
    """The pairs that are taken; parallel arrays.

    Attributes:
        left: left item.
        right: right item.
        edge: a candidate pair between their classes, the best one.
        probability_ppm: in millionths.
        rivals: the best other candidate pair of the left item's class, and of the right one's; -1 where there is none.
        margin: nats between the score and that of the better rival, infinite without one.
    """

    left: Ints
    right: Ints
    edge: Ints
    probability_ppm: Ints
    rivals: tuple[Ints, Ints]
    margin: Floats


def choose(
    pairs: tuple[Ints, Ints], probabilities: Floats, scores: Floats, classes: tuple[Classes, Classes], least_ppm: int
) -> Choice:
    """The pairs to take.

    Args:
        pairs: left and right items of the candidate pairs.
        probabilities: of the candidate pairs.
        scores: of the candidate pairs, in nats.
        classes: twins of the left and of the right side.
        least_ppm: probability in millionths that a pair needs, more than half a million.
    """
    first, second = (side.of_item[items] for side, items in zip(classes, pairs, strict=True))
    width = len(classes[1].sizes)
    keys, edge_of = np.unique(first * width + second, return_inverse=True)
    ends = keys // width, keys % width
    mass = np.bincount(edge_of, probabilities, len(keys))
    best = _best_of(edge_of, scores, len(keys))
    counts = np.floor(mass + 1.0 - least_ppm / _MILLION).astype(np.int64)
    every_rival = [_rivals(nodes, scores[best]) for nodes in ends]
    ahead = [np.where(rival == _NO_RIVAL, np.inf, scores[best] - scores[best][rival]) for rival in every_rival]
    margin = np.minimum(*ahead)
    # Probable only because its better rival has a better one still: that chain may as well be the other way round.
    counts[margin < -_EQUAL] = 0
    _keep_whole_classes(ends, counts, classes)
    taken = np.flatnonzero(counts)
    rivals = [rival[taken] for rival in every_rival]
    ppm = np.floor(np.minimum(mass[taken] / counts[taken], 1.0) * _MILLION + 0.5).astype(np.int64)
    left, right = _expanded(ends, counts, taken, classes)
    repeats = counts[taken]
    return Choice(
        left=left,
        right=right,
        edge=np.repeat(best[taken], repeats),
        probability_ppm=np.repeat(ppm, repeats),
        rivals=(_named(best, rivals[0], repeats), _named(best, rivals[1], repeats)),
        margin=np.repeat(margin[taken], repeats),
    )


def _best_of(groups: Ints, scores: Floats, count: int) -> Ints:
    """The index with the highest score in each group."""
    order = np.lexsort((-scores, groups))
    return order[np.searchsorted(groups[order], np.arange(count))]


def _keep_whole_classes(ends: tuple[Ints, Ints], counts: Ints, classes: tuple[Classes, Classes]) -> None:
    """Set to zero, in place, what would use up a class of twins only in part: which of them stays open cannot be told."""
    while True:
        wrong = np.zeros(len(counts), dtype=bool)
        for nodes, side in zip(ends, classes, strict=True):
            used = np.bincount(nodes, counts, len(side.sizes)).astype(np.int64)
            wrong |= (used[nodes] != side.sizes[nodes]) & (counts > 0)
        if not wrong.any():
            return
        counts[wrong] = 0


def _named(best: Ints, rivals: Ints, repeats: Ints) -> Ints:
    """The candidate pairs of rival edges, one for each pair that is taken."""
    return np.repeat(np.where(rivals == _NO_RIVAL, _NO_RIVAL, best[rivals]), repeats)


def _rivals(nodes: Ints, scores: Floats) -> Ints:
    """For each edge the best other edge at its node."""
    order = np.lexsort((-scores, nodes))
    starts = _starts(nodes[order])
    lengths = np.diff(np.append(starts, len(order)))
    top = np.repeat(starts, lengths)
    first = np.arange(len(order)) == top
    found = np.full(len(scores), _NO_RIVAL, dtype=np.int64)
    other = np.where(first, np.minimum(top + 1, len(order) - 1), top)
    found[order] = np.where(first & (np.repeat(lengths, lengths) == 1), _NO_RIVAL, order[other])
    return found


def _starts(ordered: Ints) -> Ints:
    fresh: npt.NDArray[np.bool_] = np.ones(len(ordered), dtype=bool)
    fresh[1:] = ordered[1:] != ordered[:-1]
    return np.flatnonzero(fresh)


def _expanded(ends: tuple[Ints, Ints], counts: Ints, taken: Ints, classes: tuple[Classes, Classes]) -> tuple[Ints, Ints]:
    """Items of the taken edges: each class gives its members in book order to its partners in theirs."""
    sides = []
    for nodes, partners, side in zip(ends, ends[::-1], classes, strict=True):
        members, begins = side.members()
        given = np.zeros(len(taken), dtype=np.int64)
        order = np.lexsort((partners[taken], nodes[taken]))
        ordered = counts[taken][order]
        before = np.cumsum(ordered) - ordered
        starts = _starts(nodes[taken][order])
        given[order] = before - np.repeat(before[starts], np.diff(np.append(starts, len(order))))
        first = begins[nodes[taken]] + given
        repeats = counts[taken]
        within = np.arange(repeats.sum()) - np.repeat(np.cumsum(repeats) - repeats, repeats)
        sides.append(members[np.repeat(first, repeats) + within])
    return sides[0], sides[1]
