"""Shares of books: a book of one currency is its own, and of several each currency adds up by itself."""

import datetime as dt
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.balance_proof import prove_sides
from consumers.book_records import EVERY_CURRENCY
from consumers.book_shares import shares_of
from reconciler.types import Break, BreakType, Item, Match, Member, Outcome, Stage

_DAY = dt.date(2026, 3, 2)
_NOON = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)
_PAIRS = st.lists(
    st.tuples(st.sampled_from(["INR", "USD"]), st.sampled_from(["INR", "USD"]), st.booleans(), st.integers(1, 9)), max_size=8
)


def _item(number: int, side: str, currency: str, amount: int) -> Item:
    return Item(id=f"{side}{number}", side=side, account="a", amount_minor=amount, currency=currency, direction=1, booked_at=_NOON)


def _decided(kind: Callable[..., Match] | Callable[..., Break], first: Item, second: Item, **fields: object) -> Match | Break:
    members = (Member("l", first.id), Member("r", second.id))
    told = {"amount_minor": first.amount_minor, "currency": first.currency, "account": "a", "booked_on": _DAY, "final": True}
    return kind(key=first.id, members=members, **told, **fields)


@settings(max_examples=40, deadline=None)
@given(pairs=_PAIRS)
def test_every_share_adds_up_and_every_item_is_in_one(pairs: list[tuple[str, str, bool, int]]) -> None:
    items: list[Item] = []
    matches, breaks = [], []
    for number, (left, right, matched, amount) in enumerate(pairs):
        first, second = _item(number, "l", left, amount), _item(number, "r", right, 2 * amount)
        items += [first, second]
        if matched:
            matches.append(_decided(Match, first, second, stage=Stage.REFERENCE))
        else:
            breaks.append(_decided(Break, first, second, type=BreakType.AMOUNT))
    outcome = Outcome(matches=matches, breaks=breaks)  # type: ignore[arg-type]
    shares = list(shares_of(("a", EVERY_CURRENCY), items, outcome))
    assert sorted(item.id for share in shares for item in share.items) == sorted(item.id for item in items)
    for share in shares:
        proof = prove_sides(("l", "r"), share.items, share.outcome, _DAY, (), share.elsewhere)
        assert proof["holds"]
        explained = proof["matched_difference_minor"] + proof["open_difference_minor"]
        assert proof["difference_minor"] == explained + proof.get("converted", {}).get("difference_minor", 0)
        alone = sum(amount for left, right, matched, amount in pairs if matched and left == right == share.place[1])
        assert proof["matched_difference_minor"] == alone, "only what tolerances let one currency differ by"


def test_a_book_of_one_currency_is_its_own_share() -> None:
    items = [_item(1, "l", "INR", 5), _item(1, "r", "INR", 5)]
    outcome = Outcome()
    (share,) = shares_of(("a", "INR"), items, outcome)
    assert share.items is items and share.outcome is outcome and not share.elsewhere
