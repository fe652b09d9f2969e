"""Reading the folder of reconciliation files."""

from collections.abc import Sequence
from pathlib import Path

from reconciler.errors import RulesError
from reconciler.reconciliation import Reconciliation
from reconciler.rules import parse_reconciliation
from reconduit.errors import SettingsError

__all__ = ["load_reconciliations"]


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
        try:
            one = parse_reconciliation(path.read_text(encoding="utf-8"), str(path))
        except RulesError as error:
            raise SettingsError(str(error)) from error
        except OSError as error:
            raise SettingsError(f"reconciliation file {path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise SettingsError(f"reconciliation file {path} is no UTF-8 text: {error.reason} at byte {error.start}") from error
        if one.name in found:
            raise SettingsError(f"{path}: another file describes reconciliation {one.name} already")
        found[one.name] = one
    return list(found.values())
