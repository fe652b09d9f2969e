"""What a step of the statement shape pairs items by."""

from dataclasses import dataclass

from reconciler.types import Stage

__all__ = ["Grounds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """On which grounds a step pairs items. Probabilities are fixed per kind of evidence, not learnt from the book."""

    stage: Stage
    signal: str
    probability_ppm: int
