"""Which records of a source belong to a side."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

__all__ = ["Filter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which records of a source belong to a side. What is empty or None allows everything.

    Attributes:
        account: patterns of account ids (`*` and `?`), any of which must fit.
        not_account: patterns of account ids, none of which may fit.
        transaction_type: allowed types, as in the canonical transaction.
        channel: allowed channels.
        direction: +1 only money in, -1 only money out, None both.
        currency: allowed currencies.
        least_minor: smallest unsigned amount.
        most_minor: largest unsigned amount.
        booked_from: first booking date, UTC.
        text: patterns of descriptions, any of which must fit, whatever the case.
        counterparty: patterns of the other party's name, any of which must fit, whatever the case.
    """

    account: tuple[str, ...] = ()
    not_account: tuple[str, ...] = ()
    transaction_type: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    direction: int | None = None
    currency: tuple[str, ...] = ()
    least_minor: int | None = None
    most_minor: int | None = None
    booked_from: dt.date | None = None
    text: tuple[str, ...] = ()
    counterparty: tuple[str, ...] = ()

    def accepts_account(self, account: str) -> bool:
        """Whether records of `account` may be on the side; one answer per account, so callers can cache it."""
        if self.account and not any(fnmatchcase(account, pattern) for pattern in self.account):
            return False
        return not any(fnmatchcase(account, pattern) for pattern in self.not_account)

    def accepts_amount(self, amount_minor: int, currency: str) -> bool:
        """Whether an unsigned amount may be on the side."""
        return (
            (not self.currency or currency in self.currency)
            and (self.least_minor is None or amount_minor >= self.least_minor)
            and (self.most_minor is None or amount_minor <= self.most_minor)
        )

    def accepts_words(self, *, text: str, counterparty: str) -> bool:
        """Whether a description and the other party's name may be on the side."""
        return _fits(text, self.text) and _fits(counterparty, self.counterparty)

    def accepts(self, *, account: str, transaction_type: str, channel: str, direction: int) -> bool:
        """Whether a record's account, type, channel and direction fit; `accepts_amount` and `accepts_words` ask for the rest."""
        return (
            (self.direction is None or direction == self.direction)
            and (not self.transaction_type or transaction_type in self.transaction_type)
            and (not self.channel or channel in self.channel)
            and self.accepts_account(account)
        )


def _fits(text: str, patterns: Iterable[str]) -> bool:
    listed = tuple(patterns)
    return not listed or any(fnmatchcase(text.casefold(), pattern.casefold()) for pattern in listed)
