"""Records that a corrected statement no longer has: withdrawn where the statement proves, else told.

A statement whose opening balance and entries make its closing balance names all that was booked, so a record that it had before and
has no longer is not on the account: it gets a higher revision with status VOID. A statement that does not prove may only lack the
entry, and withdraws nothing.
"""

import datetime as dt
import json
from collections.abc import Collection, Sequence
from hashlib import sha256

from producers.kit.contract import BadRecord
from producers.providers.sftp_drop.ledger import FileLedger, KnownRecord, KnownStatement
from schemas.records import CanonicalStatement, CanonicalTransaction, Direction, Proof, Status

__all__ = ["known_record", "report_of", "vanished", "withdrawn"]


def known_record(record: CanonicalTransaction) -> KnownRecord:
    """What has to be remembered of a record to withdraw it later."""
    signed = record.amount_minor if record.direction is Direction.CREDIT else -record.amount_minor
    return KnownRecord(record.txn_id, signed, record.currency, record.booked_at.date().isoformat(), record.parent_txn_id)


def vanished(known: KnownStatement, ledger: FileLedger, present: Collection[str]) -> list[KnownRecord]:
    """Records of a statement that are nowhere any more.

    Args:
        known: what was published of the statement.
        ledger: a record of another statement in it was only moved there, and is no longer this one's to withdraw.
        present: ids of all records of the file that corrects it.
    """
    elsewhere = {record.txn_id for other in ledger.statements if other.key != known.key for record in other.records}
    return [record for record in known.records if record.txn_id not in present and record.txn_id not in elsewhere]


def withdrawn(
    gone: Sequence[KnownRecord], statement: CanonicalStatement, entries: Sequence[CanonicalTransaction]
) -> list[CanonicalTransaction]:
    """The records as VOID, in the revision of the statement's other records; none where that would be a guess.

    Args:
        gone: of `vanished`.
        statement: the corrected statement.
        entries: its records, which tell the revision.
    """
    if statement.proof is not Proof.PROVED or not entries:
        return []
    revision = max(record.revision for record in entries)
    return [
        CanonicalTransaction(
            tenant_id=statement.tenant_id,
            txn_id=record.txn_id,
            revision=revision,
            source=statement.source,
            bank_code=entries[0].bank_code,
            account_id=statement.account_id,
            amount_minor=abs(record.signed_minor),
            currency=record.currency,
            direction=Direction.DEBIT if record.signed_minor < 0 else Direction.CREDIT,
            status=Status.VOID,
            booked_at=dt.datetime.combine(dt.date.fromisoformat(record.booked_on), dt.time(), dt.UTC),
            statement_id=statement.statement_id,
            parent_txn_id=record.parent,
            raw_ref=statement.raw_ref,
            ingested_at=statement.ingested_at,
        )
        for record in gone
    ]


def report_of(gone: Sequence[KnownRecord], statement: CanonicalStatement, name: str) -> BadRecord:
    """The quarantined note that records are gone and were not withdrawn."""
    ids = sorted(record.txn_id for record in gone)
    detail = (
        f"statement {statement.statement_id} was corrected and no longer has {len(ids)} records that it had: "
        f"{', '.join(ids[:5])}{' ...' if len(ids) > 5 else ''}; it does not prove, so they were not withdrawn: "
        "ask the bank for the whole statement"
    )
    digest = sha256("\n".join(ids).encode()).hexdigest()[:12]
    return BadRecord("vanished_from_statement", detail, f"{name}:{statement.statement_id}@{digest}", json.dumps(ids).encode())
