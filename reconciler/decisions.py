"""Building matches and breaks from items, so that account, date and member order follow one rule in every shape."""

import datetime as dt
from collections.abc import Iterable, Sequence

from reconciler.types import Break, BreakType, Decision, Item, Match, Member, Nearest, Reason, Stage

__all__ = ["amount_reason", "as_members", "book_order", "day_of", "make_break", "make_match"]


def book_order(item: Item) -> tuple[object, str]:
    """Sort key among items of one side: the earliest booked first, the id for equal times."""
    return item.booked_at, item.id


def day_of(item: Item) -> int:
    """The ordinal UTC date that an item was booked on."""
    return item.booked_at.astimezone(dt.UTC).toordinal()


def as_members(items: Iterable[Item]) -> tuple[Member, ...]:
    """The items' places in a decision, sorted: two decisions about the same set are equal."""
    return tuple(sorted(Member(item.side, item.id) for item in items))


def amount_reason(first_minor: int, last_minor: int, currency: str, allowed_minor: int) -> Reason:
    """Why two amounts count as the same: equal, or within tolerance."""
    if first_minor == last_minor:
        return Reason("amount", f"equal: {first_minor} {currency}")
    apart = abs(first_minor - last_minor)
    return Reason("amount", f"{first_minor} and {last_minor} {currency}: differ by {apart}, allowed {allowed_minor}")


def make_match(
    items: Sequence[Item],
    *,
    key: str,
    amount_minor: int,
    stage: Stage,
    reasons: Iterable[Reason],
    final: bool,
    decision: Decision = Decision.AUTO,
    probability_ppm: int = 1_000_000,
    runner_up: str | None = None,
) -> Match:
    """A match of `items`, which are in the order of the reconciliation's sides; the first gives currency and account."""
    return Match(
        key=key,
        members=as_members(items),
        amount_minor=amount_minor,
        currency=items[0].currency,
        account=items[0].account,
        stage=stage,
        decision=decision,
        probability_ppm=probability_ppm,
        reasons=tuple(reasons),
        runner_up=runner_up,
        booked_on=max(item.booked_at for item in items).date(),
        final=final,
    )


def make_break(
    kind: BreakType,
    items: Sequence[Item],
    *,
    key: str,
    amount_minor: int,
    reasons: Iterable[Reason],
    final: bool,
    nearest: Nearest | None = None,
) -> Break:
    """A break about `items`, which are in the order of the reconciliation's sides; the first gives currency and account."""
    return Break(
        type=kind,
        key=key,
        members=as_members(items),
        amount_minor=amount_minor,
        currency=items[0].currency,
        account=items[0].account,
        reasons=tuple(reasons),
        nearest=nearest,
        booked_on=min(item.booked_at for item in items).date(),
        final=final,
    )
