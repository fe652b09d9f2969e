"""Events of one statement file → canonical records, quarantine and findings."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from producers.formats.contract import (
    BadEntry,
    Detail,
    Entry,
    EntryStatus,
    Event,
    Finding,
    StatementEnd,
    StatementStart,
    StatementType,
)
from producers.formats.identity import entry_names
from producers.formats.transaction_codes import channel_of, transaction_type_of
from producers.kit.contract import BadRecord
from schemas.records import DEFAULT_TENANT, CanonicalStatement, CanonicalTransaction, StatementKind, Status

__all__ = ["CanonicalFile", "FileOrigin", "canonicalise"]

_STATUSES = {
    EntryStatus.BOOKED: Status.SUCCESS,
    EntryStatus.PENDING: Status.PENDING,
    EntryStatus.EXPECTED: Status.PENDING,
    # Told for information only: never money, and nothing will come of it.
    EntryStatus.INFORMATION: Status.VOID,
}
_LEDGER = frozenset({StatementType.STATEMENT, StatementType.LISTING})


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOrigin:
    """Where a file came from, and what its feed says of its records.

    Attributes:
        path: as the source names the file; in quarantine positions only.
        sha256: of the file's bytes.
        revision: 0 for the first content under a path, higher for each later one, so that a corrected file wins.
        accounts: account as written in files → account id to publish; others are published as written.
        ingested_at: aware UTC.
        types: containers that are published; records of others go to quarantine, because they repeat a statement's.
    """

    source: str
    tenant_id: str = DEFAULT_TENANT
    path: str
    sha256: str
    revision: int = 0
    bank_code: str | None = None
    accounts: Mapping[str, str] = field(default_factory=dict)
    ingested_at: dt.datetime
    types: frozenset[StatementType] = _LEDGER

    def account(self, written: str) -> str:
        """The account id to publish."""
        return self.accounts.get(written, written)


@dataclass(slots=True)
class CanonicalFile:
    """What a file became. `entries` counts every entry, good and bad; details are not entries."""

    transactions: list[CanonicalTransaction] = field(default_factory=list)
    statements: list[CanonicalStatement] = field(default_factory=list)
    bad: list[BadRecord] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    entries: int = 0


def canonicalise(events: Iterable[Event], origin: FileOrigin) -> CanonicalFile:
    """Collect a whole file, so that nothing of it is released when it turns out to be cut short.

    Raises:
        FileFormatError: from the parser behind `events`.
    """
    file = CanonicalFile()
    entries: list[Entry] = []
    for event in events:
        if isinstance(event, Entry):
            file.entries += 1
            entries.append(event)
        elif isinstance(event, BadEntry):
            file.entries += 1
            file.bad.append(BadRecord(event.reason, event.detail, f"{origin.path}:{event.position}", event.raw))
        elif isinstance(event, Finding):
            file.findings.append(event)
        elif isinstance(event, StatementEnd):
            _release(file, entries, event, origin)
            entries = []
    return file


def _release(file: CanonicalFile, entries: list[Entry], end: StatementEnd, origin: FileOrigin) -> None:
    start = end.start
    if start.type not in origin.types:
        detail = f"{start.version or start.type}: repeats or announces entries of the statement, so it is not published as ledger"
        for entry in entries:
            position = f"{origin.path}:{entry.position}"
            file.bad.append(BadRecord(f"not_a_statement_{start.type.lower()}", detail, position, repr(entry).encode()))
        return
    accounts = [origin.account(entry.account_id) for entry in entries]
    statement_id = _statement_id(start, origin)
    closing = end.closing.date if end.closing else None
    for entry, account, name in zip(entries, accounts, entry_names(entries, start, accounts), strict=True):
        day = entry.booking_date or entry.value_date or closing
        if not account or day is None:
            missing = "account: set default_account of the feed" if not account else "date, and its statement has none either"
            detail = f"the entry of {entry.amount_minor} minor units {entry.currency} has no {missing}"
            file.bad.append(BadRecord("incomplete_entry", detail, f"{origin.path}:{entry.position}", repr(entry).encode()))
            continue
        builder = _Builder(account=account, booked_at=_midnight(day), statement_id=statement_id, origin=origin)
        file.transactions.extend(_records(entry, name, builder))
    file.statements.append(_statement(end, statement_id, origin))


def _records(entry: Entry, name: str, builder: "_Builder") -> Iterator[CanonicalTransaction]:
    """The ledger movement, then the payments of a batch as its children."""
    yield builder.transaction(
        entry,
        txn_id=name,
        reference_number=entry.end_to_end_id or entry.customer_reference,
        end_to_end_id=entry.end_to_end_id,
        bank_reference=entry.bank_reference,
        counterparty=(entry.counterparty_name, entry.counterparty_account, entry.counterparty_bank),
        description=entry.remittance,
    )
    if len(entry.details) < 2:
        return
    for number, detail in enumerate(entry.details, start=1):
        # Without an amount of its own a payment can only be found in the original; the parser has reported the mismatch.
        if detail.amount_minor is not None:
            yield builder.child(entry, detail, name, number)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Builder:
    account: str
    booked_at: dt.datetime
    statement_id: str
    origin: FileOrigin

    def transaction(
        self,
        entry: Entry,
        *,
        txn_id: str,
        reference_number: str | None,
        end_to_end_id: str | None,
        bank_reference: str | None,
        counterparty: tuple[str | None, str | None, str | None],
        description: str | None,
        detail: Detail | None = None,
        parent: str | None = None,
    ) -> CanonicalTransaction:
        origin = self.origin
        name, account, bank = counterparty
        return CanonicalTransaction(
            tenant_id=origin.tenant_id,
            txn_id=txn_id,
            revision=origin.revision,
            source=origin.source,
            bank_code=origin.bank_code,
            account_id=self.account,
            amount_minor=entry.amount_minor if detail is None or detail.amount_minor is None else detail.amount_minor,
            currency=(detail.currency if detail else None) or entry.currency,
            direction=(detail.direction if detail else None) or entry.direction,
            is_reversal=entry.is_reversal,
            status=_STATUSES[entry.status],
            booked_at=self.booked_at,
            value_date=entry.value_date,
            channel=channel_of(entry.code),
            transaction_type=transaction_type_of(entry.code),
            reference_number=_storable(reference_number),
            end_to_end_id=_storable(end_to_end_id),
            bank_reference=_storable(bank_reference),
            counterparty_name=_storable(name),
            counterparty_account=_storable(account),
            counterparty_bank=_storable(bank),
            description=_storable(description),
            statement_id=self.statement_id,
            parent_txn_id=parent,
            raw_ref=f"{origin.sha256}#{entry.position}",
            ingested_at=origin.ingested_at,
        )

    def child(self, entry: Entry, detail: Detail, parent: str, number: int) -> CanonicalTransaction:
        return self.transaction(
            entry,
            txn_id=f"{parent}/{number}",
            reference_number=detail.end_to_end_id or detail.payment_reference,
            end_to_end_id=detail.end_to_end_id,
            bank_reference=detail.bank_reference,
            counterparty=(detail.counterparty_name, detail.counterparty_account, detail.counterparty_bank),
            description=detail.remittance,
            detail=detail,
            parent=parent,
        )


def _storable(text: str | None) -> str | None:
    # PostgreSQL's text holds no NUL; the original keeps it.
    return text.replace("\0", "") if text and "\0" in text else text


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
