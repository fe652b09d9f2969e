"""The state of one MT940/MT942 statement while its fields stream by: messages, pages, entries and the balance proof."""

from collections.abc import Iterator

from producers.errors import FileFormatError, RecordError
from producers.formats.charset import TextDecoder
from producers.formats.contract import (
    BadEntry,
    Balance,
    Event,
    Finding,
    ParseOptions,
    StatementEnd,
    StatementStart,
    StatementType,
)
from producers.formats.mt940_entry import entry_of
from producers.formats.mt940_fields import Field
from producers.formats.mt940_lines import parse_account, parse_balance, parse_number, parse_statement_line
from producers.formats.mt942_totals import InterimTotals
from producers.formats.proof import RunningProof
from schemas.errors import AmountError

__all__ = ["MessageReader"]


class MessageReader:
    """Turns fields into events. One instance reads one file.

    Attributes:
        messages: how many messages (field 20) were seen.
    """

    def __init__(self, options: ParseOptions) -> None:
        self.messages = 0
        self._options = options
        self._statements = 0
        self._line = 0
        self._start: StatementStart | None = None
        self._page_closing: Balance | None = None
        self._decode = TextDecoder()
        self._reset_statement()
        self._reset_message()

    def _reset_statement(self) -> None:
        self._proof = RunningProof()
        self._opening: Balance | None = None
        self._closing: Balance | None = None
        self._entries = 0

    def _reset_message(self) -> None:
        self._in_message = False
        self._closed = False
        self._has_opening = False
        self._reference = ""
        self._account = self._options.default_account or ""
        self._currency = self._options.default_currency or ""
        self._sequence: int | None = None
        self._page: int | None = None
        self._totals = InterimTotals()
        self._pending: Field | None = None
        self._texts: list[Field] = []

    def begin_message(self, field: Field) -> None:
        """Field 20."""
        self._reset_message()
        self._in_message = True
        self.messages += 1
        self._reference = field.text().strip()
        self._line = field.line

    def header(self, field: Field) -> Iterator[Event]:
        """Every field but 20, 61, 86 and the terminator."""
        self._line = field.line
        tag = field.tag
        if tag in {"25", "25P"}:
            self._account = field.text()
        elif tag in {"28", "28C"}:
            self._sequence, self._page = parse_number(field.text())
        elif tag in {"60F", "60M"}:
            yield from self._open(field)
        elif tag in {"62F", "62M"}:
            yield from self._close(field)
        elif tag in {"34F", "90C", "90D"}:
            yield from self._flush()
            try:
                self._totals.read(tag, field.text())
            except (RecordError, AmountError) as error:
                yield self._finding("malformed_totals", f"field {tag}: {error}")
            self._currency = self._totals.currency or self._currency

    def statement_line(self, field: Field) -> Iterator[Event]:
        """Field 61: kept back until its field 86 is read."""
        yield from self._flush()
        if self._start is None and self._in_message:
            yield from self._begin_statement(field.line)
        self._line = field.line
        self._entries += 1
        self._pending = field

    def _require_open_statement(self) -> None:
        if self._closed or not self._in_message:
            raise RecordError("field 61 stands outside of a message or after its closing balance")
        if not self._currency:
            raise RecordError("the currency is not known: no opening balance with one; set default_currency of the feed")

    def information(self, field: Field) -> None:
        """Field 86 or NS: belongs to the entry before it; after the closing balance it is about the statement."""
        if self._pending is not None:
            self._texts.append(field)

    def end_message(self, line: int, *, terminated: bool) -> Iterator[Event]:
        """The terminator, an envelope line or the next field 20."""
        yield from self._flush()
        if not self._in_message:
            return
        self._line = line
        if not self._closed:
            yield from self._begin_statement(line)
            interim = self._start is not None and self._start.type is StatementType.REPORT
            if not interim:
                yield self._finding("missing_closing_balance", f"message {self._reference!r} ends without field 62F")
            elif not terminated and not self._totals:
                yield self._finding("missing_terminator", f"message {self._reference!r} has neither totals nor a terminator")
            yield from self._end(complete=interim)
        self._in_message = False

    def end_of_file(self) -> Iterator[Event]:
        """The end of the stream.

        Raises:
            FileFormatError: the last message is cut short.
        """
        if self._in_message and not self._closed and not self._totals:
            raise FileFormatError(
                f"line {self._line}: the file ends inside message {self._reference!r}, without closing balance or terminator;"
                " it was cut short: have it sent again"
            )
        yield from self.end_message(self._line, terminated=False)
        yield from self._end_chain()

    def _open(self, field: Field) -> Iterator[Event]:
        yield from self._flush()
        try:
            opening, self._currency = parse_balance(field.text(), self._currency)
        except (RecordError, AmountError) as error:
            yield self._finding("malformed_balance", f"opening: {error}")
            return
        self._has_opening = True
        account = parse_account(self._account, self._currency)
        chained = self._start is not None and field.tag == "60M" and self._start.account_id == account
        if chained and self._start is not None and self._start.currency == self._currency:
            if self._page_closing is not None and self._page_closing.amount_minor != opening.amount_minor:
                yield self._finding("page_gap", f"page {self._page} does not open with the closing balance of the page before it")
            return
        yield from self._end_chain()
        self._opening = opening
        yield from self._begin_statement(field.line)
        if field.tag == "60M":
            yield self._finding(
                "chain_incomplete", "the statement begins with an intermediate page (60M); its first page is not in this file"
            )

    def _close(self, field: Field) -> Iterator[Event]:
        yield from self._flush()
        if self._closed or not self._in_message:
            yield self._finding("unexpected_balance", f"field {field.tag} outside of a message or after its closing balance")
            return
        try:
            closing, currency = parse_balance(field.text(), self._currency)
        except (RecordError, AmountError) as error:
            yield self._finding("malformed_balance", f"closing: {error}")
            return
        self._currency = self._currency or currency
        yield from self._begin_statement(field.line)
        self._closed = True
        self._closing = closing
        if currency != self._currency:
            yield self._finding("balance_currency", f"the closing balance is in {currency}, the statement in {self._currency}")
            self._closing = None
        if field.tag == "62F":
            yield from self._end(complete=True)
        else:
            self._page_closing = closing
            yield from self._page_proof()

    def _page_proof(self) -> Iterator[Event]:
        if self._opening is None or self._closing is None or self._proof.foreign:
            return
        if self._proof.balance_after(self._opening) != self._closing.amount_minor:
            yield self._finding("balance_mismatch", f"page {self._page}: opening and entries do not make its closing balance (62M)")

    def _begin_statement(self, line: int) -> Iterator[Event]:
        if self._start is not None:
            return
        self._statements += 1
        date = self._opening.date if self._opening else None
        kind = StatementType.REPORT if self._in_message and not self._has_opening else StatementType.STATEMENT
        named = f"{self._sequence if self._sequence is not None else self._reference}/{self._page or 1}"
        self._start = StatementStart(
            index=self._statements,
            type=kind,
            account_id=parse_account(self._account, self._currency),
            currency=self._currency,
            statement_id=f"{date.isoformat()}:{named}" if date else named,
            sequence=self._sequence,
            page=self._page,
            opening=self._opening,
            version="MT940" if kind is StatementType.STATEMENT else "MT942",
            line=line,
            position=str(line),
        )
        yield self._start

    def _flush(self) -> Iterator[Event]:
        """The entry that was kept back, or its quarantine."""
        field, texts = self._pending, self._texts
        if field is None:
            return
        self._pending, self._texts = None, []
        start = self._start
        try:
            self._require_open_statement()
            line = parse_statement_line("\n".join(self._decode.lines(field.lines)), self._currency)
        except (RecordError, AmountError) as error:
            self._proof.bad_entries += start is not None
            yield self._bad_entry(field, texts, error)
            return
        if (impossible := line.dates.impossible) is not None:
            message = f"date {impossible} is in no calendar; it is left empty"
            yield Finding(code="impossible_date", message=message, line=field.line, position=str(field.line))
        entry = entry_of(
            line,
            [text for one in texts for text in self._decode.lines(one.lines)],
            index=self._entries,
            account_id=start.account_id if start else "",
            currency=self._currency,
            number=field.line,
        )
        self._proof.add(entry, start.currency if start else self._currency)
        yield entry

    def _bad_entry(self, field: Field, texts: list[Field], error: RecordError | AmountError) -> BadEntry:
        return BadEntry(
            index=self._entries,
            reason="amount" if isinstance(error, AmountError) else "malformed_statement_line",
            detail=str(error),
            line=field.line,
            position=str(field.line),
            raw=b"\r\n".join([field.raw(), *(text.raw() for text in texts)]),
        )

    def _end_chain(self) -> Iterator[Event]:
        if self._start is not None:
            yield self._finding(
                "chain_incomplete", "the statement ends with an intermediate page (62M); its last page is not in this file"
            )
            yield from self._end(complete=False)

    def _end(self, *, complete: bool) -> Iterator[Event]:
        start = self._start
        if start is None:
            return
        declared, notes = self._totals.without_small_entries(self._proof.totals())
        for note in notes:
            yield self._finding("floor_limit", note)
        proof, problems = self._proof.conclude(self._opening, self._closing, declared, start.currency)
        for code, message in problems:
            yield self._finding(code, message)
        yield StatementEnd(
            start=start,
            opening=self._opening,
            closing=self._closing,
            declared=self._totals.totals(),
            computed=self._proof.totals(),
            bad_entries=self._proof.bad_entries,
            complete=complete,
            proof=proof,
            line=self._line,
            position=str(self._line),
        )
        self._start = None
        self._page_closing = None
        self._reset_statement()

    def _finding(self, code: str, message: str) -> Finding:
        return Finding(code=code, message=message, line=self._line, position=str(self._line))
