"""The steps of the statement shape: each looks for one kind of evidence among the items that are still free."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from reconciler.assignment import Assignment, Cost, Pairing, assign
from reconciler.book import Book, Grounds
from reconciler.candidates import Bundle, bundles_of, shared_labels
from reconciler.evidence import all_references, reference_tokens, words
from reconciler.groups.copies import earlier_copies
from reconciler.near_references import Labels, slip_labels, truncation_labels
from reconciler.types import Decision, Item, Stage

__all__ = [
    "match_amount_and_date",
    "match_embedded_references",
    "match_references",
    "match_slips",
    "match_truncated_references",
    "match_words",
    "report_amount_differences",
]

_MOST_OWNERS = 8
"""A piece of text that more items of a side have is no reference: a date, a branch code, a phrase."""

_REFERENCE = Grounds(stage=Stage.REFERENCE, signal="reference", probability_ppm=1_000_000)
_EMBEDDED = Grounds(stage=Stage.TOLERANCE, signal="embedded reference", probability_ppm=995_000)
_TRUNCATED = Grounds(stage=Stage.TOLERANCE, signal="truncated reference", probability_ppm=990_000)
_SLIP = Grounds(stage=Stage.TOLERANCE, signal="reference with a slip", probability_ppm=980_000)
_WORDS = Grounds(stage=Stage.TOLERANCE, signal="words", probability_ppm=950_000)
_ALONE = Grounds(stage=Stage.TOLERANCE, signal="amount and date", probability_ppm=900_000)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A pair that a step has found, before it is matched."""

    left: Item
    right: Item
    evidence: str
    decision: Decision
    runner_up: str | None


Labelling = Callable[[Item], frozenset[str]]
_NO_LABELS: AbstractSet[str] = frozenset()


def match_references(book: Book) -> None:
    """Equal normalised references, the key or any other."""
    _match_by(book, lambda item: frozenset(all_references(item)), _REFERENCE)


def report_amount_differences(book: Book) -> None:
    """A reference that one item of each side has, with amounts that differ by more than any pass allows."""
    left, right = book.left, book.right
    sole_left, sole_right = _sole_owners(left), _sole_owners(right)
    taken: set[tuple[str, str]] = set()
    tolerances = [book.reconciliation.tolerance_of(one) for one in book.reconciliation.passes]
    for reference in sorted(sole_left.keys() & sole_right.keys()):
        first, second = sole_left[reference], sole_right[reference]
        places = {(item.side, item.id) for item in (first, second)}
        days = (first.booked_at.date().toordinal(), second.booked_at.date().toordinal())
        amounts = (first.signed_minor, second.signed_minor)
        near = any(one.within_days(*days) for one in tolerances)
        differ = not any(one.within(amounts, book.window.currency) for one in tolerances)
        if near and differ and not places & taken and not book.apart.separates(first, second):
            taken |= places
            book.differ(first, second, reference)


def match_embedded_references(book: Book) -> None:
    """A reference of one side inside the text of the other, or the same rare reference inside both texts."""
    _match_by(book, reference_tokens, _EMBEDDED, most_owners=_MOST_OWNERS)


def match_truncated_references(book: Book) -> None:
    """A reference that one side cut short."""
    near = truncation_labels(_tokens(book.left), _tokens(book.right))
    _match_by(book, _through(near), _TRUNCATED)


def match_slips(book: Book) -> None:
    """A reference with one wrong, missing, extra or swapped character, beside the same amount."""
    shared = {item.signed_minor for item in book.left} & {item.signed_minor for item in book.right}

    def dated(items: Iterable[Item]) -> Iterable[tuple[int, str]]:
        return ((item.signed_minor, token) for item in items if item.signed_minor in shared for token in reference_tokens(item))

    _match_by(book, _through(slip_labels(dated(book.left), dated(book.right))), _SLIP)


def match_words(book: Book) -> None:
    """Shared words of text and counterparty; the more the better."""
    _match_by(book, words, _WORDS, weak=True)


def match_amount_and_date(book: Book) -> None:
    """Nothing but amount and date."""
    everything = frozenset({""})
    _match_by(book, lambda _: everything, _ALONE, weak=True)


def _match_by(book: Book, labels: Labelling, grounds: Grounds, *, most_owners: int | None = None, weak: bool = False) -> None:
    """Pair free items that share labels, as far as that is unambiguous.

    Args:
        book: the book.
        labels: what ties items; only labels that both sides have count.
        grounds: stamped on the matches.
        most_owners: a label that more items of a side have is left out.
        weak: the evidence does not identify a payment. A pair is then only suggested when another candidate stays open or
            when references of one form contradict each other.
    """
    free_left, free_right = book.left, book.right
    tags_left = {item.id: labels(item) for item in free_left}
    tags_right = {item.id: labels(item) for item in free_right}
    shared = _owned(tags_left.values(), most_owners) & _owned(tags_right.values(), most_owners)
    if not shared:
        return
    left = bundles_of(free_left, lambda item: tags_left[item.id] & shared, book.apart.identity)
    right = bundles_of(free_right, lambda item: tags_right[item.id] & shared, book.apart.identity)
    edges: dict[tuple[int, int], Cost] = {
        (first, second): (-count, abs(left[first].amount - right[second].amount), abs(left[first].day - right[second].day))
        for (first, second), count in shared_labels(left, right, book.window).items()
        if not book.apart.separates(left[first].items[0], right[second].items[0])
    }
    found = assign(edges, [len(bundle.items) for bundle in left], [len(bundle.items) for bundle in right])
    rivals = _rivals(edges, found, left, right) if weak else {}
    chosen: list[_Chosen] = []
    for group in found.groups:
        if weak and not _orderable(group, left, right):
            tied_left, tied_right = ({pairing[side] for pairing in group} for side in (0, 1))
            book.tie(_items(left, sorted(tied_left)), _items(right, sorted(tied_right)), grounds)
            continue
        for first, second, pairs in _in_order(group, left, right):
            evidence = ", ".join(sorted(left[first].labels & right[second].labels)) or "the only ones within tolerance"
            runner_up = rivals.get((first, second))
            for one, other in pairs:
                doubt = runner_up is not None or (weak and _contradict(one, other))
                chosen.append(_Chosen(one, other, evidence, Decision.SUGGESTED if doubt else Decision.AUTO, runner_up))
    for first_tied, second_tied in found.ties:
        book.tie(_items(left, first_tied), _items(right, second_tied), grounds)
    _match_chosen(book, chosen, grounds)


