"""Moments as a person types them."""

import datetime as dt

from reconduit.errors import SettingsError

__all__ = ["parse_moment"]


def parse_moment(text: str) -> dt.datetime:
    """An ISO 8601 time with its zone, as aware UTC: `2026-11-20T00:00:00Z`.

    Raises:
        SettingsError: not a time, or one without a zone.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{text!r} is no ISO 8601 time, such as 2026-11-20T00:00:00Z") from error
    if moment.utcoffset() is None:
        raise SettingsError(f"{text!r} has no time zone; add Z for UTC")
    return moment.astimezone(dt.UTC)
