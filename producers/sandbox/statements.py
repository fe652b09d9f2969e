"""Daily statements of the accounts whose bank sends files: opening balance, the day's lines, closing balance."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from producers.sandbox.accounts import account_of
from producers.sandbox.model import BankLine, World
from producers.sandbox.timeline import DAYS

__all__ = ["DayStatement", "daily_statements"]


@dataclass(frozen=True, slots=True)
class DayStatement:
    """One account's statement of one day, minor units: opening + credits - debits = closing.

    `number` counts the statements of the account in the year of `date`, as the day of the year.
    """

    account_id: str
    currency: str
    date: dt.date
    opening_minor: int
    closing_minor: int
    lines: Sequence[BankLine]

    @property
    def number(self) -> int:
        """Statement number."""
        return self.date.timetuple().tm_yday


def daily_statements(world: World, bank: str, as_of: dt.date, now: dt.datetime) -> list[DayStatement]:
    """The statements of the fourteen days before `as_of`, days without lines included; each opens where the last one closed."""
    account = account_of(bank)
    balance = world.opening_balance(bank, account.account_id)
    lines = world.bank_lines(bank, account.account_id, now)
    statements = []
    for days_ago in range(DAYS, 0, -1):
        date = as_of - dt.timedelta(days=days_ago)
        of_day = [line for line in lines if line.booked_at.date() == date]
        closing = of_day[-1].balance_after_minor if of_day else balance
        statements.append(DayStatement(account.account_id, account.currency, date, balance, closing, of_day))
        balance = closing
    return statements