def _match_chosen(book: Book, chosen: Sequence[_Chosen], grounds: Grounds) -> None:
    """Match what was chosen; where an earlier copy would stay open, that is the payment, which a person confirms."""
    if not chosen:
        return
    earlier = (
        earlier_copies(book.left, (pair.left for pair in chosen), book.told_of_many),
        earlier_copies(book.right, (pair.right for pair in chosen), book.told_of_many),
    )
    for pair in chosen:
        first, second = earlier[0].get(pair.left.id, pair.left), earlier[1].get(pair.right.id, pair.right)
        moved = (first, second) != (pair.left, pair.right)
        if moved and book.may_pair(first, second):
            later = pair.left if first is not pair.left else pair.right
            book.match(first, second, grounds, pair.evidence, decision=Decision.SUGGESTED, runner_up=later.id)
        else:
            book.match(pair.left, pair.right, grounds, pair.evidence, decision=pair.decision, runner_up=pair.runner_up)


def _orderable(group: Sequence[Pairing], left: Sequence[Bundle], right: Sequence[Bundle]) -> bool:
    """Whether pairing like items by their order guesses nothing."""
    if len(group) == 1:
        return _alike(left[group[0][0]].items) or _alike(right[group[0][1]].items)
    return all(_alike(left[first].items) and _alike(right[second].items) for first, second, _ in group)


def _in_order(
    group: Sequence[Pairing], left: Sequence[Bundle], right: Sequence[Bundle]
) -> Iterator[tuple[int, int, list[tuple[Item, Item]]]]:
    """Each pairing's items: those of a bundle go in book order to its partners in the order of their days."""
    used: Counter[tuple[int, int]] = Counter()
    for first, second, count in sorted(group, key=lambda pairing: (left[pairing[0]].day, right[pairing[1]].day, pairing)):
        begin, start = used[0, first], used[1, second]
        used[0, first] += count
        used[1, second] += count
        ours, theirs = left[first].items[begin : begin + count], right[second].items[start : start + count]
        yield first, second, list(zip(ours, theirs, strict=True))


def _rivals(
    edges: dict[tuple[int, int], Cost], found: Assignment, left: Sequence[Bundle], right: Sequence[Bundle]
) -> dict[tuple[int, int], str]:
    """For each pairing, the id of the best candidate of equal evidence that stayed open; pairings without one are absent."""
    of_left: defaultdict[int, list[int]] = defaultdict(list)
    of_right: defaultdict[int, list[int]] = defaultdict(list)
    for group in found.groups:
        for first, second, _ in group:
            of_left[first].append(second)
            of_right[second].append(first)
    best: dict[tuple[int, int], tuple[Cost, str]] = {}
    for (first, second), cost in edges.items():
        if first in of_left and second not in of_right:
            rival, pairings = right[second], [(first, partner) for partner in of_left[first]]
        elif second in of_right and first not in of_left:
            rival, pairings = left[first], [(partner, second) for partner in of_right[second]]
        else:
            continue
        candidate = (cost, rival.items[0].id)
        for pairing in pairings:
            if cost[0] == edges[pairing][0] and (pairing not in best or candidate < best[pairing]):
                best[pairing] = candidate
    return {pairing: identity for pairing, (_, identity) in best.items()}


def _alike(items: Sequence[Item]) -> bool:
    """Whether any of the items would do: nothing but their ids tells them apart."""
    told: set[Hashable] = {(all_references(item), item.text, item.counterparty) for item in items}
    return len(told) == 1


def _contradict(left: Item, right: Item) -> bool:
    """Whether both have a key of the same form, and not the same: INV0042 against INV0043, not against a bank's own number."""
    return bool(left.key and right.key) and left.key != right.key and _form(left.key) == _form(right.key)


def _form(reference: str | None) -> str:
    return "".join("9" if character.isdigit() else "A" for character in reference or "")


def _items(bundles: Sequence[Bundle], indices: Iterable[int]) -> list[Item]:
    return [item for index in indices for item in bundles[index].items]


def _owned(tags: Iterable[AbstractSet[str]], most_owners: int | None) -> set[str]:
    """Labels of a side; with `most_owners` only those that no more items than that have."""
    owners = Counter(label for labels in tags for label in labels)
    return {label for label, count in owners.items() if most_owners is None or count <= most_owners}


def _sole_owners(items: Iterable[Item]) -> dict[str, Item]:
    """References that exactly one of the items has."""
    listed = list(items)
    owners = Counter(reference for item in listed for reference in all_references(item))
    return {reference: item for item in listed for reference in all_references(item) if owners[reference] == 1}


def _tokens(items: Iterable[Item]) -> set[str]:
    return {token for item in items for token in reference_tokens(item)}


def _through(near: Labels) -> Labelling:
    """Labels of an item by way of its references."""
    return lambda item: frozenset(label for token in reference_tokens(item) for label in near.get(token, _NO_LABELS))
