"""Which reconciliation two files are matched by: a rules file, or the default that comes with the package."""

from importlib import resources
from pathlib import Path

from reconciler.errors import RulesError
from reconciler.reconciliation import Reconciliation
from reconciler.rules import parse_reconciliation
from reconduit.errors import SettingsError

__all__ = ["load_reconciliation"]


def load_reconciliation(rules: Path | None) -> Reconciliation:
    """The reconciliation in a rules file, or the default one.

    Raises:
        SettingsError: the file cannot be read, is wrong (the message names file and line), or has not two sides.
    """
    if rules is None:
        text, origin = resources.files("reconduit.matching").joinpath("default.yaml").read_text(encoding="utf-8"), "default.yaml"
    else:
        origin = str(rules)
        try:
            text = rules.read_text(encoding="utf-8")
        except OSError as error:
            raise SettingsError(f"rules file {rules} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise SettingsError(f"rules file {rules} is not UTF-8: byte {error.start}") from error
    try:
        reconciliation = parse_reconciliation(text, origin)
    except RulesError as error:
        raise SettingsError(str(error)) from error
    if len(reconciliation.sides) != 2:
        raise SettingsError(
            f"{origin}: {reconciliation.name} has {len(reconciliation.sides)} sides; match takes rules with two, one per file"
        )
    return reconciliation
