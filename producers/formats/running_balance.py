"""Proof by a balance column: each balance is the one before it plus the row's amount, in whichever order the rows stand."""

import datetime as dt

from producers.formats.contract import Balance
from schemas.records import Proof

__all__ = ["RunningBalance"]


class RunningBalance:
    """Checks rows oldest first and newest first at once, because banks download either way."""

    def __init__(self) -> None:
        self._rows = 0
        self._gaps = 0
        self._forward_failures = 0
        self._backward_failures = 0
        self._first: tuple[int, int, dt.date | None] | None = None
        self._last: tuple[int, int, dt.date | None] | None = None

    def skip(self) -> None:
        """A row that could not be read: the balances on both sides of it do not follow from each other."""
        self._gaps += 1

    def add(self, signed_minor: int, balance_minor: int | None, date: dt.date | None) -> None:
        """One row: its signed amount and the balance after it, minor units."""
        if balance_minor is None:
            self._gaps += 1
            return
        if self._last is not None:
            if self._last[1] + signed_minor != balance_minor:
                self._forward_failures += 1
            if balance_minor + self._last[0] != self._last[1]:
                self._backward_failures += 1
        row = (signed_minor, balance_minor, date)
        if self._first is None:
            self._first = row
        self._last = row
        self._rows += 1

    @property
    def failures(self) -> int:
        """Rows whose balance does not follow, in the better of both orders."""
        return min(self._forward_failures, self._backward_failures)

    def outcome(self) -> Proof:
        """PROVED when every balance follows; NOT_PROVABLE without balances or with a row missing between them."""
        if not self._rows:
            return Proof.NOT_PROVABLE
        if self.failures:
            return Proof.FAILED
        return Proof.NOT_PROVABLE if self._gaps else Proof.PROVED

    @property
    def opening(self) -> Balance | None:
        """Balance before the oldest row."""
        oldest = self._first if self._oldest_first else self._last
        return Balance(oldest[1] - oldest[0], oldest[2]) if oldest else None

    @property
    def closing(self) -> Balance | None:
        """Balance after the newest row."""
        newest = self._last if self._oldest_first else self._first
        return Balance(newest[1], newest[2]) if newest else None

    @property
    def _oldest_first(self) -> bool:
        return self._forward_failures <= self._backward_failures
