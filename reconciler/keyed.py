"""Keyed n-way: what the sides say under one key. The reference that every faster implementation must equal.

A group's answer is a function of its set of items:

* Not money: VOID; FAILED beside something better on the same side (a retry); FAILED everywhere. These are ignored.
* Payments that are reversed on every side match together with their reversals. A reversal that a side lacks opens the whole group.
* The sides' items are aligned one to one, equal ones first. A row in which every side has its item and tells the same is matched;
  else it is a CURRENCY, STATUS or AMOUNT break. All that matches under one key is one match.
* A side without any item, or with an item that is still PENDING, makes the group TIMING, and MISSING once that side is complete.
* What a side has beyond the others is a DUPLICATE if it copies an item that was aligned (the earliest stays), else it is missing
  on the other sides; one sum in different pieces is a SPLIT.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reconciler.alignment import Row, Sides, align, value_of
from reconciler.decisions import amount_reason, book_order, make_break, make_match
from reconciler.due import Horizon, all_passed, is_overdue
from reconciler.errors import ReconcilerError
from reconciler.reconciliation import Reconciliation
from reconciler.reversals import pair_reversals
from reconciler.tolerance import Tolerance
from reconciler.types import Break, BreakType, Item, Match, Member, Outcome, Reason, Stage

__all__ = ["by_side", "separate_not_money", "solve_group"]


def solve_group(reconciliation: Reconciliation, key: str, items: Sequence[Item], horizon: Horizon | None) -> Outcome:
    """Matches and breaks of the items that share one key; the same for any order of `items`.

    Args:
        reconciliation: the rules; its sides' order says what is left and right.
        key: the normalised key, stamped on every decision.
        items: every live record with this key, only the highest revision of each.
        horizon: watermarks by side for the close pass; None for the stream pass, which makes nothing final.

    Raises:
        ReconcilerError: an item is on a side that the reconciliation does not have.
    """
    live, ignored = separate_not_money(items)
    solving = _Solving(reconciliation, key, horizon, tuple(live))
    solving.solve(by_side(reconciliation, live))
    return Outcome(
        matches=solving.matches(),
        breaks=tuple(solving.breaks),
        ignored=tuple(sorted(Member(item.side, item.id) for item in ignored)),
    )


def separate_not_money(items: Iterable[Item]) -> tuple[list[Item], list[Item]]:
    """Items that tell money or a failure which another side contradicts, and those that are to be ignored."""
    live = [item for item in items if item.status != "VOID"]
    succeeding = {item.side for item in live if item.status != "FAILED"}
    kept = [item for item in live if item.status != "FAILED" or (succeeding and item.side not in succeeding)]
    keep = {(item.side, item.id) for item in kept}
    return kept, [item for item in items if (item.side, item.id) not in keep]


def by_side(reconciliation: Reconciliation, items: Iterable[Item]) -> Sides:
    """Items by side, each side in book order; every side of the reconciliation has an entry.

    Raises:
        ReconcilerError: an item is on a side that the reconciliation does not have.
    """
    sides: Sides = {name: [] for name in reconciliation.side_names}
    for item in sorted(items, key=book_order):
        if item.side not in sides:
            known = ", ".join(sides)
            raise ReconcilerError(f"{item.id} is on side {item.side!r}; {reconciliation.name} has the sides {known}")
        sides[item.side].append(item)
    return sides


@dataclass(slots=True)
class _Solving:
    """One group while it is solved: what has matched so far, and the breaks."""

    reconciliation: Reconciliation
    key: str
    horizon: Horizon | None
    live: tuple[Item, ...]
    rows: list[Row] = field(default_factory=list)
    breaks: list[Break] = field(default_factory=list)
    reversed_pairs: int = 0

    def solve(self, sides: Sides) -> None:
        if not self.live:
            return
        ordered = self._ordered(sides)
        pending = [item for item in ordered if item.status == "PENDING"]
        if pending:
            places = ", ".join(dict.fromkeys(item.side for item in pending))
            self._add_break(BreakType.TIMING, ordered, pending[0].amount_minor, [Reason("status", f"still PENDING on {places}")])
            return
        if any(item.is_reversal for item in self.live) and not self._settle_reversals(sides):
            return
        self._solve_rows(sides)

    def matches(self) -> tuple[Match, ...]:
        """The one match of everything that was found to agree, if anything did."""
        if not self.rows:
            return ()
        items = self._ordered_rows(self.rows)
        present = self.reconciliation.side_names
        reasons = [Reason("key", f"{self.key} on {', '.join(present)}"), *(self._row_reason(row) for row in self.rows[:3])]
        reasons += [reason for row in self.rows[:3] for reason in self._conversions(row.values())]
        if self.reversed_pairs:
            reasons.append(Reason("reversal", "each side reverses the payment: it nets to 0"))
        if len(self.rows) > 1:
            reasons.append(Reason("count", f"{len(self.rows)} items on each side"))
        gross = sum(row[present[0]].amount_minor for row in self.rows if not (self.reversed_pairs and row[present[0]].is_reversal))
        return (make_match(items, key=self.key, amount_minor=gross, stage=Stage.KEY, reasons=reasons, final=self._settled(items)),)

    def _settle_reversals(self, sides: Sides) -> bool:
        """Match what every side reverses and take it off `sides`. False: a side lacks the reversal, and the group is open."""
        pairs = {name: pair_reversals(items) for name, items in sides.items()}
        counts = {name: len(found) for name, found in pairs.items()}
        least, most = min(counts.values()), max(counts.values())
        if least == 0 < most:
            lacking = [name for name, count in counts.items() if count == 0]
            reversal = next(found[0][1] for found in pairs.values() if found)
            reason = Reason("reversal", f"reversed on {', '.join(n for n, c in counts.items() if c)}, not on {', '.join(lacking)}")
            self._add_missing(self._ordered(sides), lacking, reversal.amount_minor, [reason])
            return False
        self.reversed_pairs = least
        for part in (0, 1):
            taken = {name: [pair[part] for pair in found[:least]] for name, found in pairs.items()}
            rows, _ = align(taken, least)
            for row in rows:
                self._judge(row)
            for name, items in taken.items():
                gone = {item.id for item in items}
                sides[name] = [item for item in sides[name] if item.id not in gone]
        return True

    def _solve_rows(self, sides: Sides) -> None:
        """Align what is left, judge each row, and open what has no counterpart."""
        present = {name: items for name, items in sides.items() if items}
        if not present:
            return
        absent = [name for name in sides if name not in present]
        exhausted = bool(absent) and self.reversed_pairs > 0
        missing = [] if exhausted else absent
        if not missing and not exhausted and self._is_split(present):
            return
        rows, surplus = align(present, 0 if exhausted else min(map(len, present.values())))
        kept = [*self.rows, *rows]
        if missing and rows:
            for row in rows:
                self._judge(row, keep=False)
            first = next(iter(present))
            amount = sum(row[first].amount_minor for row in rows)
            self._add_missing(self._ordered_rows(rows), missing, amount, [])
        else:
            for row in rows:
                self._judge(row)
        for item in surplus:
            self._add_surplus(item, kept, sides)

    def _judge(self, row: Row, *, keep: bool = True) -> None:
        """Put a row among the matched, or report its first difference. With `keep` False only differences count."""
        items = list(row.values())
        amounts, currency, tolerance = self._compared(row)
        told = Reason("told", "; ".join(f"{name}: {item.amount_minor} {item.currency} {item.status}" for name, item in row.items()))
        if currency is None:
            self._add_break(BreakType.CURRENCY, items, items[0].amount_minor, [told, *self._conversions(items)])
        elif len({item.status for item in items}) > 1:
            self._add_break(BreakType.STATUS, items, amounts[0], [told])
        elif len({item.is_reversal for item in items}) > 1:
            reason = Reason("reversal", "one side tells a payment, another its reversal")
            self._add_break(BreakType.AMOUNT, items, max(amounts) + min(amounts), [told, reason])
        elif not tolerance.within(amounts, currency):
            self._add_break(BreakType.AMOUNT, items, max(amounts) - min(amounts), [told, self._row_reason(row)])
        elif keep:
            self.rows.append(row)

    def _is_split(self, present: Sides) -> bool:
        """Whether the sides tell one sum in different pieces; if so, that is the break."""
        if len({len(items) for items in present.values()}) == 1:
            return False
        items = self._ordered(present)
        values = {(item.currency, item.status, item.is_reversal) for item in items}
        sums = {name: sum(item.amount_minor for item in pieces) for name, pieces in present.items()}
        if len(values) > 1 or len(set(sums.values())) > 1:
            return False
        total = next(iter(sums.values()))
        pieces = ", ".join(f"{len(found)} on {name}" for name, found in present.items())
        self._add_break(
            BreakType.SPLIT,
            items,
            total,
            [Reason("split", f"the same sum {total} {items[0].currency} in different pieces: {pieces}")],
        )
        return True

    def _add_surplus(self, item: Item, kept: Sequence[Row], sides: Sides) -> None:
        """An item beyond what the other sides have: a copy of one that was aligned, or one that they lack."""
        others = [name for name in sides if name != item.side]
        original = next((row[item.side] for row in kept if item.side in row and value_of(row[item.side]) == value_of(item)), None)
        if original is None:
            lacking = [name for name in others if not any(value_of(other) == value_of(item) for other in sides[name])]
            self._add_missing(
                [item], lacking or others, item.amount_minor, [Reason("count", f"one more than on {', '.join(others)}")]
            )
            return
        reason = Reason("duplicate", f"copies {original.id}, which is booked first and stays")
        self._add_break(BreakType.DUPLICATE, [item], item.amount_minor, [reason])

    def _add_missing(self, items: Sequence[Item], lacking: Sequence[str], amount_minor: int, reasons: list[Reason]) -> None:
        """TIMING while every lacking side may still deliver, MISSING as soon as one will not."""
        calendar = self.reconciliation.calendar
        late = [name for name in lacking if is_overdue(calendar, self.horizon, name, items)]
        if not late:
            reason = Reason("due", f"{', '.join(lacking)} may still deliver")
            self._add_break(BreakType.TIMING, items, amount_minor, [*reasons, reason], final=False)
            return
        kind = BreakType.MISSING_LEFT if late[0] == self.reconciliation.side_names[0] else BreakType.MISSING_RIGHT
        reason = Reason("missing", f"nothing on {', '.join(late)}, complete beyond the due date")
        self._add_break(kind, items, amount_minor, [*reasons, reason], final=len(late) == len(lacking))

    def _add_break(
        self, kind: BreakType, items: Sequence[Item], amount_minor: int, reasons: list[Reason], *, final: bool | None = None
    ) -> None:
        settled = self._settled(items) and kind is not BreakType.TIMING if final is None else final
        self.breaks.append(make_break(kind, items, key=self.key, amount_minor=amount_minor, reasons=reasons, final=settled))

    def _settled(self, items: Iterable[Item]) -> bool:
        return all_passed(self.reconciliation.calendar, self.horizon, self.reconciliation.side_names, items)

    def _row_reason(self, row: Row) -> Reason:
        amounts, currency, tolerance = self._compared(row)
        return amount_reason(min(amounts), max(amounts), currency or "", tolerance.allowed_between(amounts, currency or ""))

    def _compared(self, row: Row) -> tuple[list[int], str | None, Tolerance]:
        """Amounts of a row that can be held against each other, their currency and tolerance; no currency when they cannot.

        Amounts of several currencies are converted where the rules have rates, and compared only if they then agree.
        """
        items, tolerance, fx = list(row.values()), self.reconciliation.tolerance, self.reconciliation.fx
        amounts = [item.amount_minor for item in items]
        if len({item.currency for item in items}) == 1:
            return amounts, items[0].currency, tolerance
        converted = [] if fx is None else [amount for item in items if (amount := fx.in_base(item)) is not None]
        if fx is None or len(converted) < len(items) or len({item.is_reversal for item in items}) > 1:
            return amounts, None, tolerance
        wider = tolerance.at_least(fx.tolerance_ppm)
        return converted, fx.base if wider.within(converted, fx.base) else None, wider

    def _conversions(self, items: Iterable[Item]) -> list[Reason]:
        """How amounts of several currencies compare, or why they do not; nothing without rates."""
        fx, listed = self.reconciliation.fx, list(items)
        if fx is None or len({item.currency for item in listed}) == 1:
            return []
        return [Reason("fx", fx.told(item)) for item in listed if item.currency != fx.base]

    def _ordered(self, sides: Sides) -> list[Item]:
        return [item for name in self.reconciliation.side_names for item in sides.get(name, ())]

    def _ordered_rows(self, rows: Iterable[Row]) -> list[Item]:
        listed = list(rows)
        return [row[name] for name in self.reconciliation.side_names for row in listed if name in row]
