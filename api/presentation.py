"""How amounts, times and break types are written for people."""

import datetime as dt

from api.models import Member, Money, Reason
from schemas.money import format_minor
from schemas.told_amounts import with_decimals

__all__ = [
    "break_meaning",
    "break_name",
    "count_text",
    "days_text",
    "money_text",
    "reason_text",
    "record_id",
    "since_text",
    "when_text",
]

_NAMES = {
    "MISSING_LEFT": ("Missing on the left", "The first side has no record of this."),
    "MISSING_RIGHT": ("Missing on the right", "Another side has no record of this although it is complete for the day."),
    "AMOUNT": ("Amount differs", "The sides agree that it happened, not how much it was."),
    "CURRENCY": ("Currency differs", "The sides name different currencies."),
    "STATUS": ("Status differs", "One side says it succeeded, another that it did not."),
    "DUPLICATE": ("Duplicate", "One side has it more often than the others."),
    "TIMING": ("On its way", "The counterpart may still come: its source is not complete for the day."),
    "FEE_VARIANCE": ("Fee differs", "The fee that was deducted is not the fee that was told."),
    "SPLIT": ("Split", "Several records on one side stand against one on the other."),
    "REFERENCE": ("Reference differs", "Amount and date agree, the references do not."),
    "AMBIGUOUS": ("Ambiguous", "Several candidates fit equally well; a person must choose."),
    "BALANCE": ("Balance differs", "Opening balance and entries do not give the closing balance."),
}


def break_name(kind: str) -> str:
    """A break type in words."""
    return _NAMES[kind][0] if kind in _NAMES else kind


def break_meaning(kind: str) -> str:
    """One sentence on what a break type means."""
    return _NAMES[kind][1] if kind in _NAMES else ""


def _grouped(digits: str, currency: str) -> str:
    if currency != "INR" or len(digits) <= 3:
        return f"{int(digits):,}"
    # Indian grouping: the last three digits, then pairs (12,34,567).
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(0, end - 2) : end] for end in range(len(head), 0, -2)]
    return ",".join([*reversed(pairs), tail])


def money_text(money: Money) -> str:
    """An amount with separators and its currency, as in `EUR -1,250.00`; INR is grouped as in India."""
    minor = int(money.minor_units)
    if money.exponent is None:
        return f"{money.currency} {minor:,} minor units"
    whole, _, fraction = format_minor(abs(minor), money.currency).partition(".")
    sign = "\u2212" if minor < 0 else ""
    return f"{money.currency} {sign}{_grouped(whole, money.currency)}{'.' + fraction if fraction else ''}"


def count_text(value: int | None) -> str:
    """A count with separators; a dash when it is not known."""
    return "–" if value is None else f"{value:,}"


def when_text(value: dt.datetime | None) -> str:
    """A moment in UTC, to the second."""
    return "–" if value is None else value.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def since_text(value: dt.datetime | None, now: dt.datetime) -> str:
    """How long ago, in the one unit that matters."""
    if value is None:
        return "never"
    seconds = int((now - value).total_seconds())
    if seconds < 5:
        return "just now"
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def days_text(value: dt.date, now: dt.datetime) -> str:
    """Age in whole UTC days."""
    days = max(0, (now.astimezone(dt.UTC).date() - value).days)
    return "today" if days == 0 else "1 day" if days == 1 else f"{days} days"


def record_id(member: Member) -> str:
    """A record's name in a form: its source and its own id, which may have slashes of its own."""
    return f"{member.source}/{member.txn_id}"


def reason_text(reason: Reason) -> str:
    """What a reason says, with amounts in units of their currency."""
    return with_decimals(reason.signal, reason.text)
