"""Batches and splits that a reference ties: all free items that carry it, one side's sum against the other's."""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.book import Book
from reconciler.decisions import book_order, day_of
from reconciler.evidence import deletion_variants, one_slip_apart, reference_tokens
from reconciler.groups.chance import accidents_of_sum, probability_ppm
from reconciler.groups.proposals import Proposal, sums_reason
from reconciler.groups.reach import Reach, fits, is_fee
from reconciler.types import Item, Reason

__all__ = ["by_references", "owners_of"]

_EXACT_PPM = 999_900
_NEAR_PPM = 999_000
_FEE_PPM = 990_000
_NEAR_FEE_PPM = 980_000
_MIN_STUMP = 4
_MIN_DIGITS = 4
_PIECES = re.compile(r"[^0-9A-Z]+")
_ODDS_OF_SUM = 2.0
_MILLION = 1_000_000
_MIN_LENGTH = 8
"""Characters that a reference needs for one that is nearly the same to mean it."""

Owners = Mapping[str, Sequence[Item]]


def owners_of(items: Iterable[Item], most: int) -> Owners:
    """By reference the items that carry it, in book order; without references of more than `most` items."""
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for item in sorted(items, key=book_order):
        for token in reference_tokens(item):
            found[token].append(item)
    return {token: owners for token, owners in found.items() if len(owners) <= most}


def by_references(book: Book) -> Iterator[Proposal]:
    """Groups by a reference that both sides carry, or one side nearly; or that one side carries, by its sum alone."""
    most = book.reconciliation.groups.most_members
    reach = Reach.of(book)
    left, right = owners_of(book.left, most), owners_of(book.right, most)
    for token in left.keys() & right.keys():
        yield from _proposed(book, reach, left[token], right[token], token, token)
    yield from _by_near_references(book, reach, left, right, of_left=True)
    yield from _by_near_references(book, reach, right, left, of_left=False)
    yield from _by_stumps(book, reach, left, book.right, of_left=True)
    yield from _by_stumps(book, reach, right, book.left, of_left=False)
    yield from _by_sums(reach, left, book.right, of_left=True)
    yield from _by_sums(reach, right, book.left, of_left=False)


def _proposed(
    book: Book, reach: Reach, lefts: Sequence[Item], rights: Sequence[Item], token: str, told: str, most_ppm: int = _EXACT_PPM
) -> Iterator[Proposal]:
    most = book.reconciliation.groups.most_members
    if not 3 <= len(lefts) + len(rights) <= most or not reach.spans(lefts, rights):
        return
    if min(len(lefts), len(rights)) > 1 and _pairwise_near(lefts, rights, book.reconciliation.learning.amount_ppm):
        return
    near = token != told
    near_ppm = min(_NEAR_PPM, most_ppm)
    text = f"all of {token}" if not near else f"all of {token}, which the other side has as {told}"
    reasons = (Reason("reference", text), sums_reason(lefts, rights))
    if fits(book, lefts, rights):
        yield Proposal(
            lefts=tuple(lefts),
            rights=tuple(rights),
            rank=int(near),
            probability_ppm=near_ppm if near else _EXACT_PPM,
            reasons=reasons,
        )
        return
    possible, explained = is_fee(book, lefts, rights)
    if possible and (explained or _is_batch(lefts, rights, token, book.reconciliation.learning.amount_ppm)):
        sure = _NEAR_PPM if explained and not near else _NEAR_FEE_PPM if near else _FEE_PPM
        yield Proposal(lefts=tuple(lefts), rights=tuple(rights), rank=2 + int(near), probability_ppm=sure, reasons=reasons)


def _is_batch(lefts: Sequence[Item], rights: Sequence[Item], token: str, ppm: int) -> bool:
    """Whether one item is what is left of several after a fee: the reference is one, and it is not what is left of a member."""
    single, many = sorted((lefts, rights), key=len)
    if len(single) > 1 or sum(map(str.isdigit, token)) < _MIN_DIGITS:
        return False
    if len({(item.amount_minor, item.text) for item in many}) == 1:
        # One payment that was told more than once.
        return False
    paid = single[0].amount_minor
    near = any(0 <= (item.amount_minor - paid) * _MILLION <= item.amount_minor * ppm for item in many)
    return paid < abs(sum(item.signed_minor for item in many)) and not near


