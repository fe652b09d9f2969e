"""Entries of one side that take each other back: a payment and its reversal or void, which net to nothing."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from reconciler.book import Book
from reconciler.decisions import book_order, day_of
from reconciler.evidence import all_references, words
from reconciler.groups.reach import Reach
from reconciler.types import Decision, Item, Reason, Stage

__all__ = ["match_contra_entries"]

_LONGEST = dt.timedelta(days=10)
"""How long after a payment its reversal may be booked."""

_REVERSAL_WORDS = frozenset(
    [
        "ANNULATION",
        "BOUNCED",
        "CANCEL",
        "CANCELLATION",
        "CANCELLED",
        "CHARGEBACK",
        "CONTRA",
        "EXTOURNE",
        "REJECT",
        "REJECTED",
        "RETURN",
        "RETURNED",
        "REV",
        "REVERSAL",
        "REVERSE",
        "REVERSED",
        "RTN",
        "RUECKBUCHUNG",
        "RUECKLASTSCHRIFT",
        "STORNIERUNG",
        "STORNO",
        "UNPAID",
        "VOID",
        "VOIDED",
    ]
)
_PROBABILITY_PPM = 999_000


def match_contra_entries(book: Book) -> None:
    """Match payments with their reversals on the same side, unless the other side shows the reversal, too.

    A reversal says so, by its flag or in words, has the opposite amount, and nothing else in its text or references is not the
    payment's; the nearest payment before it is meant.
    """
    sides = (book.left, book.right)
    shown = [_reversals(side) for side in sides]
    for index, side in enumerate(sides):
        elsewhere: defaultdict[int, list[Item]] = defaultdict(list)
        for item in shown[1 - index]:
            elsewhere[item.signed_minor].append(item)
        for payment, reversal in _pairs(side, shown[index]):
            if any(_within(book, item, reversal, index) for item in elsewhere[reversal.signed_minor]):
                continue
            pair = (payment, reversal)
            lag = day_of(reversal) - day_of(payment)
            book.match_group(
                pair if index == 0 else (),
                pair if index == 1 else (),
                stage=Stage.GROUP,
                reasons=(
                    Reason("reversal", f"{reversal.id} takes {payment.id} back on the same side: they net to nothing"),
                    Reason("amount", f"{payment.signed_minor} and {reversal.signed_minor} {payment.currency}"),
                    Reason("date", f"{lag} days later" if lag else "the same day"),
                ),
                decision=Decision.AUTO,
                probability_ppm=_PROBABILITY_PPM,
            )


def _reversals(items: Sequence[Item]) -> list[Item]:
    return [item for item in sorted(items, key=book_order) if item.is_reversal or words(item) & _REVERSAL_WORDS]


def _pairs(items: Sequence[Item], reversals: Sequence[Item]) -> Iterator[tuple[Item, Item]]:
    """Each reversal with the latest payment before it that it can take back; each item once."""
    wanted = {-item.signed_minor for item in reversals}
    payments: defaultdict[int, list[Item]] = defaultdict(list)
    backs = {item.id for item in reversals}
    for item in sorted(items, key=book_order, reverse=True):
        if item.signed_minor in wanted and item.id not in backs:
            payments[item.signed_minor].append(item)
    for reversal in reversals:
        fitting = [item for item in payments[-reversal.signed_minor] if _takes_back(reversal, item)]
        if fitting:
            payments[-reversal.signed_minor].remove(fitting[0])
            yield fitting[0], reversal


def _takes_back(reversal: Item, payment: Item) -> bool:
    if not dt.timedelta(0) <= reversal.booked_at - payment.booked_at <= _LONGEST:
        return False
    if set(all_references(reversal)) & set(all_references(payment)):
        return True
    said = Counter(words(reversal) - _REVERSAL_WORDS)
    told = words(payment)
    if not said:
        return reversal.is_reversal and not told
    return said.keys() <= told


def _within(book: Book, other: Item, reversal: Item, index: int) -> bool:
    """Whether the other side's reversal is near enough to be the same, and shares a word or a reference with it."""
    sides = ([reversal], [other]) if index == 0 else ([other], [reversal])
    shared = (words(other) & words(reversal)) - _REVERSAL_WORDS or set(all_references(other)) & set(all_references(reversal))
    return bool(shared) and Reach.of(book).spans(*sides)
