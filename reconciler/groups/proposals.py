"""Groups that were found, and which of them are taken: the better tied first, and none where two of a kind claim an item."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reconciler.book import Book
from reconciler.tolerance import MILLION
from reconciler.types import Decision, Item, Reason, Stage

__all__ = ["Proposal", "report_alternatives", "settle", "sums_reason"]

_WORST = 4
"""How many times the accepted share of false ones a single group may have, so that the mean of those above is well within it."""


_PPM_OF_100K = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A group that could be a match.

    Attributes:
        lefts: in book order, one or more.
        rights: in book order, one or more.
        rank: how its members are tied, 0 is best; only proposals of one rank compete.
        probability_ppm: in millionths.
        reasons: what ties the members.
        alternatives: other members of which one side could as well be made up; then nothing is matched.
    """

    lefts: tuple[Item, ...]
    rights: tuple[Item, ...]
    rank: int
    probability_ppm: int
    reasons: tuple[Reason, ...]
    alternatives: tuple[tuple[Item, ...], ...] = ()

    @property
    def places(self) -> frozenset[tuple[str, str]]:
        """Side and id of every member."""
        return frozenset((item.side, item.id) for item in (*self.lefts, *self.rights))


def settle(book: Book, proposals: Iterable[Proposal], least_ppm: int) -> None:
    """Match what is proposed, rank by rank, as far as no two proposals of a rank share an item.

    Args:
        book: whose free items were proposed.
        proposals: in any order; of equal sets of members the more probable one counts.
        least_ppm: probability in millionths below which a proposal is dropped.
    """
    sure_ppm = MILLION - _WORST * book.reconciliation.learning.false_per_100k * _PPM_OF_100K
    by_rank: defaultdict[int, dict[frozenset[tuple[str, str]], Proposal]] = defaultdict(dict)
    for one in sorted(proposals, key=lambda one: (-one.probability_ppm, [reason.text for reason in one.reasons])):
        if not one.alternatives and one.probability_ppm >= least_ppm and not book.apart.meeting((*one.lefts, *one.rights)):
            by_rank[one.rank].setdefault(one.places, one)
    taken: set[tuple[str, str]] = set()
    for rank in sorted(by_rank):
        level = {places: one for places, one in by_rank[rank].items() if not places & taken}
        claims: defaultdict[tuple[str, str], int] = defaultdict(int)
        for places in level:
            for place in places:
                claims[place] += 1
        for places, one in level.items():
            if all(claims[place] == 1 for place in places):
                taken |= places
                book.match_group(
                    one.lefts,
                    one.rights,
                    reasons=one.reasons,
                    decision=Decision.AUTO if one.probability_ppm >= sure_ppm else Decision.SUGGESTED,
                    probability_ppm=one.probability_ppm,
                    stage=Stage.GROUP,
                )


def report_alternatives(book: Book, proposals: Iterable[Proposal], least_ppm: int) -> None:
    """AMBIGUOUS for what several groups could explain equally well, all their members together, as far as these are still free.

    Args:
        book: whose free items were proposed.
        proposals: those without alternatives are passed over.
        least_ppm: probability in millionths below which a proposal is passed over: its sums may be accidents.
    """
    free = {(item.side, item.id) for item in (*book.left, *book.right)}
    doubtful = [one for one in proposals if one.alternatives and one.probability_ppm >= least_ppm]
    for one in sorted(doubtful, key=lambda one: (-one.probability_ppm, sorted(one.places))):
        others = {(item.side, item.id): item for members in one.alternatives for item in members}
        places = one.places | others.keys()
        if places <= free:
            free -= places
            book.undecided(one.lefts, one.rights, one.alternatives, one.reasons)


def sums_reason(lefts: Sequence[Item], rights: Sequence[Item]) -> Reason:
    """What both sides of a group sum up to."""
    first, last = (sum(item.signed_minor for item in side) for side in (lefts, rights))
    currency = (*lefts, *rights)[0].currency
    counts = f"{len(lefts)} to {len(rights)}"
    if first == last:
        return Reason("sum", f"equal, {counts}: {first} {currency}")
    return Reason("sum", f"{first} and {last} {currency}, {counts}: differ by {abs(first - last)}")
