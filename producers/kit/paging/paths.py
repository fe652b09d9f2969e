"""Dotted paths into an answer: `data.items` is member `items` of member `data`; a number is a place in a list."""

from collections.abc import Mapping, Sequence
from typing import Any

from producers.errors import ContractChangeError

__all__ = ["flag_at", "number_at", "value_at"]


def value_at(value: Any, path: str, default: Any = None) -> Any:
    """What is at `path`, or `default` when a step of it is missing or leads into a value that has no members.

    Args:
        value: a JSON value.
        path: names joined by dots; the empty path is the value itself.
        default: returned when nothing is there; None is also what a JSON null gives.
    """
    for step in path.split(".") if path else ():
        if isinstance(value, Mapping):
            if step not in value:
                return default
            value = value[step]
        elif isinstance(value, Sequence) and not isinstance(value, str) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return default
    return value


def flag_at(value: Any, path: str) -> bool:
    """True or false at `path`.

    Raises:
        ContractChangeError: something else is there, or nothing.
    """
    found = value_at(value, path)
    if not isinstance(found, bool):
        raise ContractChangeError(f"{path} is {found!r}, true or false is due")
    return found


def number_at(value: Any, path: str) -> int:
    """The count at `path`, a JSON number or its text.

    Raises:
        ContractChangeError: no whole number from 0 up is there.
    """
    found = value_at(value, path)
    if isinstance(found, str) and found.isascii() and found.isdecimal():
        return int(found)
    if isinstance(found, bool) or not isinstance(found, int) or found < 0:
        raise ContractChangeError(f"{path} is {found!r}, a count is due")
    return found
