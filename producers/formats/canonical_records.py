"""One statement entry as canonical records: the ledger movement, and the payments of a batch as its children."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from producers.formats.contract import CorrectionKind, Detail, Entry, EntryStatus
from producers.formats.origin import FileOrigin
from producers.formats.transaction_codes import channel_of, transaction_type_of
from schemas.records import CanonicalTransaction, Status

__all__ = ["RecordBuilder"]

_STATUSES = {
    EntryStatus.BOOKED: Status.SUCCESS,
    EntryStatus.PENDING: Status.PENDING,
    EntryStatus.EXPECTED: Status.PENDING,
    # Told for information only: never money, and nothing will come of it.
    EntryStatus.INFORMATION: Status.VOID,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBuilder:
    """Builds the records of one entry.

    Attributes:
        account: the account id to publish.
        booked_at: midnight UTC of the booking date.
        revision: of every record of the entry.
        is_provisional: a report tells the entry before its statement does, so it is not money yet.
    """

    account: str
    booked_at: dt.datetime
    statement_id: str
    origin: FileOrigin
    revision: int
    is_provisional: bool = False

    def records(self, entry: Entry, name: str) -> Iterator[CanonicalTransaction]:
        """The ledger movement, then the payments of a batch."""
        yield self._transaction(
            entry,
            txn_id=name,
            reference_number=entry.end_to_end_id or entry.customer_reference,
            end_to_end_id=entry.end_to_end_id,
            bank_reference=entry.bank_reference,
            counterparty=(entry.counterparty_name, entry.counterparty_account, entry.counterparty_bank),
            description=entry.remittance,
        )
        yield from self.payments(entry, name)

    def payments(self, entry: Entry, parent: str) -> Iterator[CanonicalTransaction]:
        """The payments of a batch as children of `parent`; a single payment is the entry itself, so it has no child."""
        if len(entry.details) < 2:
            return
        for number, detail in enumerate(entry.details, start=1):
            # Without an amount of its own a payment can only be found in the original; the parser has reported the mismatch.
            if detail.amount_minor is not None:
                yield self._transaction(
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

    def _transaction(
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
            revision=self.revision,
            source=origin.source,
            bank_code=origin.bank_code,
            account_id=self.account,
            amount_minor=entry.amount_minor if detail is None or detail.amount_minor is None else detail.amount_minor,
            currency=(detail.currency if detail else None) or entry.currency,
            direction=(detail.direction if detail else None) or entry.direction,
            is_reversal=entry.is_reversal,
            status=self._status(entry),
            booked_at=self.booked_at,
            value_date=entry.value_date,
            channel=entry.channel or channel_of(entry.code),
            transaction_type=entry.transaction_type or transaction_type_of(entry.code),
            reference_number=_storable(reference_number),
            end_to_end_id=_storable(end_to_end_id),
            bank_reference=_storable(bank_reference),
            settlement_id=_storable(entry.settlement_id),
            # The fee is the entry's; payments inside of it name none of their own.
            fee_minor=entry.fee_minor if detail is None else None,
            counterparty_name=_storable(name),
            counterparty_account=_storable(account),
            counterparty_bank=_storable(bank),
            description=_storable(description),
            statement_id=self.statement_id,
            parent_txn_id=parent,
            raw_ref=f"{origin.sha256}#{entry.position}",
            ingested_at=origin.ingested_at,
        )

    def _status(self, entry: Entry) -> Status:
        if entry.correction is CorrectionKind.WITHDRAWS:
            return Status.VOID
        status = _STATUSES[entry.status]
        return Status.PENDING if self.is_provisional and status is Status.SUCCESS else status


def _storable(text: str | None) -> str | None:
    # PostgreSQL's text holds no NUL; the original keeps it.
    return text.replace("\0", "") if text and "\0" in text else text
