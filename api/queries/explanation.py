"""Reasons and nearest candidates, which the database keeps as JSON, as the API's own types."""

from collections.abc import Mapping
from typing import Any

from api.models import Nearest, Reason

__all__ = ["read_nearest", "read_reasons"]


def _reason(value: Any) -> Reason:
    match value:
        case {"signal": signal, "text": text}:
            return Reason(signal=str(signal), text=str(text))
        case [signal, text]:
            return Reason(signal=str(signal), text=str(text))
        case _:
            return Reason(signal="note", text=str(value))


def read_reasons(value: Any) -> list[Reason]:
    """Reasons from objects `{signal, text}`, from pairs, from a mapping `{signal: text}` or from plain texts."""
    if value is None:
        return []
    if isinstance(value, Mapping):
        return [Reason(signal=str(signal), text=str(text)) for signal, text in value.items()]
    return [_reason(entry) for entry in value]


def read_nearest(value: Any) -> Nearest | None:
    """The nearest candidate from `{id, differs, suspected}`, or from a bare id; None when there is none."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return Nearest(id=str(value["id"]), differs=read_reasons(value.get("differs")), suspected=value.get("suspected"))
    return Nearest(id=str(value), differs=[])
