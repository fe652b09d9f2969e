"""The signals of a decision with their weights, from the reasons that are stored with it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.types import Reason

__all__ = ["RunnerUp", "Signal", "runner_up_of", "signals_of"]

_BITS = re.compile(r"(?P<text>.*): (?P<bits>[+-]\d+\.\d) bits", re.DOTALL)
_BEHIND = re.compile(r"the next, (?P<id>.+), is (?P<bits>[+-]\d+\.\d|\+inf) bits behind", re.DOTALL)
_RUNNER_UP = "runner_up"


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal; `bits` is its learnt weight (log2 of the odds that it adds), None where weights are fixed and not learnt."""

    name: str
    text: str
    bits: float | None


@dataclass(frozen=True, slots=True)
class RunnerUp:
    """The best candidate that was not taken; `behind_bits` is how far its evidence is behind, None where that is not measured."""

    id: str
    behind_bits: float | None


def signals_of(reasons: Iterable[Reason]) -> tuple[Signal, ...]:
    """Every reason as a signal, in order; what only names the runner-up is left out."""
    return tuple(_signal(reason) for reason in reasons if reason.signal != _RUNNER_UP)


def runner_up_of(reasons: Iterable[Reason]) -> RunnerUp | None:
    """The runner-up that the reasons name, None when there is none."""
    told: Mapping[str, str] = {reason.signal: reason.text for reason in reasons}
    behind = _BEHIND.fullmatch(told.get("rivals", ""))
    if behind is not None:
        return RunnerUp(behind["id"], float(behind["bits"]))
    return RunnerUp(told[_RUNNER_UP], None) if _RUNNER_UP in told else None


def _signal(reason: Reason) -> Signal:
    weighed = _BITS.fullmatch(reason.text)
    if weighed is None:
        return Signal(reason.signal, reason.text, None)
    return Signal(reason.signal, weighed["text"], float(weighed["bits"]))