def _pairwise_near(lefts: Sequence[Item], rights: Sequence[Item], ppm: int) -> bool:
    """Whether the items could as well belong together one to one: twins, or payments under one contract."""
    if len(lefts) != len(rights):
        return False
    pairs = zip(*(sorted(item.signed_minor for item in side) for side in (lefts, rights)), strict=True)
    return all(abs(first - last) * _MILLION <= max(abs(first), abs(last)) * ppm for first, last in pairs)


def _by_near_references(book: Book, reach: Reach, ours: Owners, theirs: Owners, *, of_left: bool) -> Iterator[Proposal]:
    """References that two items or more of one side carry and that the other side has with a slip, cut short or run on."""
    batches = [token for token, owners in ours.items() if len(owners) > 1 and token not in theirs and len(token) >= _MIN_LENGTH]
    variants: defaultdict[str, list[str]] = defaultdict(list)
    for token in batches:
        for variant in deletion_variants(token):
            variants[variant].append(token)
        for length in range(_MIN_LENGTH, len(token) - 1):
            variants[token[:length]].append(token)
    run_on = {token for token in batches if sum(map(str.isdigit, token)) >= _MIN_DIGITS}
    for told, owners in theirs.items():
        if told in ours or len(told) < _MIN_LENGTH:
            continue
        near = {token for variant in deletion_variants(told) for token in variants.get(variant, ())}
        near |= {told[:length] for length in range(_MIN_LENGTH, len(told))} & run_on
        for token in sorted(near):
            if token.startswith(told) or told.startswith(token) or one_slip_apart(token, told):
                sides = (ours[token], owners) if of_left else (owners, ours[token])
                yield from _proposed(book, reach, sides[0], sides[1], token, told)


def _by_stumps(book: Book, reach: Reach, ours: Owners, others: Sequence[Item], *, of_left: bool) -> Iterator[Proposal]:
    """References of several items of one side of which no more than the first characters end a text of the other side."""
    stumps: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for token, owners in ours.items():
        if len(owners) > 1 and len(token) >= _MIN_LENGTH:
            first = min(map(day_of, owners))
            for length in range(_MIN_STUMP, _MIN_LENGTH):
                stumps[token[:length]].append((first, token))
    for dated in stumps.values():
        dated.sort()
    for item in sorted(others, key=book_order):
        end = _PIECES.split(item.text.upper())[-1]
        dated = stumps.get(end, []) if any(map(str.isdigit, end)) else []
        # A stump is short, and a long book has it often; what is out of reach is not looked at.
        begin, after = reach.window(day_of(item), of_left=not of_left)
        meant = dated[bisect_left(dated, (begin, "")) : bisect_left(dated, (after + 1, ""))]
        for _, token in meant:
            sides = (ours[token], [item]) if of_left else ([item], ours[token])
            # Several references begin like a stump, so that the sum must not be an accident of one of them.
            sure = probability_ppm(accidents_of_sum(ours[token], len(meant)), _ODDS_OF_SUM)
            yield from _proposed(book, reach, sides[0], sides[1], token, end, sure)


def _by_sums(reach: Reach, ours: Owners, others: Sequence[Item], *, of_left: bool) -> Iterator[Proposal]:
    """References that only items of one side carry: the one item of the other side that is their exact sum."""
    by_amount: defaultdict[int, list[Item]] = defaultdict(list)
    for item in sorted(others, key=lambda item: (day_of(item), book_order(item))):
        by_amount[item.signed_minor].append(item)
    days = sorted(day_of(item) for item in others)
    for token, owners in ours.items():
        total = sum(item.signed_minor for item in owners)
        if len(owners) < 2 or total not in by_amount:
            continue
        first, last = reach.window(day_of(owners[0]), of_left=of_left)
        dated = by_amount[total]
        near = dated[bisect_left(dated, first, key=day_of) : bisect_right(dated, last, key=day_of)]
        fitting = [item for item in near if reach.spans(*((owners, [item]) if of_left else ([item], owners)))]
        if len(fitting) == 1:
            lefts, rights = (owners, fitting) if of_left else (fitting, owners)
            expected = accidents_of_sum(owners, bisect_right(days, last) - bisect_left(days, first))
            reasons = (Reason("reference", f"all of {token}, by the sum alone"), sums_reason(lefts, rights))
            yield Proposal(
                lefts=tuple(lefts),
                rights=tuple(rights),
                rank=4,
                probability_ppm=probability_ppm(expected, _ODDS_OF_SUM),
                reasons=reasons,
            )
