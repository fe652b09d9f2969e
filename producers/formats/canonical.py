"""Events of one statement file → canonical records, quarantine and findings."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from producers.errors import FileFormatError
from producers.formats.canonical_records import RecordBuilder
from producers.formats.contract import DECLARED_TOTALS, BadEntry, Entry, Event, Finding, StatementEnd, StatementStart
from producers.formats.identity import entry_names, own_names
from producers.formats.origin import FileOrigin, Role
from producers.kit.contract import BadRecord
from schemas.records import CanonicalStatement, CanonicalTransaction, StatementKind

__all__ = ["CanonicalFile", "FileOrigin", "canonicalise"]


@dataclass(slots=True)
class CanonicalFile:
    """What a file became. `entries` counts every entry, good and bad; details are not entries. `bad_entries` were unreadable."""

    transactions: list[CanonicalTransaction] = field(default_factory=list)
    statements: list[CanonicalStatement] = field(default_factory=list)
    bad: list[BadRecord] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    entries: int = 0
    bad_entries: int = 0


def canonicalise(events: Iterable[Event], origin: FileOrigin) -> CanonicalFile:
    """Collect a whole file, so that nothing of it is released when it turns out to be cut short.

    An entry that cannot be read is set apart and the rest is kept, unless counts or sums that the file itself declares do not hold
    either: then nobody can say what is missing, and the file is refused. A balance that does not hold is no such total; it becomes
    a BALANCE break.

    Raises:
        FileFormatError: from the parser behind `events`, or entries are unreadable and the file's own totals say otherwise.
    """
    file = CanonicalFile()
    entries: list[Entry] = []
    for event in events:
        if isinstance(event, Entry):
            file.entries += 1
            entries.append(event)
        elif isinstance(event, BadEntry):
            file.entries += 1
            file.bad_entries += 1
            file.bad.append(BadRecord(event.reason, event.detail, f"{origin.path}:{event.position}", event.raw))
        elif isinstance(event, Finding):
            file.findings.append(event)
        elif isinstance(event, StatementEnd):
            _release(file, entries, event, origin)
            entries = []
    _hold_totals(file)
    return file


def _hold_totals(file: CanonicalFile) -> None:
    denied = next((finding for finding in file.findings if finding.code in DECLARED_TOTALS), None)
    if file.bad_entries and denied is not None:
        raise FileFormatError(
            f"line {denied.line}: {file.bad_entries} entries cannot be read and the file's own totals do not hold without them"
            f" ({denied.message}); nothing of it is published: have it sent again"
        )


def _release(file: CanonicalFile, entries: list[Entry], end: StatementEnd, origin: FileOrigin) -> None:
    release = _Release(file, end, origin)
    correcting = [entry for entry in entries if entry.correction is not None]
    plain = [entry for entry in entries if entry.correction is None]
    release.corrections(correcting)
    role = origin.role(end.start.type)
    if role is Role.LEFT_OUT:
        release.leave_out(plain)
    elif role is Role.LEDGER:
        release.ledger(plain)
        file.statements.append(_statement(end, release.statement_id, origin))
    else:
        release.beside_the_ledger(plain, role)


class _Release:
    """Puts the entries of one statement where they belong: records, or quarantine with a reason."""

    def __init__(self, file: CanonicalFile, end: StatementEnd, origin: FileOrigin) -> None:
        self._file = file
        self._start = end.start
        self._origin = origin
        self._closing = end.closing.date if end.closing else None
        self.statement_id = _statement_id(end.start, origin)

    def ledger(self, entries: list[Entry]) -> None:
        """Entries as movements of the ledger."""
        accounts = [self._origin.account(entry.account_id) for entry in entries]
        for entry, name in zip(entries, entry_names(entries, self._start, accounts), strict=True):
            self._publish(entry, name)

    def beside_the_ledger(self, entries: list[Entry], role: Role) -> None:
        """Entries of a report or notification in a feed whose statements are the ledger."""
        for entry, name in self._named(entries, "no_reference_to_the_statement", "the statement's entry cannot be told from it"):
            if role is Role.PROVISIONAL:
                self._publish(entry, name, is_provisional=True)
            elif len(entry.details) < 2:
                self._bad(entry, "repeats_the_statement", "it has no payments to add to the entry that the statement books")
            else:
                self._publish(entry, name, payments_only=True)

    def corrections(self, entries: list[Entry]) -> None:
        """Entries that replace or withdraw what the bank sent before."""
        if self._start.issued is None:
            detail = (
                "the entry replaces or withdraws an earlier one; where the ids of this bank stay the same from file to file, set"
                " mapping.corrections: by_id of the feed to have it applied, else correct it by hand"
            )
            for entry in entries:
                self._bad(entry, "correction_not_applied", detail)
            return
        for entry, name in self._named(entries, "correction_without_id", "which entry it corrects cannot be told"):
            self._publish(entry, name)

    def leave_out(self, entries: list[Entry]) -> None:
        """Entries of a container that the feed does not want."""
        start = self._start
        detail = (
            f"{start.version or start.type}: repeats or announces entries of the statement, so it is not published as ledger;"
            f" add {start.type} to `types` of the feed to have it published"
        )
        for entry in entries:
            self._bad(entry, f"not_a_statement_{start.type.lower()}", detail)

    def _named(self, entries: list[Entry], reason: str, why: str) -> Iterator[tuple[Entry, str]]:
        accounts = [self._origin.account(entry.account_id) for entry in entries]
        for entry, name in zip(entries, own_names(entries, accounts), strict=True):
            if name is None:
                self._bad(entry, reason, f"the entry has no bank reference of its own, so {why}")
            else:
                yield entry, name

    def _publish(self, entry: Entry, name: str, *, is_provisional: bool = False, payments_only: bool = False) -> None:
        account = self._origin.account(entry.account_id)
        day = entry.booking_date or entry.value_date or self._closing
        if not account or day is None:
            missing = "account: set default_account of the feed" if not account else "date, and its statement has none either"
            self._bad(entry, "incomplete_entry", f"the entry of {entry.amount_minor} minor units {entry.currency} has no {missing}")
            return
        builder = RecordBuilder(
            account=account,
            booked_at=_midnight(day),
            statement_id=self.statement_id,
            origin=self._origin,
            revision=self._origin.revision_of(self._start),
            is_provisional=is_provisional,
        )
        records = builder.payments(entry, name) if payments_only else builder.records(entry, name)
        self._file.transactions.extend(records)

    def _bad(self, entry: Entry, reason: str, detail: str) -> None:
        self._file.bad.append(BadRecord(reason, detail, f"{self._origin.path}:{entry.position}", repr(entry).encode()))


def _midnight(day: dt.date) -> dt.datetime:
    # A statement books by the bank's local day; converting a time of day to UTC first would move entries to a neighbouring day.
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _statement_id(start: StatementStart, origin: FileOrigin) -> str:
    return f"{origin.account(start.account_id)}:{start.statement_id or origin.sha256[:20]}"


def _statement(end: StatementEnd, statement_id: str, origin: FileOrigin) -> CanonicalStatement:
    start, computed = end.start, end.computed
    return CanonicalStatement(
        tenant_id=origin.tenant_id,
        statement_id=statement_id,
        source=origin.source,
        account_id=origin.account(start.account_id),
        currency=start.currency,
        kind=StatementKind.STATEMENT,
        sequence=start.sequence,
        opening_minor=end.opening.amount_minor if end.opening else None,
        opening_date=end.opening.date if end.opening else None,
        closing_minor=end.closing.amount_minor if end.closing else None,
        closing_date=end.closing.date if end.closing else None,
        entry_count=computed.entries,
        credit_minor=computed.credit_minor,
        debit_minor=computed.debit_minor,
        proof=end.proof,
        raw_ref=f"{origin.sha256}#{start.position}",
        ingested_at=origin.ingested_at,
    )
