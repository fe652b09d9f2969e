"""Rules named on the command line: a file, or a version that the database has kept."""

import re
from pathlib import Path
from typing import Any

from psycopg import Connection

from consumers.backtest.versions import find_version
from reconciler.reconciliation import Reconciliation
from reconduit.errors import SettingsError
from reconduit.reconciliations import parse_rules, read_reconciliation

__all__ = ["named_rules"]

_STORED = re.compile(r"(?P<name>[a-z][a-z0-9_-]{0,62})@(?P<version>[1-9][0-9]{0,9})")


def named_rules(named: str, connection: Connection[Any] | None, tenant: str) -> Reconciliation:
    """The rules that an argument names: `NAME@VERSION` of the database, else a file.

    Raises:
        SettingsError: there is no such file or version, or it is wrong.
    """
    stored = _STORED.fullmatch(named)
    if stored is None or Path(named).exists():
        return read_reconciliation(Path(named))
    if connection is None:
        raise SettingsError(f"{named} is a version in the database; two files are compared by rule files")
    name, version = stored["name"], int(stored["version"])
    found = find_version(connection, tenant, name, version)
    if found is None:
        raise SettingsError(f"the database has no version {version} of {name}; `reconduit rules list` shows those it has")
    return parse_rules(found.text, named, found.attachments.__getitem__)
