"""What every statement format is parsed into: a stream of statements, entries and findings, the same for all formats.

A parser reads a binary stream once and yields, for each statement of the file, one `StatementStart`, then `Entry`, `BadEntry` and
`Finding` events in file order, then one `StatementEnd` with the proof. Memory does not grow with the file. A file that is cut
short, or is not of the format at all, ends in `FileFormatError`: what was yielded before it must then not be released, so a caller
that publishes collects a whole file first.

Amounts are integer minor units. Dates are the bank's local dates, without a time of day.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO, Protocol

from schemas.records import Direction, Proof

__all__ = [
    "DECLARED_TOTALS",
    "BadEntry",
    "Balance",
    "CorrectionKind",
    "Detail",
    "Entry",
    "EntryStatus",
    "Event",
    "Finding",
    "ParseOptions",
    "StatementEnd",
    "StatementParser",
    "StatementStart",
    "StatementType",
    "Totals",
]


class StatementType(StrEnum):
    """What the container is, because only a statement is the ledger.

    STATEMENT is final (camt.053, MT940). REPORT is intraday and repeated by the statement (camt.052, MT942). NOTIFICATION repeats
    entries with more detail (camt.054). LISTING is a download of rows without a statement of its own (CSV).
    """

    STATEMENT = "STATEMENT"
    REPORT = "REPORT"
    NOTIFICATION = "NOTIFICATION"
    LISTING = "LISTING"


class EntryStatus(StrEnum):
    """How far the bank is with the entry. Only BOOKED counts in balances and sums."""

    BOOKED = "BOOKED"
    PENDING = "PENDING"
    INFORMATION = "INFORMATION"
    EXPECTED = "EXPECTED"


class CorrectionKind(StrEnum):
    """What an entry does to the one that the bank sent before under the same id."""

    REPLACES = "REPLACES"
    WITHDRAWS = "WITHDRAWS"


@dataclass(frozen=True, slots=True)
class Balance:
    """A booked balance: signed minor units (negative is overdrawn) and the bank's date, None when it gives none."""

    amount_minor: int
    date: dt.date | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts and sums of booked entries, minor units; `sum_minor` is credits and debits added up.

    In declared totals a part that the file does not state is None.
    """

    entries: int | None = None
    credits: int | None = None
    credit_minor: int | None = None
    debits: int | None = None
    debit_minor: int | None = None
    sum_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One payment inside an entry. Never added to the entry: the entry is the ledger movement.

    Attributes:
        amount_minor: unsigned; None when the bank does not say (camt.053.001.02 allows that).
        direction: may be opposite to the entry's; None when the bank does not say, then the entry's holds.
        payment_reference: what the initiator calls the payment when no end-to-end id is given (instruction id, creditor reference).
    """

    amount_minor: int | None = None
    currency: str | None = None
    direction: Direction | None = None
    end_to_end_id: str | None = None
    payment_reference: str | None = None
    bank_reference: str | None = None
    mandate_id: str | None = None
    uetr: str | None = None
    counterparty_name: str | None = None
    counterparty_account: str | None = None
    counterparty_bank: str | None = None
    remittance: str | None = None
    return_reason: str | None = None


