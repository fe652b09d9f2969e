"""Records as they are stored: listing, and look-up by the hash that matches and breaks hold."""

from collections.abc import Iterable

from psycopg import sql

from api.cursor import CursorSigner
from api.database import Database, Row
from api.filters import TransactionFilter
from api.models import Money, Transaction, TransactionPage
from api.queries.keyset import Keyset, fetch_page

__all__ = ["list_transactions", "transactions_by_hash"]

_COLUMNS = sql.SQL(
    "txn_hash, txn_id, revision, current, tenant_id, source, account_id, direction, status, is_reversal, amount_minor, fee_minor, "
    "currency, booked_at, value_date, reference_number, settlement_id, detail, kafka_partition, kafka_offset"
)
_LATEST_FIRST = Keyset(
    view="transaction_view",
    columns=_COLUMNS,
    keys=(("booked_at", "timestamptz"), ("txn_hash", "bigint"), ("revision", "bigint"), ("kafka_offset", "bigint")),
)


def _transaction(row: Row) -> Transaction:
    plain = {name: value for name, value in row.items() if name in Transaction.model_fields}
    fee = row["fee_minor"]
    return Transaction(
        **plain,
        amount=Money.of(row["amount_minor"], row["currency"]),
        fee=None if fee is None else Money.of(fee, row["currency"]),
    )


def list_transactions(database: Database, signer: CursorSigner, filters: TransactionFilter) -> TransactionPage:
    """One page of records, latest booking first."""
    rows, following = fetch_page(database, signer, _LATEST_FIRST, filters)
    return TransactionPage(items=[_transaction(row) for row in rows], next=following)


def transactions_by_hash(database: Database, hashes: Iterable[int]) -> dict[int, Transaction]:
    """Latest stored revision of each record, by its hash; a record that is not stored is absent."""
    wanted = sorted(set(hashes))
    if not wanted:
        return {}
    statement = sql.SQL(
        "SELECT DISTINCT ON (txn_hash) {} FROM transaction_view WHERE txn_hash = ANY(%s) "
        "ORDER BY txn_hash, current DESC, revision DESC"
    ).format(_COLUMNS)
    return {row["txn_hash"]: _transaction(row) for row in database.rows(statement, [wanted])}
