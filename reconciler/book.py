"""One book while it is solved: which items are still free, and what was decided about the others."""

import datetime as dt
from collections.abc import Hashable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property

from reconciler.break_reasons import alternatives_reason, difference_reasons, gap_reasons, tie_reason
from reconciler.candidates import Window
from reconciler.decisions import amount_reason, book_order, make_break, make_match
from reconciler.due import Horizon, all_passed
from reconciler.errors import ReconcilerError
from reconciler.explaining.causes import Cause
from reconciler.free_items import FreeItems
from reconciler.grounds import Grounds
from reconciler.groups.copies import told_of_many
from reconciler.keyed import by_side
from reconciler.open_items import OpenItems
from reconciler.operator_matches import KeptApart
from reconciler.reconciliation import Pass, Reconciliation
from reconciler.types import Break, BreakType, Decision, Item, Match, Member, Nearest, Outcome, Reason, Stage

__all__ = ["Book"]

_NOT_MONEY = frozenset({"FAILED", "VOID"})


class Book:
    """Items of one account and currency.

    `left` and `right` are what is still free, `paired` what was matched so far one to one, `grouped` the members of other matches
    by side. `examples` are pairs that operators confirmed; their items are not in the book. `apart` says what no step may pair.

    Raises:
        ReconcilerError: an item is on an unknown side, or the items are of several currencies.
    """

    def __init__(
        self,
        reconciliation: Reconciliation,
        items: Sequence[Item],
        horizon: Horizon | None,
        apart: KeptApart,
        examples: Sequence[tuple[Item, Item]],
    ) -> None:
        currencies = sorted({item.currency for item in items})
        if len(currencies) > 1:
            raise ReconcilerError(f"a book has one currency, not {', '.join(currencies)}; split the items by currency first")
        self.reconciliation = reconciliation
        self.apart = apart
        self.examples = examples
        self._currency = currencies[0] if currencies else ""
        self.window = Window(reconciliation.tolerance, self._currency)
        self._rule: str | None = None
        self._horizon = horizon
        self._matches: list[Match] = []
        self._breaks: list[Break] = []
        self.paired: list[tuple[Item, Item]] = []
        self.contested: frozenset[tuple[str, str]] = frozenset()
        self.grouped: tuple[list[Item], list[Item]] = ([], [])
        self._ignored = [Member(item.side, item.id) for item in items if item.status in _NOT_MONEY]
        sides = by_side(reconciliation, (item for item in items if item.status not in _NOT_MONEY))
        self._free = FreeItems({name: sides[name] for name in reconciliation.side_names})
        self._postponed: list[tuple[Sequence[Item], Sequence[Item], Grounds]] = []
        self._open = OpenItems()
        self._every = items
        self._open_pending()

    @cached_property
    def told_of_many(self) -> AbstractSet[Hashable]:
        """What the items say alike though their amounts differ, and which names no payment therefore."""
        return told_of_many(self._every)

    @property
    def left(self) -> list[Item]:
        """Free items of the first side."""
        return self._free.of(self.reconciliation.side_names[0])

    @property
    def right(self) -> list[Item]:
        """Free items of the second side."""
        return self._free.of(self.reconciliation.side_names[1])

    def enter(self, one: Pass) -> None:
        """Go by the tolerance of a pass, and name it in what is decided from here on."""
        self.window = Window(self.reconciliation.tolerance_of(one), self._currency)
        self._rule = one.name

    def may_pair(self, left: Item, right: Item) -> bool:
        """Whether two items are within the window and no operator keeps them apart."""
        days = (left.booked_at.astimezone(dt.UTC).toordinal(), right.booked_at.astimezone(dt.UTC).toordinal())
        return self.window.tolerance.within_days(*days) and not self.apart.separates(left, right)

    def match(
        self,
        left: Item,
        right: Item,
        grounds: Grounds,
        evidence: str,
        *,
        decision: Decision = Decision.AUTO,
        runner_up: str | None = None,
    ) -> None:
        """Pair two free items."""
        amounts = (left.signed_minor, right.signed_minor)
        lag = right.booked_at.date() - left.booked_at.date()
        reasons = (
            Reason(grounds.signal, evidence),
            amount_reason(*amounts, left.currency, self.window.tolerance.allowed_between(amounts, left.currency)),
            Reason("date", f"{lag.days:+d} days" if lag.days else "the same day"),
        )
        self.pair(
            left,
            right,
            stage=grounds.stage,
            reasons=reasons,
            decision=decision,
            probability_ppm=grounds.probability_ppm if runner_up is None else grounds.probability_ppm // 2,
            runner_up=runner_up,
        )

    def pair(
        self,
        left: Item,
        right: Item,
        *,
        stage: Stage,
        reasons: Iterable[Reason],
        decision: Decision,
        probability_ppm: int,
        runner_up: str | None,
    ) -> None:
        """Pair two free items for the given reasons; the probability is in millionths."""
        self._free.take((left, right))
        self.paired.append((left, right))
        self._matches.append(
            make_match(
                (left, right),
                key=left.key if left.key is not None and left.key == right.key else f"{left.id}={right.id}",
                amount_minor=left.amount_minor,
                stage=stage,
                reasons=(*reasons, *self._named()),
                final=self._settled((left, right)),
                decision=decision,
                probability_ppm=probability_ppm,
                runner_up=runner_up,
            )
        )

    def match_group(
        self,
        lefts: Sequence[Item],
        rights: Sequence[Item],
        *,
        stage: Stage,
        reasons: Iterable[Reason],
        decision: Decision,
        probability_ppm: int,
    ) -> None:
        """Match free items, several of a side or several sides; one side may be empty. The probability is in millionths."""
        items = (*lefts, *rights)
        self._free.take(items)
        self.grouped[0].extend(lefts)
        self.grouped[1].extend(rights)
        keys = {item.key for item in items}
        self._matches.append(
            make_match(
                items,
                key=items[0].key
                if len(keys) == 1 and items[0].key
                else "=".join("+".join(i.id for i in side) for side in (lefts, rights)),
                amount_minor=abs(sum(item.signed_minor for item in lefts or rights[:1])),
                stage=stage,
                reasons=(*reasons, *self._named()),
                final=self._settled(items),
                decision=decision,
                probability_ppm=probability_ppm,
            )
        )

    def hint(self, item: Item, candidate: Item) -> None:
        """Name the nearest candidate of an item, should it stay open. A later hint replaces an earlier one."""
        self._open.hint(item, candidate)

    def note(self, item: Item, reason: Reason) -> None:
        """Say something about an item, should it stay open. The same is said once."""
        self._open.note(item, reason)

    def differ(self, left: Item, right: Item, reference: str) -> None:
        """Report two free items that share a reference but not the amount; FEE_VARIANCE if a fee profile explains it."""
        self._free.take((left, right))
        apart = abs(left.signed_minor - right.signed_minor)
        fees = self.reconciliation.fees
        allowed, charged = max(((fees.explained_minor((item,)), item) for item in (left, right)), key=lambda one: one[0])
        explained = f"{allowed} {left.currency} ({fees.named((charged,))})" if allowed else None
        reasons = difference_reasons(left, right, reference, explained)
        kind = BreakType.FEE_VARIANCE if apart <= allowed else BreakType.AMOUNT
        self._break(kind, (left, right), reference, apart, reasons, final=self._settled((left, right)))

    def split(self, kind: BreakType, lefts: Sequence[Item], rights: Sequence[Item], reference: str) -> None:
        """Report free items of both sides that share a reference and whose sums differ, with the gap."""
        items = (*lefts, *rights)
        self._free.take(items)
        apart = abs(sum(item.signed_minor for item in lefts) - sum(item.signed_minor for item in rights))
        self._break(kind, items, reference, apart, gap_reasons(lefts, rights, reference), final=self._settled(items))

    def tie(self, lefts: Sequence[Item], rights: Sequence[Item], grounds: Grounds) -> None:
        """Report free items that cannot be told apart as AMBIGUOUS, with each other as candidates."""
        items = (*lefts, *rights)
        self._free.take(items)
        amount = max(abs(sum(item.signed_minor for item in side)) for side in (lefts, rights))
        reason = tie_reason(grounds.signal, self.reconciliation.side_names, (lefts, rights))
        self._break(
            BreakType.AMBIGUOUS, items, items[0].key or items[0].id, amount, (reason, *self._named()), final=self._settled(items)
        )

    def postpone_tie(self, lefts: Sequence[Item], rights: Sequence[Item], grounds: Grounds) -> None:
        """Report free items that cannot be told apart as AMBIGUOUS at the end, unless they are found in groups until then."""
        self.reserve((*lefts, *rights))
        self._postponed.append((lefts, rights, grounds))

    def reserve(self, items: Iterable[Item]) -> None:
        """Keep free items from everything until `release`."""
        self._free.reserve(items)

    def release(self) -> None:
        """Make reserved items free again."""
        self._free.release()

    def undecided(
        self, lefts: Sequence[Item], rights: Sequence[Item], alternatives: Sequence[Sequence[Item]], reasons: Iterable[Reason]
    ) -> None:
        """Report a free item that several groups explain equally well, with the members of all of them.

        Args:
            lefts: of the first group.
            rights: of the first group.
            alternatives: in place of the side of which the first group has several.
            reasons: what ties the first group.
        """
        many = lefts if len(lefts) > 1 else rights
        every = {(item.side, item.id): item for group in (lefts, rights, *alternatives) for item in group}
        items = sorted(every.values(), key=book_order)
        self._free.take(items)
        single = (rights if many is lefts else lefts)[0]
        told = (*reasons, alternatives_reason(single, (many, *alternatives)), *self._named())
        self._break(BreakType.AMBIGUOUS, items, single.key or single.id, single.amount_minor, told, final=self._settled(items))

    def duplicate(self, copy: Item, first: Item) -> None:
        """Report a free item as the copy of a matched one of its side."""
        self._free.take((copy,))
        reason = Reason("duplicate", f"the same as {first.id}, which is matched")
        self._break(
            BreakType.DUPLICATE,
            (copy,),
            copy.key or copy.id,
            copy.amount_minor,
            (reason,),
            final=self._settled((copy,)),
            nearest=Nearest(first.id, (), Cause.DUPLICATE.value),
        )

    def open_the_rest(self) -> None:
        """AMBIGUOUS for postponed ties, TIMING or MISSING for every other item that is still free, with its nearest candidate."""
        self.release()
        for lefts, rights, grounds in self._postponed:
            still = self._free.among(lefts), self._free.among(rights)
            if all(still):
                self.tie(*still, grounds)
        free = (self.left, self.right)
        self._breaks.extend(self._open.breaks(self.reconciliation, self._horizon, free))
        for side in free:
            self._free.take(side)

    def outcome(self) -> Outcome:
        """Everything that was decided, in an order that depends on the set alone."""
        return Outcome(
            matches=tuple(sorted(self._matches, key=lambda match: match.members)),
            breaks=tuple(sorted(self._breaks, key=lambda broken: (broken.members, broken.type))),
            ignored=tuple(sorted(self._ignored)),
        )

    def _open_pending(self) -> None:
        reason = (Reason("status", "still PENDING"),)
        for item in (*self.left, *self.right):
            if item.status == "PENDING":
                self._free.take((item,))
                self._break(BreakType.TIMING, (item,), item.key or item.id, item.amount_minor, reason, final=False)

    def _break(
        self,
        kind: BreakType,
        items: Sequence[Item],
        key: str,
        amount_minor: int,
        reasons: Iterable[Reason],
        *,
        final: bool,
        nearest: Nearest | None = None,
    ) -> None:
        self._breaks.append(
            make_break(kind, items, key=key, amount_minor=amount_minor, reasons=reasons, final=final, nearest=nearest)
        )

    def _named(self) -> tuple[Reason, ...]:
        return () if self._rule is None else (Reason("rule", self._rule),)

    def _settled(self, items: Iterable[Item]) -> bool:
        return all_passed(self.reconciliation.calendar, self._horizon, self.reconciliation.side_names, items)
