"""Which folders are looked into and which files in them are wanted: globs, with date placeholders, as deep as the feed allows.

Banks sort their drops by year and month, and some keep years of them: `{yyyy}/{MM}` names only the folders of the days that matter.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

__all__ = ["folders_of", "is_wanted"]

_FORMS = {"{yyyy}": "%Y", "{yy}": "%y", "{MM}": "%m", "{dd}": "%d", "{DDD}": "%j"}


def folders_of(path: str, days: Iterable[dt.date]) -> list[str]:
    """The folders that `path` means, without a repetition: one for each different date, or the path itself without placeholders.

    Args:
        path: such as `/out/{yyyy}/{MM}`; the placeholders are `{yyyy}`, `{yy}`, `{MM}`, `{dd}` and `{DDD}` (day of the year).
        days: the bank's days of interest.
    """
    if not any(form in path for form in _FORMS):
        return [path]
    found = []
    for day in days:
        folder = path
        for placeholder, form in _FORMS.items():
            folder = folder.replace(placeholder, day.strftime(form))
        found.append(folder)
    return list(dict.fromkeys(found))


def is_wanted(name: str, include: Sequence[str], exclude: Sequence[str]) -> bool:
    """Whether a file fits one of `include` and none of `exclude`, letter case ignored: banks change between `.CSV` and `.csv`.

    Args:
        name: path below the drop's folder. A pattern with a slash is held against the whole, one without against the last part.
        include: shell patterns.
        exclude: shell patterns.
    """
    return any(_fits(name, one) for one in include) and not any(_fits(name, one) for one in exclude)


def _fits(name: str, pattern: str) -> bool:
    part = name if "/" in pattern else name.rsplit("/", 1)[-1]
    return fnmatchcase(part.lower(), pattern.lower())
