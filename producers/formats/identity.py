"""Names of statement entries: the same entry has the same name in every delivery, and two equal entries have two names."""

from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

from producers.formats.contract import Entry, EntryStatus, StatementStart, StatementType

__all__ = ["entry_names", "own_names"]

_DIGEST_LENGTH = 20
_SEPARATOR = "\x1f"


def entry_names(entries: Sequence[Entry], start: StatementStart, accounts: Sequence[str]) -> list[str]:
    """A `txn_id` for each entry of one statement.

    `{account}:{own id}` where the entry has an id or bank reference that no other entry of the statement shares; otherwise
    `{account}:{digest}-{ordinal}`, the ordinal counting equal entries, because two equal payments on one day are legal. The digest
    of a statement's entry includes the statement, so equal entries of two statements differ; a row of a listing has no statement,
    so that overlapping downloads give the same names. Entries that are not booked never take the name of the booked one.

    Args:
        entries: all readable entries of the statement, in order.
        start: the statement.
        accounts: the canonical account id of each entry.
    """
    shared = Counter((account, _own_id(entry)) for account, entry in zip(accounts, entries, strict=True))
    scope = "" if start.type is StatementType.LISTING else start.statement_id
    ordinals: Counter[str] = Counter()
    names = []
    for account, entry in zip(accounts, entries, strict=True):
        own = _own_id(entry)
        if own is not None and shared[account, own] == 1:
            names.append(f"{account}:{own}")
            continue
        stem = f"{account}:{_digest(entry, scope)}"
        names.append(f"{stem}-{ordinals[stem]}")
        ordinals[stem] += 1
    return names


def own_names(entries: Sequence[Entry], accounts: Sequence[str]) -> list[str | None]:
    """`{account}:{own id}` for each entry whose id or bank reference no other of `entries` shares, else None.

    It is the name that `entry_names` gives to the booked entry of the same id, whatever the status of these entries is.
    """
    ids = [entry.entry_id or entry.bank_reference for entry in entries]
    shared = Counter(zip(accounts, ids, strict=True))
    return [
        f"{account}:{own}" if own is not None and shared[account, own] == 1 else None
        for account, own in zip(accounts, ids, strict=True)
    ]


def _own_id(entry: Entry) -> str | None:
    return (entry.entry_id or entry.bank_reference) if entry.status is EntryStatus.BOOKED else None


def _digest(entry: Entry, scope: str) -> str:
    parts = (
        scope,
        entry.booking_date or entry.value_date,
        entry.direction.value,
        entry.amount_minor,
        entry.currency,
        "" if entry.status is EntryStatus.BOOKED else entry.status.value,
        entry.entry_id or entry.bank_reference,
        entry.customer_reference,
        entry.end_to_end_id,
        entry.counterparty_account,
        entry.remittance,
        entry.balance_minor,
    )
    text = _SEPARATOR.join("" if part is None else str(part) for part in parts)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_LENGTH]
