"""Named points at which a test lets a process die as if killed: between two steps whose order is a promise.

`RECONDUIT_FAULT=name:n` ends the process at the n-th time that `faultpoint("name")` is reached, without any clean-up. Several are
separated by commas. Unset, a fault point costs one dictionary look-up.
"""

import os
from collections import Counter

from reconduit.errors import SettingsError

__all__ = ["EXIT_STATUS", "faultpoint"]

EXIT_STATUS = 137
"""What a shell reports for a process ended by SIGKILL."""

_hits: Counter[str] = Counter()


def faultpoint(name: str) -> None:
    """End the process here, if `RECONDUIT_FAULT` says so.

    Raises:
        SettingsError: the variable is not of the form `name:n`.
    """
    wanted = os.environ.get("RECONDUIT_FAULT")
    if not wanted:
        return
    _hits[name] += 1
    for part in wanted.split(","):
        point, separator, number = part.strip().rpartition(":")
        if not separator or not number.isdigit():
            raise SettingsError(f"RECONDUIT_FAULT is {wanted!r}; it has the form name:n")
        if point == name and _hits[name] == int(number):
            os._exit(EXIT_STATUS)
