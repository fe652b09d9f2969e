"""How a provider writes times, and durations as a definition writes them."""

import datetime as dt
import re
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema, model_validator

__all__ = ["Duration", "MomentFormat"]

_LONGEST = dt.timedelta(days=3650)
_PROBE = dt.datetime(2026, 12, 31, 23, 59, 58, tzinfo=dt.UTC)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_ZONED = frozenset({"rfc3339", "unix", "unix_ms"})
_NAMES = (*sorted(_ZONED), "date")


def _duration(value: Any) -> Any:
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("a duration is a number and s, m, h or d, such as 90m or 3d")
    duration = dt.timedelta(**{_UNITS[match[2]]: int(match[1])})
    if duration > _LONGEST:
        raise ValueError(f"a duration is at most {_LONGEST.days}d")
    return duration


Duration = Annotated[
    dt.timedelta,
    BeforeValidator(_duration),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6}[smhd]$"}),
]
"""A stretch of time, such as `90m` or `3d`."""


class MomentFormat(BaseModel):
    """A way of writing times.

    Attributes:
        format: `rfc3339`, `unix` (seconds), `unix_ms`, `date` (YYYY-MM-DD), or a pattern of strptime such as `%d/%m/%Y %H:%M`.
        zone: IANA name of the zone of times that name none, such as `Asia/Kolkata`. Formats without a zone of their own need it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: str = "rfc3339"
    zone: str | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.format not in _NAMES and "%" not in self.format:
            raise ValueError(f"format {self.format!r} is none of {', '.join(_NAMES)} and no pattern such as %d/%m/%Y")
        if "%" in self.format:
            try:
                dt.datetime.strptime(_PROBE.strftime(self.format), self.format)  # noqa: DTZ007  thrown away
            except ValueError as error:
                raise ValueError(f"format {self.format!r} cannot be read back: {error}") from error
        if self.zone is None and self.format not in _ZONED and "%z" not in self.format:
            raise ValueError(f"format {self.format} says no zone; add `zone`, such as UTC or Asia/Kolkata")
        if self.zone is not None:
            try:
                ZoneInfo(self.zone)
            except (OSError, ValueError, KeyError):
                raise ValueError(f"zone {self.zone!r} is no IANA time zone, such as Asia/Kolkata") from None
        return self

    @property
    def by_day(self) -> bool:
        """Whether it has days only, so that a window's last day belongs to it."""
        return self.format == "date" or ("%" in self.format and not re.search(r"%[HIpMSfXcsT]", self.format))

    def read(self, value: Any) -> dt.datetime:
        """The moment that `value` is, aware UTC; a day is its first moment in the zone.

        Raises:
            ValueError: it is no time in this format, or one without a zone where the format names none.
        """
        try:
            return self._local(value).astimezone(dt.UTC)
        except (OverflowError, OSError) as error:
            raise ValueError(f"{value!r} is out of the range of times") from error

    def read_day(self, value: Any) -> dt.date:
        """The day that `value` is, in the zone of the format, else in the zone of the value.

        Raises:
            ValueError: as `read`.
        """
        return self._local(value).date()

    def write(self, moment: dt.datetime) -> str | int:
        """An aware moment as the provider writes it."""
        if self.format == "unix":
            return int(moment.timestamp())
        if self.format == "unix_ms":
            return int(moment.timestamp()) * 1000 + moment.microsecond // 1000
        local = moment.astimezone(ZoneInfo(self.zone) if self.zone else dt.UTC)
        if self.format == "rfc3339":
            return local.isoformat(timespec="milliseconds" if local.microsecond else "seconds").replace("+00:00", "Z")
        return local.date().isoformat() if self.format == "date" else local.strftime(self.format)

    def _local(self, value: Any) -> dt.datetime:
        zone = ZoneInfo(self.zone) if self.zone else None
        if self.format in {"unix", "unix_ms"}:
            return _from_unix(value, 1000 if self.format == "unix_ms" else 1).astimezone(zone or dt.UTC)
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is no text in the format {self.format}")  # noqa: TRY004  one kind of failure for callers
        if self.format == "date":
            moment = dt.datetime.combine(dt.date.fromisoformat(value), dt.time())
        elif self.format == "rfc3339":
            moment = dt.datetime.fromisoformat(value)
        else:
            moment = dt.datetime.strptime(value, self.format)  # noqa: DTZ007  the zone is put on below
        if moment.utcoffset() is not None:
            return moment if zone is None else moment.astimezone(zone)
        if zone is None:
            raise ValueError(f"{value!r} has no zone; name it with `zone`")
        return moment.replace(tzinfo=zone)


def _from_unix(value: Any, per_second: int) -> dt.datetime:
    text = str(value)
    if isinstance(value, bool) or not re.fullmatch(r"-?\d{1,15}", text, re.ASCII):
        raise ValueError(f"{value!r} is no whole number of Unix time")
    seconds, rest = divmod(int(text), per_second)
    return dt.datetime.fromtimestamp(seconds, dt.UTC) + dt.timedelta(microseconds=rest * (1_000_000 // per_second))
