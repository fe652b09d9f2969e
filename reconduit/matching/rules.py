"""Which reconciliation two files are matched by: a rules file, or the default that comes with the package."""

from importlib import resources
from pathlib import Path

from reconciler.reconciliation import Reconciliation
from reconduit.errors import SettingsError
from reconduit.reconciliations import parse_rules, read_reconciliation

__all__ = ["load_reconciliation"]


def load_reconciliation(rules: Path | None) -> Reconciliation:
    """The reconciliation in a rules file, or the default one.

    Raises:
        SettingsError: the file cannot be read, is wrong (the message names file and line), or has not two sides.
    """
    if rules is None:
        text = resources.files("reconduit.matching").joinpath("default.yaml").read_text(encoding="utf-8")
        return parse_rules(text, "default.yaml")
    reconciliation = read_reconciliation(rules)
    if len(reconciliation.sides) != 2:
        raise SettingsError(
            f"{rules}: {reconciliation.name} has {len(reconciliation.sides)} sides; match takes rules with two, one per file"
        )
    return reconciliation
