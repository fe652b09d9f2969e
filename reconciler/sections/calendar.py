"""The section `calendar`."""

from reconciler.calendar import WEEKDAYS, BusinessCalendar
from reconciler.yaml_nodes import YamlValue

__all__ = ["read_calendar"]


def read_calendar(value: YamlValue) -> BusinessCalendar:
    """The business calendar and its grace."""
    entries = value.mapping(("weekend", "holidays", "grace"))
    weekend = frozenset({5, 6})
    if "weekend" in entries:
        weekend = frozenset(entries["weekend"].tuple_of(lambda day: WEEKDAYS.index(day.choice(WEEKDAYS))))
        if len(weekend) == len(WEEKDAYS):
            entries["weekend"].fail("has every day of the week, so that no day would ever count")
    holidays = frozenset(entries["holidays"].tuple_of(YamlValue.date)) if "holidays" in entries else frozenset()
    grace = entries["grace"].integer(maximum=60) if "grace" in entries else 1
    return BusinessCalendar(weekend=weekend, holidays=holidays, grace=grace)
