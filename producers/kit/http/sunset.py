"""The announced end of a provider's interface (header `Sunset`, RFC 8594), seen before it comes."""

import datetime as dt
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import structlog

from reconduit.metrics import SUNSET

__all__ = ["SunsetWatch", "sunset_of"]


def sunset_of(headers: Mapping[str, str]) -> dt.datetime | None:
    """When the address that answered will be gone, aware UTC; None when nothing is announced or understood.

    Args:
        headers: of the response, found in any case.
    """
    try:
        when = parsedate_to_datetime(headers.get("Sunset") or "")
    except ValueError:
        return None
    return when.replace(tzinfo=dt.UTC) if when.tzinfo is None else when.astimezone(dt.UTC)


class SunsetWatch:
    """Shows the earliest end that a provider announces as a metric, and says it once in the log.

    Args:
        source: name of the source.
    """

    def __init__(self, source: str) -> None:
        self._source = source
        self._earliest: dt.datetime | None = None

    def observe(self, headers: Mapping[str, str], what: str) -> None:
        """Look at an answer.

        Args:
            headers: of the response.
            what: method and address without the query.
        """
        when = sunset_of(headers)
        if when is not None and (self._earliest is None or when < self._earliest):
            self._earliest = when
            SUNSET.labels(self._source).set(when.timestamp())
            log = structlog.stdlib.get_logger("sunset")
            log.warning("the provider retires an address", source=self._source, address=what, at=when.isoformat())
