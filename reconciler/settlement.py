"""Settlement N:1: a gateway's payments, refunds and fees against the payout that the bank credits. Amounts are minor units.

The first side is the gateway, the second the bank. What the gateway settled is the signed sum of its items after fees; the bank's
lines with the same settlement key must add up to it. A difference that is no larger than the fee profile allows is a question
of fees (FEE_VARIANCE), any other is AMOUNT. Sums of several currencies are compared at the rates of the rules, and are CURRENCY
where there are none or the sums do not agree at them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from reconciler.decisions import book_order, make_break, make_match
from reconciler.due import Horizon, all_passed, is_overdue
from reconciler.keyed import by_side, separate_not_money
from reconciler.reconciliation import Reconciliation
from reconciler.settlement_sums import SettlementSums, settlement_sums
from reconciler.types import Break, BreakType, Item, Member, Outcome, Reason, Stage

__all__ = ["solve_settlement"]


def solve_settlement(reconciliation: Reconciliation, key: str, items: Sequence[Item], horizon: Horizon | None) -> Outcome:
    """Matches and breaks of one settlement; the same for any order of `items`.

    Args:
        reconciliation: the rules; its first side is the gateway, its second the bank.
        key: the settlement key (payout UTR or settlement id), stamped on every decision.
        items: every live record with this key, only the highest revision of each.
        horizon: watermarks by side for the close pass; None for the stream pass, which makes nothing final.

    Raises:
        ReconcilerError: an item is on a side that the reconciliation does not have.
    """
    # A gateway's failed payment and a bank's failed payout are both no money, whatever the other side says.
    live = [item for item in separate_not_money(items)[0] if item.status != "FAILED"]
    kept = {(item.side, item.id) for item in live}
    ignored = tuple(sorted(Member(item.side, item.id) for item in items if (item.side, item.id) not in kept))
    pending = sorted((item for item in live if item.status == "PENDING"), key=book_order)
    sides = by_side(reconciliation, [item for item in live if item.status != "PENDING"])
    solving = _Solving(reconciliation, key, horizon)
    breaks: list[Break] = []
    if pending:
        reason = Reason("status", "not settled yet: still PENDING")
        breaks.append(solving.open(BreakType.TIMING, pending, abs(_net(pending)), [reason]))
    gateway, bank = (sides[name] for name in reconciliation.side_names)
    decided = solving.solve(gateway, bank) if gateway or bank else Outcome()
    return Outcome(matches=decided.matches, breaks=(*breaks, *decided.breaks), ignored=ignored)


def _net(items: Iterable[Item]) -> int:
    return sum(item.net_minor for item in items)


def _of(currency: str, items: Iterable[Item]) -> list[Item]:
    return [item for item in items if item.currency == currency]


@dataclass(frozen=True, slots=True)
class _Solving:
    """The rules and the place that every decision of one settlement shares."""

    reconciliation: Reconciliation
    key: str
    horizon: Horizon | None

    def solve(self, gateway: list[Item], bank: list[Item]) -> Outcome:
        """Decide on what is settled."""
        sums, told = settlement_sums(self.reconciliation, gateway, bank)
        if sums is not None and gateway and sums.agree(sums.paid_minor):
            # Refunds that use up all payments need no bank line.
            return self._match(gateway, bank, sums, told)
        if not gateway or not bank:
            # Sums are of one currency, so each currency is missing by itself.
            currencies = sorted({item.currency for item in (*gateway, *bank)})
            return Outcome(breaks=tuple(self._missing(_of(currency, gateway), _of(currency, bank)) for currency in currencies))
        if sums is None:
            amount = abs(_net(_of(gateway[0].currency, gateway)))
            return Outcome(breaks=(self.open(BreakType.CURRENCY, [*gateway, *bank], amount, told),))
        copies = self._copies(bank, sums)
        if copies:
            matched = self._match(gateway, [item for item in bank if item not in copies], sums, told)
            reason = Reason("duplicate", "the same payout is credited more than once; the first credit stays")
            surplus = tuple(self.open(BreakType.DUPLICATE, [item], item.amount_minor, [reason]) for item in copies)
            return Outcome(matches=matched.matches, breaks=surplus)
        return Outcome(breaks=(self._apart(gateway, bank, sums, told),))

    def open(self, kind: BreakType, items: Sequence[Item], amount_minor: int, reasons: Sequence[Reason]) -> Break:
        """A break; final when every side is complete, except while something is only late."""
        final = kind is not BreakType.TIMING and self._settled(items)
        return make_break(kind, items, key=self.key, amount_minor=amount_minor, reasons=reasons, final=final)

    def _match(self, gateway: list[Item], bank: list[Item], sums: SettlementSums, told: Sequence[Reason]) -> Outcome:
        items = [*gateway, *bank]
        match = make_match(
            items,
            key=self.key,
            amount_minor=abs(_net(gateway)),
            stage=Stage.SETTLEMENT,
            reasons=[*self._account_for(gateway, bank), *told],
            final=self._settled(items),
        )
        if len({item.currency for item in gateway}) > 1:
            match = replace(match, amount_minor=abs(sums.net_minor), currency=sums.currency)
        return Outcome(matches=(match,))

    def _apart(self, gateway: list[Item], bank: list[Item], sums: SettlementSums, told: Sequence[Reason]) -> Break:
        """The bank paid something else: fees, another amount, or another rate than the rules have."""
        payments = sums.compared(item for item in gateway if item.direction > 0)
        fees = self.reconciliation.fees
        allowed = fees.explained_minor(payments)
        gap = abs(sums.net_minor - sums.paid_minor)
        kind = BreakType.FEE_VARIANCE if gap <= allowed else BreakType.AMOUNT if sums.fx is None else BreakType.CURRENCY
        reasons = [*self._account_for(gateway, bank), *told]
        if allowed:
            reasons.append(Reason("fee profile", f"explains up to {allowed} {sums.currency} ({fees.named(payments)})"))
        return replace(self.open(kind, [*gateway, *bank], gap, reasons), currency=sums.currency)

    def _copies(self, bank: list[Item], sums: SettlementSums) -> list[Item]:
        """Surplus credits of a payout that one credit already pays in full; empty when that is not the case."""
        paying, *others = bank
        same = all((item.signed_minor, item.currency) == (paying.signed_minor, paying.currency) for item in others)
        return others if same and sums.agree(sums.paid_by(paying)) else []

    def _missing(self, gateway: list[Item], bank: list[Item]) -> Break:
        """One side has nothing at all; what the other has is of one currency."""
        reasons = self._account_for(gateway, bank)
        first, second = self.reconciliation.side_names
        items, lacking = (gateway, second) if gateway else (bank, first)
        amount = abs(_net(gateway)) if gateway else abs(sum(item.signed_minor for item in bank))
        if not is_overdue(self.reconciliation.calendar, self.horizon, lacking, items):
            return self.open(BreakType.TIMING, items, amount, [*reasons, Reason("due", f"{lacking} may still deliver")])
        kind = BreakType.MISSING_RIGHT if gateway else BreakType.MISSING_LEFT
        reason = Reason("missing", f"nothing on {lacking}, complete beyond the due date")
        return make_break(kind, items, key=self.key, amount_minor=amount, reasons=[*reasons, reason], final=True)

    def _account_for(self, gateway: list[Item], bank: list[Item]) -> list[Reason]:
        """The settlement's sums in the currencies of its items: how gross becomes net, and what the bank paid."""
        reasons = []
        for currency in sorted({item.currency for item in gateway}):
            items = _of(currency, gateway)
            payments = sum(item.amount_minor for item in items if item.direction > 0)
            refunds = sum(item.amount_minor for item in items if item.direction < 0)
            fees = sum(item.fee_minor or 0 for item in items)
            reasons += [
                Reason("gross", f"{payments} {currency} in {sum(item.direction > 0 for item in items)} payments"),
                Reason("refunds", f"{refunds} {currency}"),
                Reason("fees", f"{fees} {currency}"),
                Reason("net", f"{_net(items)} {currency}"),
            ]
        for currency in sorted({item.currency for item in bank}):
            items = _of(currency, bank)
            reasons.append(Reason("paid", f"{sum(item.signed_minor for item in items)} {currency} in {len(items)} lines"))
        return reasons

    def _settled(self, items: Iterable[Item]) -> bool:
        return all_passed(self.reconciliation.calendar, self.horizon, self.reconciliation.side_names, items)
