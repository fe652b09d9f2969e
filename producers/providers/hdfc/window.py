"""What one window of an HDFC account says: its records by booking day, and a statement for each closed day. Pure.

A window is read to its end before anything of it is published, because only the whole of it can be proved against the bank's
balances, and because lines that are booked while pages are fetched move others to the next page: such a line is then there twice.
"""

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from producers.errors import FieldError
from producers.kit.contract import BadRecord
from producers.kit.reading.day_windows import DayWindow, local_day
from producers.kit.record_origin import RecordOrigin
from producers.kit.statements.day_statements import BalanceRow, day_statements
from producers.providers.hdfc.mapping import Line, letters, line_to_transaction, normalise_keys, parse_line, row_rules
from producers.providers.hdfc.options import HdfcOptions
from producers.providers.hdfc.statement_api import StatementPage
from schemas.records import CanonicalStatement, CanonicalTransaction, Direction, Proof

__all__ = ["AccountWindow", "read_window"]

_Identity = tuple[str, Direction, int]


@dataclass(slots=True)
class AccountWindow:
    """A window's content.

    Attributes:
        days: records of each booking day (the bank's calendar) in the bank's order, good and bad.
        statements: one for each booking day that has lines.
        fetched: how many lines the bank sent, repetitions included.
    """

    days: dict[dt.date, list[CanonicalTransaction | BadRecord]] = field(default_factory=lambda: defaultdict(list))
    statements: dict[dt.date, CanonicalStatement] = field(default_factory=dict)
    fetched: int = 0


def _encode(row: object) -> bytes:
    return json.dumps(row, ensure_ascii=False, sort_keys=True, default=str).encode("utf-8", "surrogatepass")


def _bad(row: object, reason: str, detail: str, account_id: str, options: HdfcOptions) -> BadRecord:
    """For quarantine, under the line's own id or else a digest of it: its place in a page changes from poll to poll."""
    raw = _encode(row)
    line_id = normalise_keys(row).get(letters(options.fields.line_id)) if isinstance(row, Mapping) else None
    name = str(line_id).strip() if line_id not in (None, "") else hashlib.sha256(raw).hexdigest()[:16]
    return BadRecord(reason, detail, f"{options.statement_path}?account={account_id}#{name}", raw)


class _Reader:
    """Collects the lines of a window, each once."""

    def __init__(self, window: DayWindow, options: HdfcOptions, origin: RecordOrigin) -> None:
        self.content = AccountWindow()
        self.balances: list[BalanceRow] = []
        self._window = window
        self._options = options
        self._origin = origin
        self._rules = row_rules(options)
        self._seen: dict[str, list[_Identity]] = defaultdict(list)
        self._seen_bad: set[str] = set()

    @property
    def has_bad_lines(self) -> bool:
        return bool(self._seen_bad)

    def add(self, row: object, raw_ref: str) -> None:
        self.content.fetched += 1
        try:
            line = parse_line(row, self._options.fields, self._rules)
        except FieldError as error:
            bad = _bad(row, error.reason, str(error), self._origin.account_id, self._options)
            if bad.position not in self._seen_bad:
                self._seen_bad.add(bad.position)
                self.content.days[self._window.first].append(bad)
            return
        repeat = self._repeat(line)
        if repeat is None:
            return
        day = local_day(line.booked_at, self._rules.zone)
        origin = replace(self._origin, raw_ref=raw_ref)
        self.content.days[day].append(line_to_transaction(line, self._options, origin, repeat=repeat))
        self.balances.append(BalanceRow(day, line.direction, line.amount_minor, line.balance_minor))

    def _repeat(self, line: Line) -> int | None:
        """How many other lines have the id already; None when the line itself was there, moved here from an earlier page."""
        identity = (line.line_id, line.direction, line.amount_minor)
        seen = self._seen[line.line_id]
        if identity in seen:
            return None
        seen.append(identity)
        return len(seen) - 1


def _proof(pages: Sequence[StatementPage], reader: _Reader, of_lines: Proof) -> Proof:
    """A day's proof, given what its running balances prove: the window's own opening and closing balances have a say too."""
    if reader.has_bad_lines:
        # A line that is in quarantine is missing from the sums: that is no contradiction of the bank's.
        return Proof.NOT_PROVABLE
    opening, closing = pages[0].opening_minor, pages[-1].closing_minor
    if opening is None or closing is None:
        return of_lines
    holds = opening + sum(row.movement_minor for row in reader.balances) == closing
    return of_lines if holds else Proof.FAILED


def read_window(pages: Sequence[StatementPage], window: DayWindow, options: HdfcOptions, origin: RecordOrigin) -> AccountWindow:
    """The records and statements of a window.

    Args:
        pages: every page of the window, at least one.
        window: the booking days that were asked for.
        options: of the source.
        origin: source, account and time; `raw_ref` is set for each line.
    """
    reader = _Reader(window, options, origin)
    for page in pages:
        for index, row in enumerate(page.rows):
            reader.add(row, f"{page.raw.sha256}#{index}")
    statements = day_statements(
        reader.balances,
        source=origin.source,
        tenant_id=origin.tenant_id,
        account_id=origin.account_id,
        currency=options.currency,
        ingested_at=origin.ingested_at,
    )
    for statement in statements:
        assert statement.closing_date is not None
        proof = _proof(pages, reader, statement.proof)
        reader.content.statements[statement.closing_date] = replace(statement, proof=proof)
    return reader.content
