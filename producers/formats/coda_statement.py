"""The state of a CODA file while its records stream by: header, accounts, movements, and the proofs of records 8 and 9."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from producers.errors import FileFormatError, RecordError
from producers.formats.coda_movement import Part, entry_of
from producers.formats.coda_records import account_of, coda_date, signed_minor
from producers.formats.contract import (
    BadEntry,
    Balance,
    Entry,
    Event,
    Finding,
    ParseOptions,
    StatementEnd,
    StatementStart,
    StatementType,
    Totals,
)
from producers.formats.proof import RunningProof
from schemas.errors import AmountError
from schemas.records import Direction, Proof

__all__ = ["StatementReader"]

_OF_MOVEMENTS = frozenset({"21", "22", "23", "31", "32", "33"})
_MAX_RECORDS = 100_000
"""Of one movement: details are numbered with four digits, and each has six records at most."""


class StatementReader:
    """Turns records into events. One instance reads one stream of files.

    Attributes:
        open: a file (0 to 9) is not ended.
    """

    def __init__(self, options: ParseOptions) -> None:
        self.open = False
        self._options = options
        self._statements = 0
        self._created: dt.date | None = None
        self._is_copy = False
        self._line = 0
        self._start: StatementStart | None = None
        self._ended: StatementEnd | None = None
        self._parts: list[Part] = []
        self._raw: list[bytes] = []
        self._begin_file()
        self._reset()

    def _begin_file(self) -> None:
        self._records = self._accounts = 0
        self._sums = {Direction.CREDIT: 0, Direction.DEBIT: 0}

    def _reset(self) -> None:
        self._proof = RunningProof()
        self._entries = 0

    def read(self, number: int, text: str, raw: bytes) -> Iterator[Event]:
        """The events of a record of 128 characters.

        Raises:
            FileFormatError: a movement has more records than any bank sends.
        """
        kind = text[:2]
        if text[0] not in {"0", "9"}:
            self._records += 1
        if self._raw and kind in _OF_MOVEMENTS and not (kind == "21" and text[6:10] == "0000"):
            self._continue(number, text, raw)
            return
        yield from self._flush()
        self._line = number
        if kind == "21":
            self._entries += 1
            self._parts, self._raw = [Part(text)], [raw]
        elif kind[0] == "1":
            yield from self._begin(number, text)
        elif kind[0] == "8":
            yield from self._close(number, text, raw)
        elif kind[0] == "9":
            yield from self._end_file(text)
        elif text.startswith("0000"):
            self._header(text)
        elif kind[0] == "4":
            yield self._finding("bank_message", f"message of the bank: {text[32:112].strip()}")
        else:
            yield self.bad(number, raw, "unknown_record", f"{text[:20]!r} is no CODA record in its place")

    def _continue(self, number: int, text: str, raw: bytes) -> None:
        self._raw.append(raw)
        if len(self._raw) > _MAX_RECORDS:
            raise FileFormatError(f"line {number}: more than {_MAX_RECORDS} records of one movement")
        if text.startswith("21"):
            self._parts.append(Part(text))
        else:
            self._parts[-1].add(text)

    def end_of_stream(self) -> None:
        """The end of the stream.

        Raises:
            FileFormatError: the last file has no trailer (9).
        """
        if self.open or self._start is not None or self._ended is not None:
            raise FileFormatError(f"line {self._line}: the file has no trailer (9); it was cut short: have it sent again")

    def bad(self, number: int, raw: bytes, reason: str, detail: str) -> BadEntry:
        """The quarantine of a record, counted in the statement."""
        self._proof.bad_entries += 1
        if self._ended is not None:
            self._ended = replace(self._ended, bad_entries=self._proof.bad_entries)
        return BadEntry(index=self._entries, reason=reason, detail=detail, line=number, position=str(number), raw=raw)

    def _header(self, text: str) -> None:
        self.open = True
        self._created = coda_date(text[5:11])
        self._is_copy = text[16] == "D"
        self._begin_file()

    def _begin(self, number: int, text: str) -> Iterator[Event]:
        yield from self._cut()
        yield from self._release()
        self._reset()
        account, currency = account_of(text[1], text[5:42])
        currency = currency or self._options.default_currency or "EUR"
        opening, problem = None, ""
        try:
            opening = Balance(signed_minor(text[42], text[43:58], currency), coda_date(text[58:64]))
        except (RecordError, AmountError) as error:
            problem = str(error)
        self._statements += 1
        self._accounts += 1
        sequence = int(text[2:5]) if text[2:5].isdigit() and text[2:5].isascii() else None
        year = self._created.year if self._created else ""
        self._start = StatementStart(
            index=self._statements,
            type=StatementType.STATEMENT,
            account_id=account or self._options.default_account or "",
            currency=currency,
            statement_id=f"{year}:{text[2:5].strip()}",
            sequence=sequence,
            opening=opening,
            version="CODA 2",
            is_copy=self._is_copy,
            line=number,
            position=str(number),
        )
        yield self._start
        if problem:
            yield self._finding("malformed_balance", f"old balance: {problem}")

    def _close(self, number: int, text: str, raw: bytes) -> Iterator[Event]:
        start = self._start
        if start is None:
            yield self.bad(number, raw, "unexpected_balance", "a new balance (8) without an account (1)")
            return
        closing, problems = None, []
        try:
            closing = Balance(signed_minor(text[41], text[42:57], start.currency), coda_date(text[57:63]))
        except (RecordError, AmountError) as error:
            problems.append(("malformed_balance", f"new balance: {error}"))
        if text[1:4].strip() != str(start.statement_id).partition(":")[2]:
            problems.append(
                ("sequence_mismatch", f"the new balance is of statement {text[1:4]!r}, the old one of {start.sequence}")
            )
        for code, message in problems:
            yield self._finding(code, message)
        yield from self._conclude(number, closing, complete=True)

    def _cut(self) -> Iterator[Event]:
        """An account without new balance: banks leave it out when nothing moved."""
        start = self._start
        if start is None:
            return
        if self._entries:
            yield self._finding("missing_closing_balance", f"the account of line {start.line} has no new balance (8)")
        yield from self._conclude(self._line, None if self._entries else start.opening, complete=not self._entries)

    def _conclude(self, number: int, closing: Balance | None, *, complete: bool) -> Iterator[Event]:
        start = self._start
        assert start is not None
        proof, problems = self._proof.conclude(start.opening, closing, None, start.currency)
        for code, message in problems:
            yield self._finding(code, message)
        self._ended = StatementEnd(
            start=start,
            opening=start.opening,
            closing=closing,
            declared=None,
            computed=self._proof.totals(),
            bad_entries=self._proof.bad_entries,
            complete=complete,
            proof=proof,
            line=number,
            position=str(number),
        )
        self._start = None

    def _end_file(self, text: str) -> Iterator[Event]:
        """The trailer: record count, debit and credit sums; it may fail the last statement, which was held back for it."""
        yield from self._cut()
        self.open = False
        end = self._ended
        declared = {Direction.DEBIT: text[22:37], Direction.CREDIT: text[37:52]}
        problems = []
        if text[16:22].strip() != "" and text[16:22] != f"{self._records:06d}":
            problems.append(f"{text[16:22]} records, there are {self._records}")
        minor = {}
        for direction, digits in declared.items():
            try:
                minor[direction] = signed_minor("0", digits, end.start.currency if end else "EUR")
            except (RecordError, AmountError) as error:
                problems.append(f"{direction.value.lower()}s unreadably: {error}")
                continue
            if minor[direction] != self._sums[direction]:
                stated, counted = minor[direction], self._sums[direction]
                problems.append(f"{direction.value.lower()}s of {stated} minor units, its movements make {counted}")
        for problem in problems:
            yield self._finding("declared_total_mismatch", f"the trailer (9) declares {problem}")
        if end is not None:
            proof = Proof.FAILED if problems else end.proof
            totals = Totals(credit_minor=minor.get(Direction.CREDIT), debit_minor=minor.get(Direction.DEBIT))
            self._ended = replace(end, proof=proof, declared=totals if self._accounts == 1 else None)
        yield from self._release()

    def _release(self) -> Iterator[Event]:
        end, self._ended = self._ended, None
        if end is not None:
            yield end

    def _flush(self) -> Iterator[Event]:
        parts, self._parts = self._parts, []
        raw, self._raw = self._raw, []
        if not parts:
            return
        try:
            start = self._require_start()
            entry = entry_of(parts, index=self._entries, account_id=start.account_id, currency=start.currency, line=self._line)
        except (RecordError, AmountError) as error:
            reason = "amount" if isinstance(error, AmountError) else "malformed_movement"
            yield self.bad(self._line, b"\n".join(raw), reason, str(error))
            return
        self._proof.add(entry, entry.currency)
        self._sums[entry.direction] += entry.amount_minor
        yield entry
        yield from self._check_details(entry)

    def _require_start(self) -> StatementStart:
        if self._start is None:
            raise RecordError("movement 21 stands outside of an account (1 to 8)")
        return self._start

    def _check_details(self, entry: Entry) -> Iterator[Event]:
        signed = {Direction.CREDIT: 1, Direction.DEBIT: -1}
        amounts = [
            signed[detail.direction] * detail.amount_minor
            for detail in entry.details
            if detail.amount_minor is not None and detail.direction is not None
        ]
        if amounts and sum(amounts) != signed[entry.direction] * entry.amount_minor:
            message = f"{len(amounts)} details make {sum(amounts)} minor units, their movement has another amount"
            yield self._finding("detail_sum_mismatch", message)

    def _finding(self, code: str, message: str) -> Finding:
        return Finding(code=code, message=message, line=self._line, position=str(self._line))
