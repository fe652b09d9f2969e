"""Reading reconciliation files, with the files that they name and the currencies that exist."""

from collections.abc import Callable, Sequence
from pathlib import Path

from reconciler.errors import RulesError
from reconciler.reconciliation import Reconciliation
from reconciler.rules import parse_reconciliation
from reconciler.yaml_nodes import Origin
from reconduit.errors import SettingsError
from schemas.currency_codes import CURRENCY_DECIMALS

__all__ = ["load_reconciliations", "parse_rules", "read_reconciliation"]


def parse_rules(text: str, name: str, read_beside: Callable[[str], str] | None = None) -> Reconciliation:
    """The reconciliation in a text that was kept somewhere else than in a file.

    Args:
        text: the rules file's content.
        name: where it was kept, for messages.
        read_beside: the text of a file that it names (`Reconciliation.attachments`); None when it may name none.

    Raises:
        SettingsError: it is wrong; the message begins with `name` and the line.
    """
    try:
        return parse_reconciliation(text, Origin(name, CURRENCY_DECIMALS, read_beside))
    except RulesError as error:
        raise SettingsError(str(error)) from error


def read_reconciliation(path: Path) -> Reconciliation:
    """The reconciliation in one file; a file of rates that it names is looked for beside it.

    Raises:
        SettingsError: the file cannot be read or is wrong; the message names it and the line.
    """
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8")
    except OSError as error:
        raise SettingsError(f"rules file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise SettingsError(f"{path}:{line}: this is no UTF-8 text: {error.reason} at byte {error.start}") from error
    return parse_rules(text, str(path), lambda name: (path.parent / name).read_text(encoding="utf-8"))


def load_reconciliations(folder: Path) -> Sequence[Reconciliation]:
    """Every reconciliation in `folder` (`*.yaml`), by file name.

    Raises:
        SettingsError: the folder is empty or missing, a file is wrong, or two files describe one name.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise SettingsError(f"no reconciliation file (*.yaml) in {folder}; set RECONDUIT_RECONCILIATIONS")
    found: dict[str, Reconciliation] = {}
    for path in paths:
        one = read_reconciliation(path)
        if one.name in found:
            raise SettingsError(f"{path}: another file describes reconciliation {one.name} already")
        found[one.name] = one
    return list(found.values())
