"""Statements that come again: the same entries in other bytes are a duplicate, other entries a correction.

Banks repeat statements with other line ends, in another envelope or encrypted anew, so the bytes do not tell. What counts is the
set of entries under the same account, statement id, number, opening balance and closing date.
"""

import json
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256

import structlog

from producers.formats.canonical import CanonicalFile
from producers.providers.sftp_drop.ledger import FileLedger, KnownStatement
from producers.providers.sftp_drop.retraction import known_record, report_of, vanished, withdrawn
from schemas.records import CanonicalStatement, CanonicalTransaction

__all__ = ["needed_revision", "settle"]

_log = structlog.get_logger(__name__)
_FIELDS = (
    "txn_id",
    "amount_minor",
    "currency",
    "direction",
    "is_reversal",
    "status",
    "booked_at",
    "value_date",
    "reference_number",
    "end_to_end_id",
    "bank_reference",
    "counterparty_name",
    "counterparty_account",
    "description",
    "parent_txn_id",
)


def needed_revision(content: CanonicalFile, ledger: FileLedger, revision: int) -> int:
    """The revision that makes every corrected statement of a file, and every record that comes back, outrank what was published.

    Args:
        content: the file, read with `revision`.
        ledger: what was published.
        revision: the file's own, from the contents seen under its name.
    """
    for statement in content.statements:
        known = ledger.statement(_key(statement))
        if known is not None and known.digest != _digest(statement, _entries(content, statement)):
            revision = max(revision, known.revision + 1)
    back = [ledger.withdrawn[record.txn_id] for record in content.transactions if record.txn_id in ledger.withdrawn]
    return max([revision, *(withdrawal + 1 for withdrawal in back)])


def settle(content: CanonicalFile, ledger: FileLedger, name: str, revision: int) -> bool:
    """Take repeated statements out of a file, withdraw or report what a correction no longer has, and remember the rest.

    Args:
        content: the file; changed in place.
        ledger: changed in place.
        name: of the file, for messages and positions.
        revision: that the file was read with.

    Returns:
        Whether every statement of the file was a repetition.
    """
    repeated: set[str] = set()
    statements = {_key(statement): statement for statement in content.statements}
    shared = {key for key, count in Counter(_key(statement) for statement in content.statements).items() if count > 1}
    present = {record.txn_id for record in content.transactions}
    for key, statement in statements.items():
        entries = _entries(content, statement)
        known = ledger.statement(key)
        digest = _digest(statement, entries)
        if known is not None and known.digest == digest and key not in shared:
            _log.info("statement has the entries of an earlier one and is skipped", file=name, statement=statement.statement_id)
            repeated.add(statement.statement_id)
            continue
        if known is not None:
            _log.warning("statement corrects an earlier one", file=name, statement=statement.statement_id, revision=revision)
            gone = vanished(known, ledger, present)
            voids = withdrawn(gone, statement, entries)
            if gone and not voids:
                content.bad.append(report_of(gone, statement, name))
            content.transactions += voids
            ledger.withdraw((record.txn_id for record in voids), revision)
        ledger.remember(KnownStatement(key, digest, revision, tuple(map(known_record, entries))))
    kept = [statement for statement in content.statements if statement.statement_id not in repeated]
    is_repetition = bool(content.statements) and not kept
    content.statements = kept
    content.transactions = [record for record in content.transactions if record.statement_id not in repeated]
    return is_repetition


def _key(statement: CanonicalStatement) -> str:
    # Some banks give every statement the same id, so number, opening balance and date must agree as well before two count as one.
    opening = statement.opening_minor
    return f"{statement.statement_id}/{statement.currency}/{statement.sequence}/{opening}/{statement.closing_date}"


def _entries(content: CanonicalFile, statement: CanonicalStatement) -> list[CanonicalTransaction]:
    return [record for record in content.transactions if record.statement_id == statement.statement_id]


def _digest(statement: CanonicalStatement, entries: Sequence[CanonicalTransaction]) -> str:
    rows = sorted(json.dumps([str(getattr(record, field)) for field in _FIELDS]) for record in entries)
    head = [statement.opening_minor, statement.closing_minor, statement.entry_count]
    return sha256(json.dumps([head, rows]).encode()).hexdigest()[:32]
