"""The state of one BAI2 file while its records stream by: file, groups, accounts, and the proof of each trailer."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from producers.errors import FileFormatError, RecordError
from producers.formats.bai2_entry import DetailReader, amount_as_written, bai2_date
from producers.formats.bai2_proof import ledger_problems, summary_totals
from producers.formats.bai2_records import Record
from producers.formats.bai2_summary import Summary, parse_summary
from producers.formats.bai2_trailers import Level, check_trailer
from producers.formats.contract import (
    BadEntry,
    Balance,
    CorrectionKind,
    EntryStatus,
    Event,
    Finding,
    ParseOptions,
    StatementEnd,
    StatementStart,
    StatementType,
)
from producers.formats.proof import RunningProof
from schemas.errors import AmountError
from schemas.money import MAX_AMOUNT_MINOR, currency_exponent
from schemas.records import Proof

__all__ = ["AccountReader"]

_GROUP_STATUS = {
    "2": ("group_deletion", "the bank withdraws what it sent before; its entries are not money: take the earlier ones back"),
    "3": ("group_correction", "the bank corrects what it sent before; compare it with the earlier statement of the day"),
    "4": ("test_group", "the bank marks the group as a test; its entries are not money"),
}
_CORRECTIONS = {"2": CorrectionKind.WITHDRAWS, "3": CorrectionKind.REPLACES}
_GROUPS_PER_MINUTE = 1_000_000
_FINAL_PREVIOUS_DAY = frozenset({"", "2"})


class AccountReader:
    """Turns records into events. One instance reads one stream of files."""

    def __init__(self, options: ParseOptions) -> None:
        self._options = options
        self._file, self._group, self._account = Level(), Level(), Level()
        self._file_id = ""
        self._created: int | None = None
        self._status = self._modifier = self._currency = ""
        self._as_of: dt.date | None = None
        self._statements = 0
        self._start: StatementStart | None = None
        self._ended: StatementEnd | None = None
        self._closed_file = False
        self._reset()

    def _reset(self) -> None:
        self._summary = Summary()
        self._proof = RunningProof()
        self._details: DetailReader | None = None
        self._entries = 0
        self._problems: list[tuple[str, str]] = []

    def read(self, record: Record) -> Iterator[Event]:
        """The events of any record but 16.

        Raises:
            FileFormatError: the records are in no BAI2 order at all.
        """
        if record.code == "01":
            yield from self._begin_file(record)
            return
        if not self._file.open:
            raise FileFormatError(f"line {record.line}: record {record.text[:20]!r} stands outside of a file (01 to 99)")
        if record.joined:
            yield self._joined(record)
        if record.code == "02":
            yield from self._begin_group(record)
        elif record.code == "03":
            yield from self._begin_account(record)
        elif record.code == "49":
            yield from self._end_account(record)
        elif record.code == "98":
            yield from self._cut_account(record)
            self._group.records += record.records
            self._check(self._group, record, self._file, "group (98)")
        elif record.code == "99":
            yield from self._cut_account(record)
            self._cut_group()
            self._file.records += record.records
            self._check(self._file, record, None, "file (99)")
            self._closed_file = True
            yield from self._release()
        else:
            yield from self._bad(record, "unknown_record", f"{record.text[:40]!r} is no BAI2 record")

    def detail(self, record: Record) -> Event:
        """The entry of a record 16, or its quarantine."""
        self._entries += 1
        self._account.records += record.records
        if self._details is None:
            self._account.total += amount_as_written(record)
            message = "record 16 stands outside of an account (03 to 49), or of one whose currency cannot be read"
            return self._bad_entry(record, "malformed_detail", message)
        try:
            entry = self._details.read(record, self._entries)
        except RecordError as error:
            self._account.total += amount_as_written(record)
            return self._bad_entry(record, "malformed_detail", str(error))
        self._account.total += entry.amount_minor
        self._proof.add(entry, entry.currency)
        return entry

    def joined_detail(self, record: Record) -> Iterator[Event]:
        """The same for a record 16 that begins in the middle of a line, which a text could have forged: it is reported."""
        yield self._joined(record)
        yield self.detail(record)

    def end_of_stream(self) -> None:
        """The end of the stream.

        Raises:
            FileFormatError: it does not end with a file trailer (99).
        """
        if self._file.open or not self._closed_file:
            raise FileFormatError(
                f"line {self._file.line}: the file that begins here has no trailer (99); it was cut short: have it sent again"
            )

    def _begin_file(self, record: Record) -> Iterator[Event]:
        if self._file.open:
            raise FileFormatError(f"line {record.line}: a file begins (01) before the one of line {self._file.line} has ended (99)")
        yield from self._release()
        self._file.begin(record)
        fields = [part.strip() for part in record.text.split(",")]
        self._file_id = "-".join(fields[3:6:2])
        self._created = _minutes(*fields[3:5]) if len(fields) > 4 and self._options.mapping.get("corrections") == "by_id" else None
        self._closed_file = False
        self._group.open = self._account.open = False

    def _begin_group(self, record: Record) -> Iterator[Event]:
        yield from self._cut_account(record)
        self._cut_group()
        yield from self._release()
        self._group.begin(record)
        fields = [part.strip() for part in record.text.split(",")] + [""] * 8
        self._status, self._modifier, self._currency = fields[3], fields[7], fields[6]
        self._as_of = bai2_date(fields[4])

    def _begin_account(self, record: Record) -> Iterator[Event]:
        yield from self._cut_account(record)
        yield from self._release()
        self._account.begin(record)
        self._reset()
        fields = record.text.split(",")
        account_id = "".join(fields[1].split()) or self._options.default_account or ""
        currency = (fields[2].strip() if len(fields) > 2 else "") or self._currency or self._options.default_currency or "USD"
        try:
            self._summary = parse_summary(fields[3:])
        except RecordError as error:
            self._problems.append(("malformed_summary", str(error)))
        self._account.total = self._summary.total
        self._statements += 1
        self._start = StatementStart(
            index=self._statements,
            type=self._type(),
            account_id=account_id,
            currency=currency,
            statement_id=f"{self._as_of.isoformat() if self._as_of else ''}:{self._file_id}/{self._statements}",
            opening=self._balance("010"),
            version="BAI2",
            # Groups of one file follow each other within the minute in which it was made.
            issued=None if self._created is None else self._created * _GROUPS_PER_MINUTE + self._statements,
            line=record.line,
            position=str(record.line),
        )
        status = EntryStatus.INFORMATION if self._status in {"2", "4"} else EntryStatus.BOOKED
        directions = self._options.mapping.get("type_codes", {})
        try:
            currency_exponent(currency)
            correction = _CORRECTIONS.get(self._status)
            self._details = DetailReader(account_id, currency, self._as_of, status, directions, correction)
        except AmountError as error:
            self._problems.append(("malformed_currency", str(error)))
        yield self._start
        if self._status in _GROUP_STATUS:
            code, message = _GROUP_STATUS[self._status]
            yield self._finding(code, message, record)
        if not self._group.open:
            yield self._finding("missing_header", "the account stands outside of a group (02 to 98)", record)

    def _type(self) -> StatementType:
        if self._status in {"2", "4"}:
            return StatementType.NOTIFICATION
        # Interim and same-day groups are repeated by the final one of the previous day, which alone is the ledger.
        return StatementType.STATEMENT if self._modifier in _FINAL_PREVIOUS_DAY else StatementType.REPORT

    def _balance(self, code: str) -> Balance | None:
        amount = self._summary.amounts.get(code)
        return None if amount is None or abs(amount) > MAX_AMOUNT_MINOR else Balance(amount, self._as_of)

    def _end_account(self, record: Record) -> Iterator[Event]:
        if not self._account.open:
            yield from self._bad(record, "unexpected_trailer", "record 49 stands outside of an account")
            return
        self._account.records += record.records
        proved = self._check(self._account, record, self._group, "account (49)")
        self._conclude(record, complete=True, proved=proved)

    def _cut_account(self, record: Record) -> Iterator[Event]:
        if self._account.open:
            yield self._finding("missing_trailer", f"the account of line {self._account.line} has no trailer (49)", record)
            self._group.records += self._account.records
            self._account.open = False
            self._conclude(record, complete=False, proved=False)

    def _cut_group(self) -> None:
        if self._group.open:
            self._problems.append(("missing_trailer", f"the group of line {self._group.line} has no trailer (98)"))
            self._file.records += self._group.records
            self._group.open = False

    def _conclude(self, record: Record, *, complete: bool, proved: bool) -> None:
        """Keeps the end back: the trailers of group and file may yet fail it."""
        assert self._start is not None
        closing = self._balance("015")
        failed, notes = ledger_problems(self._summary, self._proof, self._start.currency) if self._details else ([], [])
        self._problems += failed
        proof = Proof.FAILED if self._problems else Proof.PROVED if proved and not notes else Proof.NOT_PROVABLE
        self._problems += notes
        self._ended = StatementEnd(
            start=self._start,
            opening=self._start.opening,
            closing=closing,
            declared=summary_totals(self._summary),
            computed=self._proof.totals(),
            bad_entries=self._proof.bad_entries,
            complete=complete,
            proof=proof,
            line=record.line,
            position=str(record.line),
        )
        self._details = None

    def _check(self, level: Level, record: Record, parent: Level | None, name: str) -> bool:
        """Hold a trailer against what was read; whether it said enough, and all of it was true."""
        problems = check_trailer(level, record, parent, name)
        self._problems += problems
        if problems and self._ended is not None:
            self._ended = replace(self._ended, proof=Proof.FAILED)
        return not problems

    def _joined(self, record: Record) -> Finding:
        return self._finding("joined_records", f"record {record.code} begins in the middle of its line", record)

    def _release(self) -> Iterator[Event]:
        end, self._ended = self._ended, None
        if end is None:
            return
        for code, message in self._problems:
            yield Finding(code=code, message=message, line=end.line, position=end.position)
        self._problems = []
        yield end

    def _bad(self, record: Record, reason: str, detail: str) -> Iterator[Event]:
        self._entries += 1
        yield self._bad_entry(record, reason, detail)

    def _bad_entry(self, record: Record, reason: str, detail: str) -> BadEntry:
        self._proof.bad_entries += 1
        if self._ended is not None:
            self._ended = replace(self._ended, bad_entries=self._proof.bad_entries)
        position = str(record.line)
        return BadEntry(index=self._entries, reason=reason, detail=detail, line=record.line, position=position, raw=record.raw())

    @staticmethod
    def _finding(code: str, message: str, record: Record) -> Finding:
        return Finding(code=code, message=message, line=record.line, position=str(record.line))


def _minutes(date: str, time: str) -> int | None:
    """Minutes from the year 2000 to a file's creation (YYMMDD, HHMM; 2400 ends the day); None where it says none."""
    day = bai2_date(date)
    if day is None or not (len(time) == 4 and time.isdigit() and time.isascii()):
        return None
    return (day - dt.date(2000, 1, 1)).days * 1440 + int(time[:2]) * 60 + int(time[2:])
