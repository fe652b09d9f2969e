"""Statement shape: one book of an account, the ledger's lines against the bank's. Amounts are signed minor units.

Passes run in the order of the rules, each with its own tolerance. Steps run from strong evidence to weak. Each pairs what is
unambiguous over the whole book and leaves the rest to the next:

1. stage reference: a normalised reference that both sides carry;
2. stage tolerance: a reference found inside the other side's text, one cut short, one a single slip apart, shared words, and
   at last amount and date alone;
3. stage probabilistic, where the rules name it: all evidence together, with weights learnt from the book. It takes the place of
   shared words and of amount and date alone, unless the book is too small to learn from.

Unless the rules say otherwise, batches, splits and reversals (`reconciler.groups`) are looked for twice: those with strong evidence
before single items are left to weak evidence, the others among the rest.

Every pair of the first two is within the amount tolerance and the date window. An equal reference with another amount is an AMOUNT
break; what ties is AMBIGUOUS; the rest is TIMING or MISSING, with its nearest candidate.
"""

from collections.abc import Sequence

from reconciler.book import Book
from reconciler.due import Horizon
from reconciler.groups.stage import GroupSearch
from reconciler.operator_matches import KeptApart
from reconciler.probabilistic.stage import match_probable
from reconciler.reconciliation import Pass, Reconciliation
from reconciler.statement_steps import (
    match_embedded_references,
    match_references,
    match_slips,
    match_truncated_references,
    report_amount_differences,
)
from reconciler.ties import report_copies
from reconciler.types import Item, Member, Outcome, Reason, Stage
from reconciler.weak_steps import match_amount_and_date, match_words

__all__ = ["solve_book"]

_STEPS = {
    Stage.REFERENCE: (match_references,),
    Stage.TOLERANCE: (match_embedded_references, match_truncated_references),
}
_NOTHING_APART = KeptApart()
_WEAK_STEPS = (match_slips, match_words, match_amount_and_date)


def solve_book(
    reconciliation: Reconciliation,
    items: Sequence[Item],
    horizon: Horizon | None,
    apart: KeptApart = _NOTHING_APART,
    examples: Sequence[tuple[Item, Item]] = (),
) -> Outcome:
    """Matches and breaks of one book; the same for any order of `items`.

    Args:
        reconciliation: the rules; its first side is the ledger (left), its second the bank (right).
        items: every live record of one account and currency, only the highest revision of each.
        horizon: watermarks by side for the close pass; None makes nothing final.
        apart: items that no stage may pair, because an operator unmatched them.
        examples: pairs (left, right) of this book that operators confirmed. They are not among `items`; stages learn from them.

    Raises:
        ReconcilerError: an item is on a side that the reconciliation does not have, or of another currency than the rest.
    """
    book = Book(reconciliation, items, horizon, apart, examples)
    _note_kept_apart(book, items, apart)
    passes = reconciliation.passes
    stages = reconciliation.stages
    last_by_reference = next((one for one in reversed(passes) if one.stage is Stage.REFERENCE), None)
    before_singles = _before_singles(reconciliation)
    groups = None if before_singles is None else GroupSearch(book)
    for one in passes:
        book.enter(one)
        for step in _STEPS.get(one.stage, ()):
            step(book)
        if one is last_by_reference:
            report_amount_differences(book)
        if groups is not None and one is before_singles:
            groups.before_singles()
        if one.stage is Stage.TOLERANCE and Stage.PROBABILISTIC not in stages:
            _run_weak_steps(book)
        if one.stage is Stage.PROBABILISTIC and not match_probable(book):
            for weak in passes:
                if weak.stage is Stage.TOLERANCE:
                    book.enter(weak)
                    _run_weak_steps(book)
    if groups is not None:
        report_copies(book)
        groups.among_the_rest()
    book.open_the_rest()
    return book.outcome()


def _note_kept_apart(book: Book, items: Sequence[Item], apart: KeptApart) -> None:
    """Say of items that operators keep apart why they are open, should they stay so."""
    if not apart.sets_of:
        return
    by_place = {Member(item.side, item.id): item for item in items}
    for members in apart.meeting(items):
        for member in members:
            others = ", ".join(other.id for other in members if other.side != member.side)
            book.note(by_place[member], Reason("operator", f"kept apart from {others} by an operator"))


def _before_singles(reconciliation: Reconciliation) -> Pass | None:
    """The pass after which groups are looked for: the first that leaves single items to weak evidence; None without groups."""
    weak = [one for one in reconciliation.passes if one.stage in (Stage.TOLERANCE, Stage.PROBABILISTIC)]
    return weak[0] if weak and reconciliation.groups.enabled else None


def _run_weak_steps(book: Book) -> None:
    for step in _WEAK_STEPS:
        step(book)
