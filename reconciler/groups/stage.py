"""The stage itself, in two runs: what is tied well before single items are weighed, the rest after them."""

from collections.abc import Sequence

from reconciler.book import Book
from reconciler.groups.contra import match_contra_entries
from reconciler.groups.days import by_days
from reconciler.groups.names import telling_words
from reconciler.groups.parts import by_parts
from reconciler.groups.proposals import Proposal, report_alternatives, settle
from reconciler.groups.references import by_references
from reconciler.groups.shared_names import SharedNames
from reconciler.groups.unfinished import report_unfinished, reserve_unfinished

__all__ = ["GroupSearch"]

_BEFORE_SINGLES_PPM = 950_000

_CONTESTED_PPM = 500_000
"""Probability in millionths from which a group that is not matched before single items are is more likely than any of these."""


class GroupSearch:
    """The search for groups in one book. What a word says is told by the whole book, so it is made before anything is matched."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._telling = (telling_words(book.left), telling_words(book.right))
        self._names = SharedNames.of((book.left, book.right), self._telling)

    def before_singles(self) -> None:
        """Groups whose evidence is stronger than that of single items, and reversals."""
        match_contra_entries(self._book)
        least = max(_BEFORE_SINGLES_PPM, self._book.reconciliation.learning.suggest_ppm)
        proposed = self._settle(least, before_singles=True)
        likely = [one for one in proposed if not one.alternatives and _CONTESTED_PPM <= one.probability_ppm < least]
        self._book.contested = frozenset((left.id, right.id) for one in likely for left in one.lefts for right in one.rights)
        reserve_unfinished(self._book, frozenset(place for one in likely for place in one.places))

    def among_the_rest(self) -> None:
        """Groups and unfinished groups among what is left."""
        least = self._book.reconciliation.learning.suggest_ppm
        self._book.release()
        report_alternatives(self._book, self._settle(least, before_singles=False), least)
        report_unfinished(self._book)

    def _settle(self, least_ppm: int, *, before_singles: bool) -> Sequence[Proposal]:
        book = self._book
        parts = by_parts(book, self._names, before_singles=before_singles)
        days = by_days(book, self._telling, left_over=not before_singles)
        proposed = [*by_references(book), *days, *parts]
        settle(book, proposed, least_ppm)
        return proposed
