"""Rules named on the command line: a file, or a version that the database has kept."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from psycopg import Connection

from consumers.backtest.versions import find_version
from reconciler.errors import RulesError
from reconciler.reconciliation import Reconciliation
from reconciler.rules import parse_reconciliation
from reconciler.yaml_nodes import Origin
from reconduit.errors import SettingsError
from reconduit.reconciliations import read_reconciliation
from schemas.currency_codes import CURRENCY_DECIMALS

__all__ = ["named_rules", "parse_stored"]

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
    return parse_stored(found.text, found.attachments, named)


def parse_stored(text: str, attachments: Mapping[str, str], origin: str) -> Reconciliation:
    """Rules as the database keeps them: the file's text, and the texts of the files that it names.

    Raises:
        SettingsError: this version of Reconduit cannot read them any more.
    """
    try:
        return parse_reconciliation(text, Origin(origin, CURRENCY_DECIMALS, attachments.__getitem__))
    except RulesError as error:
        raise SettingsError(str(error)) from error
