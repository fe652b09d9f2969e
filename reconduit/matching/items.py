"""From the entries of two files to the engine's items."""

import datetime as dt
from collections.abc import Mapping

from producers.formats.contract import Entry, EntryStatus
from producers.formats.transaction_codes import channel_of, transaction_type_of
from reconciler.due import Horizon
from reconciler.reconciliation import Reconciliation
from reconciler.text import normalise_reference
from reconciler.types import Item
from reconduit.matching.statement_file import FileEntries
from schemas.records import Direction

__all__ = ["horizon_of", "items_of"]

_STATUS = {
    EntryStatus.BOOKED: "SUCCESS",
    EntryStatus.PENDING: "PENDING",
    EntryStatus.INFORMATION: "VOID",
    EntryStatus.EXPECTED: "VOID",
}
_DIRECTION = {Direction.CREDIT: 1, Direction.DEBIT: -1}
_COMPLETE = dt.datetime.max.replace(tzinfo=dt.UTC)


def horizon_of(reconciliation: Reconciliation, left: FileEntries, right: FileEntries) -> Horizon:
    """How far each file is complete: a statement to its closing date; a listing has no such date and is taken as complete."""
    files = zip(reconciliation.side_names, (left, right), strict=True)
    return {name: file.complete_through or _COMPLETE for name, file in files}


def items_of(reconciliation: Reconciliation, left: FileEntries, right: FileEntries) -> list[Item]:
    """The items of both files, each on its side.

    Accounts tell books apart only when both files name one in common; else a ledger without account numbers would never meet
    its bank statement. A record's id counts as a reference when the files evidently share their ids. What a report says about the
    settlement of a payment comes first where the rules tie by settlements, and last elsewhere.
    """
    accounts = _accounts(left) & _accounts(right)
    ids_tie = _ids_tie(left, right)
    by_settlement = reconciliation.key == "settlement_id"
    return [
        _item(identity, entry, side, keep_account=bool(accounts), id_ties=ids_tie, by_settlement=by_settlement)
        for side, file in zip(reconciliation.side_names, (left, right), strict=True)
        for identity, entry in file.entries
    ]


def _accounts(file: FileEntries) -> set[str]:
    return {entry.account_id for _, entry in file.entries if entry.account_id}


def _ids_tie(left: FileEntries, right: FileEntries) -> bool:
    """Whether equal ids mean equal payments: most ids of the smaller file are in the other one, mostly with the same amount.

    Running numbers are in both files too, but with amounts that have nothing to do with each other.
    """
    ours, theirs = _amounts(left), _amounts(right)
    common = ours.keys() & theirs.keys()
    agreeing = sum(ours[identity] == theirs[identity] for identity in common)
    return bool(common) and 2 * len(common) >= min(len(ours), len(theirs)) and 2 * agreeing > len(common)


def _amounts(file: FileEntries) -> Mapping[str, int]:
    return {identity: entry.amount_minor for identity, entry in file.entries if identity == entry.entry_id}


def _item(identity: str, entry: Entry, side: str, *, keep_account: bool, id_ties: bool, by_settlement: bool) -> Item:
    references = _references(entry)
    if id_ties and identity == entry.entry_id:
        references = (normalise_reference(identity), *references)
    if by_settlement and entry.settlement_id:
        references = (normalise_reference(entry.settlement_id), *references)
    distinct = tuple(dict.fromkeys(reference for reference in references if reference))
    date = entry.booking_date or entry.value_date
    assert date is not None, "entries without a date are refused when the file is read"
    return Item(
        id=identity,
        side=side,
        account=entry.account_id if keep_account else "",
        amount_minor=entry.amount_minor,
        currency=entry.currency,
        direction=_DIRECTION[entry.direction],
        booked_at=dt.datetime.combine(date, dt.time(), tzinfo=dt.UTC),
        status=_STATUS[entry.status],
        is_reversal=entry.is_reversal,
        fee_minor=entry.fee_minor,
        value_date=entry.value_date,
        key=distinct[0] if distinct else None,
        references=distinct[1:],
        counterparty=entry.counterparty_name,
        text=entry.remittance or "",
        channel=_known(entry.channel or channel_of(entry.code)),
        transaction_type=_known(entry.transaction_type or transaction_type_of(entry.code)),
    )


def _known(code: str) -> str:
    """The code, empty where it only says that the format does not tell."""
    return "" if code == "OTHER" else code


def _references(entry: Entry) -> tuple[str, ...]:
    """Normalised references of an entry, what the parties gave before what the bank gave."""
    given = [entry.end_to_end_id, entry.customer_reference]
    for detail in entry.details:
        given += [detail.end_to_end_id, detail.payment_reference]
    given.append(entry.bank_reference)
    given += [detail.bank_reference for detail in entry.details]
    given.append(entry.settlement_id)
    return tuple(normalise_reference(reference) for reference in given if reference)
