"""Where the circuits of this process stand, by source, so that a producer can tell of it outside of its metrics."""

import threading
from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = ["Circuit", "circuit_of", "forget_circuit", "note_circuit"]

StateName = Literal["closed", "half_open", "open"]
_GRAVITY: dict[StateName, int] = {"closed": 0, "half_open": 1, "open": 2}


@dataclass(frozen=True, slots=True)
class Circuit:
    """Where a circuit stands.

    Attributes:
        state: as `producers.kit.http.breaker.CircuitState`, in small letters.
        reason: what opened it, for people; None while it is closed.
    """

    state: StateName
    reason: str | None = None


class _Told(Protocol):
    @property
    def circuit(self) -> Circuit:
        """Where it stands."""
        ...


_lock = threading.Lock()
_known: dict[str, list[_Told]] = {}


def note_circuit(source: str, breaker: _Told) -> None:
    """Let `circuit_of` know of a breaker until it is forgotten."""
    with _lock:
        _known.setdefault(source, []).append(breaker)


def forget_circuit(source: str, breaker: _Told) -> None:
    """The breaker is not used any more; forgetting it twice is no error."""
    with _lock:
        left = [one for one in _known.pop(source, []) if one is not breaker]
        if left:
            _known[source] = left


def circuit_of(source: str) -> Circuit | None:
    """The worst of the circuits that a source has in this process; None when it has none, as sources that read files."""
    with _lock:
        circuits = [breaker.circuit for breaker in _known.get(source, ())]
    return max(circuits, key=lambda circuit: _GRAVITY[circuit.state], default=None)
