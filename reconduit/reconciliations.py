"""Reading reconciliation files."""

from collections.abc import Sequence
from pathlib import Path

from reconciler.errors import RulesError
from reconciler.reconciliation import Reconciliation
from reconciler.rules import parse_reconciliation
from reconduit.errors import SettingsError

__all__ = ["describe_files", "load_reconciliations", "read_reconciliation"]


def read_reconciliation(path: Path) -> Reconciliation:
    """The reconciliation in one file.

    Raises:
        SettingsError: the file cannot be read or is wrong; the message names it and the line.
    """
    try:
        return parse_reconciliation(path.read_text(encoding="utf-8"), str(path))
    except RulesError as error:
        raise SettingsError(str(error)) from error
    except OSError as error:
        raise SettingsError(f"reconciliation file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"reconciliation file {path} is no UTF-8 text: {error.reason} at byte {error.start}") from error


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


def describe_files(paths: Sequence[Path]) -> int:
    """Print what each file means.

    Returns:
        0; a wrong file raises.

    Raises:
        SettingsError: a file cannot be read or is wrong.
    """
    for path in paths:
        one = read_reconciliation(path)
        print(f"{path}: {one.name} version {one.version}, {one.shape} shape, digest {one.digest[:12]}")
        print(f"  sides: {', '.join(one.side_names)}")
    return 0
