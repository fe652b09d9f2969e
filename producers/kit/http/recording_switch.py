"""Until when a source is recorded, as its integration says; a process that polls one notes it before it connects."""

import datetime as dt

__all__ = ["record_until", "recorded_until"]

_until: dict[str, dt.datetime] = {}


def record_until(source: str, moment: dt.datetime | None) -> None:
    """Note that transports of a source that are made from now on record until a time (aware UTC), or do not when None."""
    _until.pop(source, None)
    if moment is not None:
        _until[source] = moment


def recorded_until(source: str) -> dt.datetime | None:
    """The time that was noted for a source, None when there is none."""
    return _until.get(source)
