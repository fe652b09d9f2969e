"""From drafts of bank lines to the bank's own book: order, line ids and running balances."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from producers.sandbox.accounts import BankAccount
from producers.sandbox.model import BankLine

__all__ = ["DraftLine", "book"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLine:
    """A bank line before the bank has numbered and balanced it. `line_id` is unique within the account."""

    line_id: str
    booked_at: dt.datetime
    value_date: dt.date
    amount_minor: int
    direction: str
    channel: str
    narration: str
    reference: str | None
    counterparty_name: str
    visible_at: dt.datetime


def book(account: BankAccount, drafts: Iterable[DraftLine]) -> Sequence[BankLine]:
    """The account's lines in order of (booked time, id), each with the balance after it: opening + credits - debits."""
    balance = account.opening_minor
    lines = []
    for draft in sorted(drafts, key=lambda draft: (draft.booked_at, draft.line_id)):
        balance += draft.amount_minor if draft.direction == "CREDIT" else -draft.amount_minor
        lines.append(
            BankLine(
                line_id=draft.line_id,
                account_id=account.account_id,
                booked_at=draft.booked_at,
                value_date=draft.value_date,
                amount_minor=draft.amount_minor,
                currency=account.currency,
                direction=draft.direction,
                channel=draft.channel,
                narration=draft.narration,
                reference=draft.reference,
                balance_after_minor=balance,
                counterparty_name=draft.counterparty_name,
                visible_at=draft.visible_at,
            )
        )
    return tuple(lines)
