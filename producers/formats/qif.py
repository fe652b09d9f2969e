"""QIF downloads of bank, card and cash accounts.

The format has no account number, no currency and no balance, so nothing can be proved: the feed must name account
(`default_account`) and currency (`default_currency`), and the order of day and month where no date tells it
(`mapping = {"date_format": "%d/%m/%Y"}`). Splits (S, E, $) divide a record among categories and must make its amount.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from producers.errors import RecordError
from producers.formats.contract import (
    BadEntry,
    Entry,
    EntryStatus,
    Event,
    Finding,
    ParseOptions,
    StatementEnd,
    StatementStart,
    StatementType,
)
from producers.formats.csv_inference import DecimalSeparators
from producers.formats.proof import RunningProof
from producers.formats.qif_dates import DayOrder
from producers.formats.qif_records import Record, read_records
from producers.formats.references import clean_reference
from schemas.errors import AmountError
from schemas.money import parse_minor
from schemas.records import Direction

__all__ = ["parse", "recognise"]

_HEAD = re.compile(rb"\s*!(?:type\s*:|account|option\s*:|clear\s*:)", re.IGNORECASE)
_LISTS = frozenset({"type:bank", "type:ccard", "type:cash", "type:oth a", "type:oth l"})
_NO_CURRENCY = "XXX"
_OPENING = "opening balance"


def recognise(head: bytes) -> bool:
    """True when the file begins with a QIF header line."""
    return _HEAD.match(head) is not None


def parse(stream: BinaryIO, options: ParseOptions = ParseOptions()) -> Iterator[Event]:  # noqa: B008 (frozen)
    """Events of a QIF file: a LISTING per section of an account.

    Args:
        stream: seekable; it is read twice, because the dates as a whole tell the order of day and month.
        options: account, currency and date order of the feed.

    Raises:
        FileFormatError: no header, cut inside of a record, dates or amounts that are ambiguous, or a record of absurd length.
    """
    days, separators = DayOrder(options.mapping.get("date_format")), DecimalSeparators(options.mapping.get("decimal"))
    for record in read_records(stream, options.max_line_bytes):
        if record.section in _LISTS:
            for letter, value in record.fields:
                if letter == "D":
                    days.see(value)
                elif letter in "TU$":
                    separators.see(value)
    stream.seek(0)
    reader = _Reader(options, day_first=days.decide(), decimal=separators.decide())
    line = 1
    for record in read_records(stream, options.max_line_bytes):
        line = record.line
        yield from reader.read(record)
    yield from reader.end(line)


class _Reader:
    def __init__(self, options: ParseOptions, *, day_first: bool, decimal: str) -> None:
        self._account = options.default_account or ""
        self._stated = options.default_currency
        self._currency = options.default_currency or _NO_CURRENCY
        self._day_first = day_first
        self._decimal = decimal
        self._group = "." if decimal == "," else ","
        self._statements = 0
        self._start: StatementStart | None = None
        self._proof = RunningProof()
        self._entries = 0

    def read(self, record: Record) -> Iterator[Event]:
        if not record.fields:
            yield from self.end(record.line)
            if record.section in _LISTS:
                yield from self._begin(record)
            elif record.section.startswith("type:invst"):
                message = "a section of an investment account is not read: securities have no place here"
                yield _finding("investment_section", message, record.line)
        elif record.section == "account":
            self._account = next(("".join(value.split()) for letter, value in record.fields if letter == "N"), self._account)
        elif self._start is not None:
            yield from self._entry(record, self._start)

    def end(self, line: int) -> Iterator[Event]:
        start, self._start = self._start, None
        if start is None:
            return
        proof, problems = self._proof.conclude(None, None, None, start.currency)
        for code, message in problems:
            yield _finding(code, message, line)
        yield StatementEnd(
            start=start,
            opening=None,
            closing=None,
            declared=None,
            computed=self._proof.totals(),
            bad_entries=self._proof.bad_entries,
            complete=True,
            proof=proof,
            line=line,
            position=str(line),
        )

    def _begin(self, record: Record) -> Iterator[Event]:
        self._statements += 1
        self._entries = 0
        self._proof = RunningProof()
        self._start = StatementStart(
            index=self._statements,
            type=StatementType.LISTING,
            account_id=self._account,
            currency=self._currency,
            statement_id="",
            version="QIF",
            line=record.line,
            position=str(record.line),
        )
        yield self._start
        if self._stated is None:
            message = "QIF names no currency; amounts are taken to have two decimals: set default_currency of the feed"
            yield _finding("currency_assumed", message, record.line)

    def _entry(self, record: Record, start: StatementStart) -> Iterator[Event]:
        self._entries += 1
        values: dict[str, str] = {}
        for letter, value in record.fields:
            values.setdefault(letter, value)
        position = str(record.line)
        try:
            amount = self._minor(values.get("T") or values.get("U") or "")
            date = DayOrder.parse(values.get("D", ""), day_first=self._day_first)
            splits = [self._minor(value) for letter, value in record.fields if letter == "$"]
        except (RecordError, AmountError) as error:
            self._proof.bad_entries += 1
            reason = "amount" if isinstance(error, AmountError) else "malformed_record"
            yield BadEntry(
                index=self._entries, reason=reason, detail=str(error), line=record.line, position=position, raw=record.raw
            )
            return
        payee = values.get("P") or None
        # The first record of an account tells its opening balance as if it were a payment.
        is_balance = (payee or "").lower() == _OPENING
        entry = Entry(
            index=self._entries,
            account_id=start.account_id,
            currency=start.currency,
            amount_minor=abs(amount),
            direction=Direction.DEBIT if amount < 0 else Direction.CREDIT,
            status=EntryStatus.INFORMATION if is_balance else EntryStatus.BOOKED,
            booking_date=date,
            customer_reference=clean_reference(values.get("N")),
            counterparty_name=payee,
            remittance=values.get("M") or None,
            line=record.line,
            position=position,
        )
        self._proof.add(entry, start.currency)
        yield entry
        if splits and sum(splits) != amount:
            yield _finding("split_sum_mismatch", f"splits make {sum(splits)} minor units, the record has {amount}", record.line)

    def _minor(self, text: str) -> int:
        return parse_minor(text, self._currency, decimal=self._decimal, group=self._group)


def _finding(code: str, message: str, line: int) -> Finding:
    return Finding(code=code, message=message, line=line, position=str(line))
