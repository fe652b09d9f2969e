"""The cause that a break's own type and evidence tell, where nothing more particular is suspected."""

from collections.abc import Iterable, Mapping

from reconciler.explaining.causes import Cause, Suspicion
from reconciler.explaining.signals import Signal
from reconciler.types import BreakType

__all__ = ["tied_by_reference", "told_cause"]

_TOLD: Mapping[str, tuple[Cause, tuple[str, ...]]] = {
    BreakType.DUPLICATE: (Cause.DUPLICATE, ("duplicate", "count")),
    BreakType.FEE_VARIANCE: (Cause.FEE, ("fee profile",)),
    BreakType.SPLIT: (Cause.SPLIT, ("split", "sum")),
    BreakType.TIMING: (Cause.TIMING, ("due", "status")),
}
"""By type the cause, and the signals whose text says why; the first that the break has."""


def told_cause(kind: str, signals: Iterable[Signal]) -> Suspicion | None:
    """What a break of this type suggests by itself; None for types that may have any cause, and without a signal that says why."""
    if kind not in _TOLD:
        return None
    cause, names = _TOLD[BreakType(kind)]
    texts = {signal.name: signal.text for signal in signals}
    subject = "the fee profile " if cause is Cause.FEE else ""
    return next((Suspicion(cause, f"{subject}{texts[name]}") for name in names if name in texts), None)


def tied_by_reference(signals: Iterable[Signal]) -> bool:
    """Whether the engine found one reference on both sides of the break."""
    return any(signal.name == "reference" and signal.text.startswith("equal: ") for signal in signals)
