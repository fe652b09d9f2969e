"""Moments as a person types them."""

import datetime as dt

from reconduit.errors import SettingsError

__all__ = ["parse_moment"]


def parse_moment(text: str) -> dt.datetime:
    """An ISO 8601 time with its zone, as aware UTC: `2026-11-20T00:00:00Z`.

    Raises:
        SettingsError: not a time, one without a zone, or one that is beyond the years 1 to 9999 in UTC.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingsError(f"{text!r} is no ISO 8601 time, such as 2026-11-20T00:00:00Z") from error
    if moment.utcoffset() is None:
        raise SettingsError(f"{text!r} has no time zone; add Z for UTC")
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError as error:
        raise SettingsError(f"{text!r} is no ISO 8601 time in UTC: the years there are 1 to 9999") from error
