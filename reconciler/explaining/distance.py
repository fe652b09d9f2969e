"""How many slips separate two short texts: references, or the digits of amounts."""

from collections.abc import Iterable

__all__ = ["digits_transposed", "nearest_texts", "slips_between"]

_LONGEST = 64
"""References beyond this length are compared by their beginnings; none of the standards has longer ones."""


def slips_between(first: str, second: str) -> int:
    """Wrong, missing, extra or swapped neighbouring characters that turn one text into the other.

    Optimal string alignment distance: a character that was swapped is not changed a second time.
    """
    one, other = first[:_LONGEST], second[:_LONGEST]
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, character in enumerate(one, start=1):
        current = [row]
        for column, against in enumerate(other, start=1):
            best = min(above[column] + 1, current[column - 1] + 1, above[column - 1] + (character != against))
            swapped = row > 1 and column > 1 and character == other[column - 2] and one[row - 2] == against
            current.append(min(best, before[column - 2] + 1) if swapped else best)
        before, above = above, current
    return above[-1]


def nearest_texts(firsts: Iterable[str], seconds: Iterable[str]) -> tuple[int, str, str] | None:
    """The pair with the fewest slips between them, and how many; None when there is nothing to compare."""
    others = tuple(seconds)
    return min(((slips_between(one, other), one, other) for one in firsts for other in others), default=None)


def digits_transposed(first_minor: int, second_minor: int) -> bool:
    """Whether two neighbouring digits, swapped, turn one amount into the other, as 54 into 45. The difference is divisible by 9."""
    if first_minor == second_minor or (first_minor - second_minor) % 9:
        return False
    one, other = str(abs(first_minor)), str(abs(second_minor))
    if len(one) != len(other):
        return False
    wrong = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    return len(wrong) == 2 and wrong[1] == wrong[0] + 1 and one[wrong[0]] == other[wrong[1]] and one[wrong[1]] == other[wrong[0]]
