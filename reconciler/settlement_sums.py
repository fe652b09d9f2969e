"""What both sides of one settlement come to in one currency: their own, or the base of the exchange rates. In minor units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reconciler.fx import ForeignExchange
from reconciler.reconciliation import Reconciliation
from reconciler.tolerance import Tolerance
from reconciler.types import Item, Reason

__all__ = ["SettlementSums", "settlement_sums"]

_TOLD = 5
"""How many conversions the reasons of one decision tell."""


@dataclass(frozen=True, slots=True)
class SettlementSums:
    """Sums that can be held against each other.

    Attributes:
        net_minor: signed sum of the gateway's items after fees.
        paid_minor: signed sum of the bank's lines.
        currency: of both.
        tolerance: how far they may be apart.
        fx: by which they were converted; None when all items are of one currency.
    """

    net_minor: int
    paid_minor: int
    currency: str
    tolerance: Tolerance
    fx: ForeignExchange | None = None

    def agree(self, paid_minor: int) -> bool:
        """Whether such a payment is what was settled, within the tolerance."""
        return self.tolerance.within((self.net_minor, paid_minor), self.currency)

    def paid_by(self, item: Item) -> int:
        """What one line of the bank comes to, signed."""
        if self.fx is None:
            return item.signed_minor
        return self.fx.total_in_base([(item, item.signed_minor)]) or 0

    def compared(self, items: Iterable[Item]) -> list[Item]:
        """The items with their amounts in the currency of the sums."""
        if self.fx is None:
            return list(items)
        return [replace(item, amount_minor=self.fx.in_base(item) or 0, currency=self.currency, fee_minor=None) for item in items]


def settlement_sums(
    rules: Reconciliation, gateway: Sequence[Item], bank: Sequence[Item]
) -> tuple[SettlementSums | None, list[Reason]]:
    """The sums of one settlement, at the rates of the booking dates where its items are of several currencies.

    Returns:
        The sums and how they were converted; or None, for currencies that cannot be compared, and why.
    """
    items = [*gateway, *bank]
    currencies = sorted({item.currency for item in items})
    if len(currencies) == 1:
        net, paid = sum(item.net_minor for item in gateway), sum(item.signed_minor for item in bank)
        return SettlementSums(net, paid, currencies[0], rules.tolerance), []
    told = [Reason("currency", f"told in {', '.join(currencies)}")]
    fx = rules.fx
    if fx is None:
        return None, told
    lacking = [item for item in items if fx.in_base(item) is None]
    foreign = lacking or [item for item in items if item.currency != fx.base]
    told += [Reason("fx", text) for text in list(dict.fromkeys(fx.told(item) for item in foreign))[:_TOLD]]
    converted_net = fx.total_in_base((item, item.net_minor) for item in gateway)
    converted_paid = fx.total_in_base((item, item.signed_minor) for item in bank)
    if converted_net is None or converted_paid is None:
        return None, told
    told.append(Reason("converted", f"net {converted_net} {fx.base}, paid {converted_paid} {fx.base}"))
    return SettlementSums(converted_net, converted_paid, fx.base, rules.tolerance.at_least(fx.tolerance_ppm), fx), told
