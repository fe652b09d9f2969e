"""The state of a CFONB 120 file while its records stream by: old balance (01), movements (04, 05), new balance (07)."""

from collections.abc import Iterator

from producers.errors import FileFormatError, RecordError
from producers.formats.cfonb120_entry import entry_of
from producers.formats.cfonb120_records import account_of, currency_of, ddmmyy, signed_minor
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
from producers.formats.proof import RunningProof
from schemas.errors import AmountError
from schemas.money import currency_exponent

__all__ = ["StatementReader"]

_MAX_COMPLEMENTS = 1000


class StatementReader:
    """Turns records into events. One instance reads one file.

    Attributes:
        statements: how many were begun.
    """

    def __init__(self, options: ParseOptions) -> None:
        self.statements = 0
        self._options = options
        self._same = ("", 0)
        self._line = 0
        self._start: StatementStart | None = None
        self._reset()

    def _reset(self) -> None:
        self._number = ""
        self._entries = 0
        self._proof = RunningProof()
        self._movement: tuple[int, str, bytes] | None = None
        self._complements: list[tuple[str, bytes]] = []

    def read(self, number: int, text: str, raw: bytes) -> Iterator[Event]:
        """The events of a record of 120 characters.

        Raises:
            FileFormatError: a movement has more complements than any bank sends.
        """
        kind = text[:2]
        self._line = number
        if kind == "05" and self._movement is not None:
            self._complements.append((text, raw))
            if len(self._complements) > _MAX_COMPLEMENTS:
                raise FileFormatError(f"line {number}: more than {_MAX_COMPLEMENTS} complements (05) of one movement")
            return
        yield from self._flush()
        if kind == "04":
            self._entries += 1
            self._movement = (number, text, raw)
        elif kind == "01":
            yield from self._begin(number, text)
        elif kind == "07":
            yield from self._close(number, text, raw)
        else:
            yield self.bad(number, raw, "unknown_record", f"{text[:20]!r} is no record 01, 04, 05 or 07 in its place")

    def end_of_file(self) -> Iterator[Event]:
        """The end of the stream.

        Raises:
            FileFormatError: a statement has no new balance, so the file was cut short.
        """
        yield from self._flush()
        if self._start is not None:
            raise FileFormatError(
                f"line {self._line}: the file ends without the new balance (07) of the statement that begins at line"
                f" {self._start.line}; it was cut short: have it sent again"
            )

    def bad(self, number: int, raw: bytes, reason: str, detail: str) -> BadEntry:
        """The quarantine of a record, counted in the statement."""
        self._proof.bad_entries += 1
        return BadEntry(index=self._entries, reason=reason, detail=detail, line=number, position=str(number), raw=raw)

    def _begin(self, number: int, text: str) -> Iterator[Event]:
        if self._start is not None:
            yield self._finding(
                "missing_closing_balance", "a statement begins (01) before the one before it has a new balance (07)"
            )
            yield from self._end(number, None, complete=False)
        account, date = account_of(text), ddmmyy(text[34:40])
        currency = currency_of(text, self._options.default_currency)
        opening, problem = None, ""
        try:
            opening = Balance(signed_minor(text, currency), date)
        except (RecordError, AmountError) as error:
            problem = str(error)
        named = f"{account}:{date.isoformat() if date else ''}"
        # Statements have no number; those that begin with the same balance date follow each other in a file.
        self._same = (named, self._same[1] + 1 if self._same[0] == named else 1)
        self.statements += 1
        self._number = text[21:32]
        self._start = StatementStart(
            index=self.statements,
            type=StatementType.STATEMENT,
            account_id=account or self._options.default_account or "",
            currency=currency,
            statement_id=f"{date.isoformat() if date else ''}/{self._same[1]}",
            opening=opening,
            version="CFONB120",
            line=number,
            position=str(number),
        )
        yield self._start
        if problem:
            yield self._finding("malformed_balance", f"old balance: {problem}")

    def _close(self, number: int, text: str, raw: bytes) -> Iterator[Event]:
        start = self._start
        if start is None or text[21:32] != self._number:
            yield self.bad(number, raw, "unexpected_balance", f"new balance of account {text[21:32]!r}, which is not open")
            return
        closing = None
        try:
            closing = Balance(signed_minor(text, start.currency), ddmmyy(text[34:40]))
        except (RecordError, AmountError) as error:
            yield self._finding("malformed_balance", f"new balance: {error}")
        yield from self._end(number, closing, complete=True)

    def _end(self, number: int, closing: Balance | None, *, complete: bool) -> Iterator[Event]:
        start = self._start
        assert start is not None
        proof, problems = self._proof.conclude(start.opening, closing, None, start.currency)
        for code, message in problems:
            yield self._finding(code, message)
        yield StatementEnd(
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
        self._reset()

    def _flush(self) -> Iterator[Event]:
        movement, self._movement = self._movement, None
        if movement is None:
            return
        number, text, raw = movement
        complements, self._complements = self._complements, []
        try:
            start = self._require_start()
            entry = entry_of(
                text,
                [complement for complement, _ in complements],
                index=self._entries,
                account_id=start.account_id,
                currency=start.currency,
                number=self._number,
                line=number,
            )
        except (RecordError, AmountError) as error:
            reason = "amount" if isinstance(error, AmountError) else "malformed_movement"
            yield self.bad(number, b"\n".join([raw, *(part for _, part in complements)]), reason, str(error))
            return
        self._proof.add(entry, start.currency)
        yield entry

    def _require_start(self) -> StatementStart:
        if self._start is None:
            raise RecordError("movement 04 stands outside of a statement (01 to 07)")
        currency_exponent(self._start.currency)
        return self._start

    def _finding(self, code: str, message: str) -> Finding:
        return Finding(code=code, message=message, line=self._line, position=str(self._line))
