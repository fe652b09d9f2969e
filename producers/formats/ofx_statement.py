"""The state of an OFX file while its tokens stream by: statements of bank and card accounts, and what is no statement."""

from collections.abc import Iterator

from producers.errors import FileFormatError, RecordError
from producers.formats.contract import (
    BadEntry,
    Balance,
    EntryStatus,
    Event,
    Finding,
    ParseOptions,
    StatementEnd,
    StatementStart,
    StatementType,
)
from producers.formats.lines import decode
from producers.formats.ofx_entry import correction_of, entry_of, local_date, plain_text, signed_minor
from producers.formats.ofx_tokens import Token
from producers.formats.proof import RunningProof
from schemas.errors import AmountError

__all__ = ["StatementReader"]

_NO_CURRENCY = "XXX"
_STATEMENTS = frozenset({"STMTRS", "CCSTMTRS"})
_ACCOUNTS = frozenset({"BANKACCTFROM", "CCACCTFROM"})
_AGGREGATES = _ACCOUNTS | {"LEDGERBAL", "AVAILBAL", "BANKTRANLIST", "STATUS", "BALLIST", "BAL", "REWARDINFO"}


class StatementReader:
    """Turns tokens into events. One instance reads one file.

    Attributes:
        statements: how many bank and card statements were begun.
        complete: the closing tag of the file was read.
        refusal: what the bank's server says went wrong, empty when nothing did.
        investments: there were statements of investment accounts, which are not read.
    """

    def __init__(self, options: ParseOptions, version: str) -> None:
        self.statements = 0
        self.complete = False
        self.refusal = ""
        self.investments = False
        self._options = options
        self._version = version
        self._inside = ""
        self._aggregate = ""
        self._stable_ids = options.mapping.get("corrections") == "by_id"
        self._served: int | None = None
        self._reset()

    def _reset(self) -> None:
        self._values: dict[str, str] = {}
        self._start: StatementStart | None = None
        self._proof = RunningProof()
        self._entries = 0
        self._dropped = 0

    def read(self, token: Token) -> Iterator[Event]:
        """The events of a token that is no transaction.

        Raises:
            FileFormatError: a statement has no end.
        """
        tag = token.tag
        if tag in _STATEMENTS or tag == "INVSTMTRS":
            self.require_end(token.line)
            self._inside = tag
            self._reset()
        elif tag == "/INVSTMTRS":
            self.investments = True
            self._inside = ""
            message = f"a statement of an investment account with {self._dropped} cash movements is not read"
            yield self._finding("investment_statement", f"{message}: securities have no place here", token)
        elif tag[0] == "/" and tag[1:] in _STATEMENTS:
            yield from self._end(token)
        elif tag in _AGGREGATES:
            self._aggregate = tag
            if tag == "BANKTRANLIST":
                self._values.pop("DTSTART", None)
        elif tag[0] == "/" and tag[1:] == self._aggregate:
            self._aggregate = ""
        elif tag == "/OFX":
            self.require_end(token.line)
            self.complete = True
        elif tag[0] != "/":
            yield from self._value(token)

    def require_end(self, line: int) -> None:
        """Hold that no statement is open.

        Raises:
            FileFormatError: one is; the message names the line at which it begins.
        """
        if self._start is not None:
            raise FileFormatError(
                f"line {line}: the statement that begins at line {self._start.line} has no end; have it sent again"
            )

    def transaction(self, token: Token) -> Iterator[Event]:
        """The entry of a STMTTRN, or its quarantine."""
        if self._inside == "INVSTMTRS":
            self._dropped += 1
            return
        start = self._start
        if start is None:
            yield from self._begin(token)
            start = self._start
            assert start is not None
        self._entries += 1
        position = f"{self._inside or 'OFX'}[{start.index}]/{token.tag}[{self._entries}]"
        try:
            entry, correction = entry_of(
                token.value,
                index=self._entries,
                account_id=start.account_id,
                currency=start.currency,
                status=EntryStatus.BOOKED if token.tag == "STMTTRN" else EntryStatus.PENDING,
                line=token.line,
                position=position,
                stable_ids=self._stable_ids,
            )
        except (RecordError, AmountError) as error:
            self._proof.bad_entries += 1
            reason = "amount" if isinstance(error, AmountError) else "malformed_transaction"
            raw = b"<%b>%b</%b>" % (token.tag.encode(), token.value, token.tag.encode())
            yield BadEntry(index=self._entries, reason=reason, detail=str(error), line=token.line, position=position, raw=raw)
            return
        self._proof.add(entry, start.currency)
        yield entry
        if correction is not None:
            code, message = correction_of(correction)
            yield self._finding(code, message, token)

    def _value(self, token: Token) -> Iterator[Event]:
        value = plain_text(decode(token.value)) or ""
        if self._aggregate == "STATUS":
            self._values[token.tag] = value
            if token.tag == "MESSAGE" and self._values.get("SEVERITY") == "ERROR":
                self.refusal = f"{self._values.get('CODE', '')} {value}".strip()
                if not self._inside:
                    yield self._finding("server_error", f"the bank's server answered with an error: {self.refusal}", token)
        elif token.tag == "DTSERVER" and self._stable_ids:
            digits = value[:14]
            self._served = int(digits) if len(digits) == 14 and digits.isdigit() and digits.isascii() else None
        elif self._inside:
            name = token.tag if self._aggregate in {"", "BANKTRANLIST"} else f"{self._aggregate}.{token.tag}"
            self._values[name] = value

    def _begin(self, token: Token) -> Iterator[Event]:
        self.statements += 1
        values = self._values
        account = values.get("BANKACCTFROM.ACCTID") or values.get("CCACCTFROM.ACCTID") or self._options.default_account or ""
        stated = values.get("CURDEF") or self._options.default_currency
        period = [day.isoformat() for name in ("DTSTART", "DTEND") if (day := local_date(values.get(name, "")))]
        self._start = StatementStart(
            index=self.statements,
            type=StatementType.LISTING,
            account_id="".join(account.split()),
            currency=stated or _NO_CURRENCY,
            statement_id="/".join(period),
            version=self._version,
            issued=self._served,
            line=token.line,
            position=f"{self._inside or 'OFX'}[{self.statements}]",
        )
        yield self._start
        if stated is None:
            message = "the file names no currency; amounts are taken to have two decimals: set default_currency of the feed"
            yield self._finding("currency_assumed", message, token)

    def _end(self, token: Token) -> Iterator[Event]:
        if self._start is None:
            yield from self._begin(token)
        start = self._start
        assert start is not None
        closing = None
        if written := self._values.get("LEDGERBAL.BALAMT"):
            try:
                amount = signed_minor(written, start.currency)
                closing = Balance(amount, local_date(self._values.get("LEDGERBAL.DTASOF", "")))
            except AmountError as error:
                yield self._finding("malformed_balance", f"LEDGERBAL: {error}", token)
        proof, problems = self._proof.conclude(None, closing, None, start.currency)
        for code, message in problems:
            yield self._finding(code, message, token)
        yield StatementEnd(
            start=start,
            opening=None,
            closing=closing,
            declared=None,
            computed=self._proof.totals(),
            bad_entries=self._proof.bad_entries,
            complete=True,
            proof=proof,
            line=token.line,
            position=start.position,
        )
        self._inside = ""
        self._reset()

    @staticmethod
    def _finding(code: str, message: str, token: Token) -> Finding:
        return Finding(code=code, message=message, line=token.line, position=str(token.line))