@dataclass(slots=True, kw_only=True)
class Entry:
    """One movement on the account, or an announced one (see `status`).

    Nobody changes an entry. It is not frozen only because Python then sets each of its fields by a call, which is a quarter of
    the time of a fast parser (`make bench ARGS="--only formats"`: BAI2 119,000 against 160,000 entries per CPU second).

    Attributes:
        index: position in its statement, from 1, bad entries counted.
        amount_minor: unsigned; the sign is in `direction`.
        direction: as the account holder sees it. A reversal has its own actual direction; `is_reversal` never flips it.
        entry_id: the source's own unique id of the row (CSV); None in bank formats.
        bank_reference: the account servicer's reference (AcctSvcrRef, field 61 after `//`).
        customer_reference: the account owner's (field 61, batch PmtInfId); placeholders such as NONREF are None.
        code: the bank's transaction code as written: `PMNT/RCDT/BOOK`, `NTRF`, `NTRF 166`.
        remittance: text of the payment; lines joined as the dialect says.
        details: payments inside the entry; one for an ordinary entry with details, several for a batch.
        line: line in the file, from 1.
        position: the line, or the format's own path where lines do not tell entries apart: `Stmt[1]/Ntry[3]`.
        balance_minor: balance after the entry, signed, in formats that give one.
        correction: set where the entry corrects an earlier one instead of telling a new movement.
        settlement_id: payout, batch or deposit that the entry is part of, in settlement reports.
        fee_minor: what the source kept, signed minor units; `amount_minor` is before the fee. None in formats without fees.
        transaction_type: canonical type where the format tells it by more than `code`.
        channel: the same of the channel.
    """

    index: int
    account_id: str
    currency: str
    amount_minor: int
    direction: Direction
    status: EntryStatus = EntryStatus.BOOKED
    is_reversal: bool = False
    booking_date: dt.date | None = None
    value_date: dt.date | None = None
    entry_id: str | None = None
    bank_reference: str | None = None
    customer_reference: str | None = None
    end_to_end_id: str | None = None
    code: str | None = None
    counterparty_name: str | None = None
    counterparty_account: str | None = None
    counterparty_bank: str | None = None
    remittance: str | None = None
    details: tuple[Detail, ...] = ()
    balance_minor: int | None = None
    correction: CorrectionKind | None = None
    settlement_id: str | None = None
    fee_minor: int | None = None
    transaction_type: str | None = None
    channel: str | None = None
    line: int
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BadEntry:
    """An entry that cannot be read; the rest of the statement goes on. `raw` is its bytes, for quarantine."""

    index: int
    reason: str
    detail: str
    line: int
    position: str
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that a person should know; nothing was dropped for it. `code` groups, `message` says it whole."""

    code: str
    message: str
    line: int
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementStart:
    """Head of a statement.

    Attributes:
        index: ordinal in the file, from 1.
        account_id: as the file writes it, without spaces; empty for a listing with an account per row.
        currency: ISO 4217; empty while the file has not said it.
        statement_id: names the statement within its account: the bank's id, or made of its number, page and date.
        sequence: the bank's running number, None when it sends none.
        page: first page of the chain (MT940 field 28C, StmtPgntn).
        opening: booked opening balance where the format states it before the entries.
        version: message version as written, such as `camt.053.001.08`.
        is_copy: marked as a copy or duplicate by the bank (CpyDplctInd).
        issued: orders what the bank says of one record, higher is later; None unless the feed's ids are said to be stable
            (`mapping.corrections: by_id`) and the file has a time of creation.
    """

    index: int
    type: StatementType
    account_id: str
    currency: str
    statement_id: str
    sequence: int | None = None
    page: int | None = None
    opening: Balance | None = None
    version: str = ""
    is_copy: bool = False
    issued: int | None = None
    line: int
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementEnd:
    """End of a statement, with what it lets one prove.

    Attributes:
        start: the head; `opening` here wins over the head's, because some formats state it later.
        declared: totals that the file states, None when it states none.
        computed: totals of the booked entries that were read.
        bad_entries: how many entries of the statement were unreadable.
        complete: the bank closed the statement; False for a chain of pages whose last page is missing.
        proof: opening + entries = closing and declared = computed.
    """

    start: StatementStart
    opening: Balance | None
    closing: Balance | None
    declared: Totals | None
    computed: Totals
    bad_entries: int
    complete: bool
    proof: Proof
    line: int
    position: str


DECLARED_TOTALS = frozenset({"control_total", "declared_total_mismatch"})
"""Codes of findings that counts or sums which the file itself declares do not hold; balances are not among them."""

Event = StatementStart | Entry | BadEntry | Finding | StatementEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class ParseOptions:
    """What a feed knows that its files may leave out.

    Attributes:
        default_currency: ISO 4217, where the file states none.
        default_account: account id, where the file states none.
        mapping: column mapping of a delimited file, see `producers.formats.csv_mapping.CsvMapping`.
        max_line_bytes: longest line of a line-based format; a longer one is refused, so memory stays bounded.
    """

    default_currency: str | None = None
    default_account: str | None = None
    mapping: Mapping[str, Any] = field(default_factory=dict)
    max_line_bytes: int = 1 << 20


class StatementParser(Protocol):
    """A format's entry point."""

    def __call__(self, stream: BinaryIO, options: ParseOptions = ...) -> Iterator[Event]:
        """Events of the file, in file order.

        Raises:
            FileFormatError: the file is not of the format, hostile, or cut short; the message has the position.
        """
        ...
