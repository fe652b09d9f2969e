"""The company's own ledger against its bank accounts: what is booked in `core` per account, and what the bank says of it."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from producers.sandbox.accounts import BankAccount, account_of
from producers.sandbox.booking import DraftLine
from producers.sandbox.labelled import Labels, Member
from producers.sandbox.ledger_plan import LedgerPlant, Movement, plan_movements
from producers.sandbox.model import FeedRecord
from producers.sandbox.narration import Transfer, icici, sbi
from producers.sandbox.payments import Payment
from producers.sandbox.references import ReferenceSeries, transposed, truncated
from producers.sandbox.seeded import stream
from producers.sandbox.timeline import Timeline

__all__ = ["RECONCILIATION", "LedgerBook", "make_ledger"]

RECONCILIATION = "ledger-bank"

_DELIVERY = dt.timedelta(seconds=30)
_WRONG_BY_MINOR = 500_000  # beyond every tolerance of the demo's rules, and half-way to the next planned amount
_RTGS_FROM_MINOR = 20_000_000  # RTGS starts at 200,000 rupees
_LINE_PREFIX = {"icici": "S", "sbi": "SB", "camt": "CB", "mt940": "MB"}
_FILE_BANKS = frozenset({"camt", "mt940"})


@dataclass(slots=True)
class LedgerBook:
    """One account told twice: `entries` in the core feed, `lines` at the bank."""

    account: BankAccount
    entries: list[FeedRecord]
    lines: list[DraftLine]
    labels: Labels


def make_ledger(seed: int, timeline: Timeline, bank: str, payments: Sequence[Payment]) -> LedgerBook:
    """The book of the account at `bank`, from the payments that were routed there and from disbursements of its own."""
    book = LedgerBook(account_of(bank), [], [], Labels(RECONCILIATION))
    teller = _Teller(seed, timeline, book)
    for movement in plan_movements(seed, timeline, bank, payments):
        teller.tell(movement)
    return book


class _Teller:
    """Writes both sides of each movement and labels what it planted."""

    def __init__(self, seed: int, timeline: Timeline, book: LedgerBook) -> None:
        bank = book.account.bank
        self._rng = stream(seed, "ledger", bank)
        self._references = ReferenceSeries(stream(seed, "ledger references", bank))
        self._timeline = timeline
        self._book = book
        self._bank = bank

    def tell(self, movement: Movement) -> None:
        """Both sides of one movement, by its plant."""
        match movement.plant:
            case LedgerPlant.BANK_FEE:
                line = self._line(movement, None, "CHARGES INCL TAX")
                self._differs("MISSING_LEFT", movement, [], [line])
            case LedgerPlant.NEVER_AT_BANK:
                self._differs("MISSING_RIGHT", movement, [self._entry(movement, self._reference(movement))], [])
            case LedgerPlant.IN_FLIGHT:
                self._differs("TIMING", movement, [self._entry(movement, self._reference(movement))], [])
            case LedgerPlant.AMOUNT:
                self._tell_wrong_amount(movement)
            case LedgerPlant.CASH_TWINS:
                self._tell_twins(movement)
            case LedgerPlant.AMBIGUOUS:
                entries = [self._entry(movement, ""), self._entry(movement, "")]
                self._differs("AMBIGUOUS", movement, entries, [self._line(movement, None, "CASH DEPOSIT BY SELF")])
            case LedgerPlant.TYPO | LedgerPlant.TRUNCATED | LedgerPlant.EMBEDDED:
                self._tell_damaged_reference(movement)
            case _:
                reference = self._reference(movement)
                pair = ([self._entry(movement, reference)], [self._line(movement, reference, self._text(movement, reference))])
                label = "exact" if movement.plant is LedgerPlant.EXACT else f"exact:{movement.plant}"
                self._matches(label, *pair)

    def _tell_wrong_amount(self, movement: Movement) -> None:
        reference = self._reference(movement)
        line = self._line(movement, reference, self._text(movement, reference))
        wrong = replace(movement, amount_minor=movement.amount_minor + _WRONG_BY_MINOR)
        self._differs("AMOUNT", movement, [self._entry(wrong, reference)], [line])

    def _tell_twins(self, movement: Movement) -> None:
        """Two deposits that nothing tells apart, on both sides: paired by their order."""
        for _ in range(2):
            self._matches("twin", [self._entry(movement, "")], [self._line(movement, None, "CASH DEPOSIT BY SELF")])

    def _tell_damaged_reference(self, movement: Movement) -> None:
        reference = self._reference(movement)
        match movement.plant:
            case LedgerPlant.TYPO:
                at_ledger, at_bank = transposed(reference), reference
                text = self._text(movement, reference)
            case LedgerPlant.TRUNCATED:
                at_ledger, at_bank = reference, truncated(reference)
                text = self._text(movement, at_bank)
            case _:
                at_ledger, at_bank = self._invoice(), reference
                text = self._text(movement, reference, note=at_ledger)
        self._matches(f"tolerance:{movement.plant}", [self._entry(movement, at_ledger)], [self._line(movement, at_bank, text)])

    def _entry(self, movement: Movement, reference: str) -> FeedRecord:
        number = len(self._book.entries) + 1
        entry = FeedRecord(
            record_id=f"LED-{self._bank.upper()}-{number:06d}",
            revision=0,
            account_id=self._book.account.account_id,
            reference=reference,
            amount_minor=movement.amount_minor,
            currency=self._book.account.currency,
            direction=movement.direction,
            status="SUCCESS",
            channel=movement.channel,
            transaction_type=movement.transaction_type,
            booked_at=movement.booked_at,
            value_date=movement.booked_at.date(),
            description=movement.ledger_text,
            visible_at=movement.booked_at + _DELIVERY,
            counterparty_name=movement.name,
        )
        self._book.entries.append(entry)
        return entry

    def _line(self, movement: Movement, reference: str | None, narration: str) -> DraftLine:
        lag = dt.timedelta(days=movement.lag_days)
        booked_at = movement.booked_at + lag
        number = len(self._book.lines) + 1
        line = DraftLine(
            line_id=f"{_LINE_PREFIX[self._bank]}{booked_at:%y%m%d}{number:06d}",
            booked_at=booked_at,
            value_date=booked_at.date() + dt.timedelta(days=movement.value_days),
            amount_minor=movement.amount_minor,
            direction=movement.direction,
            channel=movement.channel,
            narration=narration,
            reference=reference,
            counterparty_name=movement.name,
            visible_at=self._visible_at(booked_at, movement.late_days),
        )
        self._book.lines.append(line)
        return line

    def _visible_at(self, booked_at: dt.datetime, late_days: int) -> dt.datetime:
        """APIs show a line at once or some days late; a statement shows it at the end of its day, complete."""
        if self._bank in _FILE_BANKS:
            return self._timeline.statement_time(self._timeline.day_of(booked_at.date()))
        return booked_at + _DELIVERY + dt.timedelta(days=late_days)

    def _reference(self, movement: Movement) -> str:
        if self._bank in _FILE_BANKS:
            return self._references.end_to_end()
        date = movement.booked_at.date()
        if movement.plant in {LedgerPlant.TRUNCATED, LedgerPlant.TYPO}:
            return self._references.neft_utr(date)
        if movement.rail in {"UPI", "IMPS"}:
            return self._references.rrn(date)
        return self._references.rtgs_utr(date) if movement.amount_minor >= _RTGS_FROM_MINOR else self._references.neft_utr(date)

    def _invoice(self) -> str:
        return f"INV{self._references.end_to_end()[3:]}"

    def _text(self, movement: Movement, reference: str, note: str = "") -> str:
        if self._bank in _FILE_BANKS:
            return note or movement.ledger_text
        rail = movement.rail
        if movement.plant in {LedgerPlant.TRUNCATED, LedgerPlant.TYPO}:
            rail = "NEFT"
        elif rail == "NEFT" and len(reference) == 22:
            rail = "RTGS"
        transfer = Transfer(rail, reference, movement.name, note, outgoing=movement.direction == "DEBIT")
        return icici(transfer) if self._bank == "icici" else sbi(transfer)

    def _members(self, entries: Iterable[FeedRecord], lines: Iterable[DraftLine]) -> set[Member]:
        account = self._book.account.account_id
        return {("core", entry.record_id) for entry in entries} | {(self._bank, f"{account}:{line.line_id}") for line in lines}

    def _matches(self, label: str, entries: Sequence[FeedRecord], lines: Sequence[DraftLine]) -> None:
        self._book.labels.match(label, self._members(entries, lines), _visible_at(entries, lines))

    def _differs(self, kind: str, movement: Movement, entries: Sequence[FeedRecord], lines: Sequence[DraftLine]) -> None:
        self._book.labels.differs(kind, str(movement.plant), self._members(entries, lines), _visible_at(entries, lines))


def _visible_at(entries: Sequence[FeedRecord], lines: Sequence[DraftLine]) -> dt.datetime:
    return max([*(entry.visible_at for entry in entries), *(line.visible_at for line in lines)])
