"""The health of an integration: how many of its recent polls were complete, the latest counting most. In millionths."""

__all__ = ["PERFECT", "next_health"]

PERFECT = 1_000_000
_WEIGHT = 5
"""Each poll weighs a fifth of what is told: one failure costs 0.2, and ten complete polls win nine tenths of it back."""


def next_health(former: int | None, *, complete: bool) -> int:
    """Health after one more poll.

    Args:
        former: in millionths; None before the first poll, whose outcome then is all there is.
        complete: whether the poll ended with everything published.
    """
    outcome = PERFECT if complete else 0
    return outcome if former is None else ((_WEIGHT - 1) * former + outcome) // _WEIGHT
