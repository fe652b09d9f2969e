"""The state of one NACHA file while its records stream by: file, batches, entries with addenda, and the control totals."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace

from producers.errors import FileFormatError, RecordError
from producers.formats.contract import (
    BadEntry,
    Entry,
    Event,
    Finding,
    ParseOptions,
    StatementEnd,
    StatementStart,
    StatementType,
    Totals,
)
from producers.formats.nacha_control import Control, Running, batch_control, differences, file_control
from producers.formats.nacha_entry import Batch, Written, entry_of, written_of, yymmdd
from producers.formats.proof import RunningProof
from schemas.records import Proof

__all__ = ["BatchReader"]

_MAX_ADDENDA = 10_000
_MAX_BAD_BYTES = 1 << 16
_PADDING = "9" * 20
"""Blocks of ten records are filled up with records of nines."""


class BatchReader:
    """Turns records into events. One instance reads one file.

    Attributes:
        closed: the file control (9) was read.
    """

    def __init__(self, options: ParseOptions) -> None:
        self.closed = False
        self._options = options
        self._file = Running()
        self._created: dt.date | None = None
        self._file_id = ""
        self._statements = 0
        self._ended: StatementEnd | None = None
        self._problems: list[tuple[str, str]] = []
        self._begin(None)

    def _begin(self, batch: Batch | None) -> None:
        self._batch = batch
        self._start: StatementStart | None = None
        self._running = Running()
        self._proof = RunningProof()
        self._entries = self._returns = 0
        self._pending: tuple[int, str, Written] | None = None
        self._addenda: list[str] = []
        self._pending_bad: BadEntry | None = None

    def read(self, number: int, text: str, raw: bytes) -> Iterator[Event]:
        """The events of a record of 94 characters.

        Raises:
            FileFormatError: an entry has more addenda than any entry may have.
        """
        kind = text[0]
        if self.closed and kind not in "19":
            yield self.bad(number, raw, "after_file_control", "the file has ended (9) before this record")
        elif kind == "6":
            yield from self._entry(number, text, raw)
        elif kind == "7":
            yield from self._addendum(number, text, raw)
        elif kind == "5":
            yield from self._batch_header(number, text)
        elif kind == "8":
            yield from self._batch_trailer(number, text)
        elif kind == "1":
            self._file_header(text)
        elif kind == "9":
            if not (self.closed or text.startswith(_PADDING)):
                yield from self._file_trailer(number, text)
        else:
            yield self.bad(number, raw, "unknown_record", f"{text[:20]!r} is no NACHA record")

    def bad(self, number: int, raw: bytes, reason: str, detail: str) -> BadEntry:
        """The quarantine of a record, counted in the batch."""
        self._proof.bad_entries += 1
        return BadEntry(index=self._entries, reason=reason, detail=detail, line=number, position=str(number), raw=raw)

    def _file_header(self, text: str) -> None:
        if self.closed:
            # Another file follows in the same delivery.
            self.closed, self._file = False, Running()
        self._created = yymmdd(text[23:29])
        self._file_id = "".join(text[23:34].split())

    def _batch_header(self, number: int, text: str) -> Iterator[Event]:
        """Record 5."""
        yield from self._cut_batch(number)
        yield from self._release()
        effective = yymmdd(text[69:75])
        batch = Batch(
            sec=text[50:53].strip(),
            company=text[40:50].strip() or self._options.default_account or "",
            description=text[53:63].strip(),
            effective=effective or self._created,
            settled=self._settlement_date(text[75:78], effective or self._created),
        )
        self._begin(batch)
        self._statements += 1
        self._start = StatementStart(
            index=self._statements,
            type=StatementType.LISTING,
            account_id=batch.company,
            currency="USD",
            statement_id=f"{self._file_id}/{self._statements}",
            version=f"NACHA {batch.sec}".rstrip(),
            line=number,
            position=str(number),
        )
        yield self._start

    def _entry(self, number: int, text: str, raw: bytes) -> Iterator[Event]:
        """Record 6: held back until its addenda are read."""
        yield from self._flush()
        self._entries += 1
        try:
            batch = self._require_batch()
            self._pending = (number, text, written_of(text, batch.sec))
        except RecordError as error:
            self._pending_bad = self.bad(number, raw, "malformed_entry", str(error))
        self._running.entries += 1

    def _addendum(self, number: int, text: str, raw: bytes) -> Iterator[Event]:
        """Record 7."""
        self._running.entries += 1
        if self._pending_bad is not None and len(self._pending_bad.raw) < _MAX_BAD_BYTES:
            self._pending_bad = replace(self._pending_bad, raw=self._pending_bad.raw + b"\n" + raw)
            return
        if self._pending is None:
            self._entries += 1
            yield self.bad(number, raw, "addendum_without_entry", "record 7 follows no readable record 6")
            return
        self._addenda.append(text)
        if len(self._addenda) > _MAX_ADDENDA:
            raise FileFormatError(f"line {number}: more than {_MAX_ADDENDA} addenda of one entry; the rules allow 9999")

    def _batch_trailer(self, number: int, text: str) -> Iterator[Event]:
        """Record 8."""
        yield from self._flush()
        batch = self._batch
        if batch is None:
            yield Finding(
                code="unexpected_trailer", message="a batch ends (8), but none is open", line=number, position=str(number)
            )
            return
        control = batch_control(text, adv=batch.sec == "ADV")
        self._problems += differences(control, self._running, "batch control (8)")
        self._conclude(number, control, complete=True)

    def _file_trailer(self, number: int, text: str) -> Iterator[Event]:
        """Record 9: releases the last batch, which it may fail."""
        yield from self._cut_batch(number)
        self.closed = True
        adv = self._ended is not None and self._ended.start.version == "NACHA ADV"
        problems = differences(file_control(text, adv=adv), self._file, "file control (9)")
        if self._ended is None:
            for code, message in problems:
                yield Finding(code=code, message=message, line=number, position=str(number))
        elif problems:
            self._problems += problems
            self._ended = replace(self._ended, proof=Proof.FAILED)
        yield from self._release()

    def _require_batch(self) -> Batch:
        if self._batch is None:
            raise RecordError("record 6 stands outside of a batch (5 to 8)")
        return self._batch

    def _flush(self) -> Iterator[Event]:
        if self._pending_bad is not None:
            yield self._pending_bad
            self._pending_bad = None
        pending, self._pending = self._pending, None
        if pending is None or self._batch is None or self._start is None:
            return
        number, text, written = pending
        addenda, self._addenda = self._addenda, []
        named = self._start.statement_id
        entry = entry_of(text, addenda, written, self._batch, statement_id=named, index=self._entries, line=number)
        self._running.entry_hash += written.routing
        if written.is_credit:
            self._running.credit_minor += written.amount_minor
        else:
            self._running.debit_minor += written.amount_minor
        self._returns += self._flows_like_code(entry, written)
        self._proof.add(entry, "USD")
        yield entry

    @staticmethod
    def _flows_like_code(entry: Entry, written: Written) -> bool:
        return (entry.direction.value == "CREDIT") == written.is_credit

    def _cut_batch(self, number: int) -> Iterator[Event]:
        yield from self._flush()
        if self._batch is not None:
            self._problems.append(("missing_trailer", f"line {number}: the batch before it has no control record (8)"))
            self._conclude(number, None, complete=False)

    def _conclude(self, number: int, control: Control | None, *, complete: bool) -> None:
        start = self._start
        assert start is not None
        sound = Proof.PROVED if complete else Proof.NOT_PROVABLE
        self._ended = StatementEnd(
            start=start,
            opening=None,
            closing=None,
            declared=self._declared(control),
            computed=self._proof.totals(),
            bad_entries=self._proof.bad_entries,
            complete=complete,
            proof=Proof.FAILED if complete and self._problems else sound,
            line=number,
            position=str(number),
        )
        self._file.include(self._running)
        self._begin(None)

    def _declared(self, control: Control | None) -> Totals | None:
        """The control totals as the company sees them; None when returns and forward entries are mixed."""
        computed = self._proof.totals()
        if control is None or self._returns not in {0, computed.entries}:
            return None
        credit, debit = control.credit_minor, control.debit_minor
        if not self._returns:
            credit, debit = debit, credit
        return Totals(credit_minor=credit, debit_minor=debit)

    def _release(self) -> Iterator[Event]:
        end, self._ended = self._ended, None
        if end is not None:
            for code, message in self._problems:
                yield Finding(code=code, message=message, line=end.line, position=end.position)
            self._problems = []
            yield end

    def _settlement_date(self, julian: str, near: dt.date | None) -> dt.date | None:
        """Day of the year that the operator settles on, in the year that puts it nearest to the effective date."""
        if near is None or not (julian.isdigit() and julian.isascii()) or not 1 <= int(julian) <= 366:
            return None
        days = (dt.date(year, 1, 1) + dt.timedelta(days=int(julian) - 1) for year in (near.year - 1, near.year, near.year + 1))
        return min(days, key=lambda day: abs(day - near))
