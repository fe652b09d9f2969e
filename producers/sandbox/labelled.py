"""A collector for the truth: each part of the world labels what it plants while it plants it."""

import datetime as dt
from collections.abc import Iterable

from producers.sandbox.model import TruthBreak, TruthMatch

__all__ = ["Labels", "Member"]

Member = tuple[str, str]
"""A record as the canonical form names it: (source, txn_id)."""


class Labels:
    """Matches and breaks of one reconciliation, in the order in which they were planted."""

    def __init__(self, reconciliation: str) -> None:
        self._reconciliation = reconciliation
        self.matches: list[TruthMatch] = []
        self.breaks: list[TruthBreak] = []

    def match(self, label: str, members: Iterable[Member], visible_at: dt.datetime) -> None:
        """A group that is right to match once all of it is visible."""
        self.matches.append(TruthMatch(self._reconciliation, label, frozenset(members), visible_at))

    def differs(self, kind: str, label: str, members: Iterable[Member], visible_at: dt.datetime) -> None:
        """A planted difference; `kind` is a `reconciler.types.BreakType` value."""
        self.breaks.append(TruthBreak(self._reconciliation, kind, label, frozenset(members), visible_at))
