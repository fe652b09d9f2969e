"""Why a pair was taken, in words: each signal with its weight in bits, and how far behind the next candidate is.

The bits of one pair add up to its score: two to their power are the odds that it is true, before its rivals are heard.
"""

import math
from collections.abc import Iterator, Mapping

from reconciler.probabilistic.numbers import contradiction_between
from reconciler.probabilistic.texts import compared_text, compared_words
from reconciler.types import Item, Reason

__all__ = ["pair_reasons"]

_A_BIT = math.log(2.0)


def pair_reasons(
    left: Item, right: Item, weights: Mapping[str, float], surroundings: float, score: float, margin: float, runner_up: str | None
) -> tuple[Reason, ...]:
    """The reasons of one pair.

    Args:
        left: the left item.
        right: the right item.
        weights: nats by signal: text, amount, date, numbers, and channel and type where the book has them.
        surroundings: nats for how empty the surroundings of the pair are.
        score: nats of all together, with those that every candidate of the book begins with.
        margin: nats ahead of the runner-up.
        runner_up: the id of the best candidate that was not taken, None when there is none.
    """
    lag = (right.booked_at.date() - left.booked_at.date()).days
    ahead = f"the next, {runner_up}, is {_bits(margin)} behind" if runner_up is not None else "there is no other candidate"
    codes = tuple(_codes(left, right, weights))
    told = ("text", "amount", "date", *(code.signal for code in codes))
    prior = score - surroundings - sum(weights[name] for name in told)
    return (
        Reason("text", f"{_shared(left, right)}: {_bits(weights['text'])}"),
        Reason("amount", f"{_amounts(left, right)}: {_bits(weights['amount'])}"),
        Reason("date", f"{f'{lag:+d} days' if lag else 'the same day'}: {_bits(weights['date'])}"),
        *codes,
        Reason("surroundings", f"candidates of like amount and day: {_bits(surroundings)}"),
        Reason("prior", f"any candidate in this book: {_bits(prior)}"),
        Reason("rivals", ahead),
    )


def _codes(left: Item, right: Item, weights: Mapping[str, float]) -> Iterator[Reason]:
    """Signals that not every book or pair has."""
    if contradiction_between(left, right):
        yield Reason("numbers", f"none that both have in one form: {_bits(weights['numbers'])}")
    for name, ours, theirs in (
        ("channel", left.channel, right.channel),
        ("type", left.transaction_type, right.transaction_type),
    ):
        if ours and theirs and name in weights:
            told = f"both {ours}" if ours == theirs else f"{ours} and {theirs}"
            yield Reason(name, f"{told}: {_bits(weights[name])}")


def _bits(nats: float) -> str:
    # Nothing has no sign, on whichever side of zero it was computed.
    return f"{round(nats / _A_BIT, 1) + 0.0:+.1f} bits"


def _shared(left: Item, right: Item) -> str:
    first, second = compared_text(left), compared_text(right)
    if first == second:
        return f"equal, {first!r}" if first else "none on either side"
    beginning = _shared_beginning(first, second).strip()
    words = sorted(set(compared_words(left)) & set(compared_words(right)))
    also = [word for word in words if word not in beginning]
    told = ([f"both begin with {beginning!r}"] if beginning else []) + ([f"both have {', '.join(also)}"] if also else [])
    return " and ".join(told) or "nothing in common"


def _shared_beginning(first: str, second: str) -> str:
    length = next((place for place, (one, other) in enumerate(zip(first, second, strict=False)) if one != other), None)
    return first[:length] if length is not None else min(first, second, key=len)


def _amounts(left: Item, right: Item) -> str:
    if left.signed_minor == right.signed_minor:
        return f"equal, {left.signed_minor} {left.currency}"
    apart = abs(right.signed_minor - left.signed_minor)
    return f"{left.signed_minor} and {right.signed_minor} {left.currency}, {apart} apart"
