"""Random numbers of the sandbox: one independent stream per purpose, so that one part's draws never move another's."""

import random

__all__ = ["stream"]


def stream(seed: int, *purpose: str | int) -> random.Random:
    """A generator that depends on the seed and the purpose alone, not on `PYTHONHASHSEED`, time or what else was drawn."""
    # A text seed goes through SHA-512 (version 2 seeding), which is stable across processes and Python releases.
    return random.Random(":".join(map(str, (seed, *purpose))))  # noqa: S311 - repeatable on purpose, nothing secret
