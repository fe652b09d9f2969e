"""Reading the records of statement-shaped reconciliations book by book, so that memory is bounded by the largest book.

A book is what one account has in one currency. What a book is made of is summed up in a fingerprint first, so that only books that
have changed are read.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from consumers.items import SELECT_RECORDS, item_of_row, side_of_row
from reconciler.reconciliation import Reconciliation
from reconciler.types import Item

__all__ = ["BookRecords", "Place", "fingerprints", "read_books"]

Place = tuple[str, str]
"""Account and currency of a book."""

_ROWS_A_FETCH = 5_000

# A revision is stored once, so no two equal hashes cancel out.
_FINGERPRINTS = """
SELECT account_id, currency, count(*) || ' ' || bit_xor(hashint8extended(txn_hash, revision))
FROM transaction WHERE source_id = ANY(%s) AND NOT superseded GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class BookRecords:
    """Items of one book, and the `txn_hash` of each by the item's id."""

    place: Place
    items: list[Item]
    hashes: Mapping[str, int]


def fingerprints(connection: Connection[Any], codes: Collection[int]) -> dict[Place, str]:
    """What each book of these sources is made of now, in short: equal when no record came, changed or went."""
    rows = connection.execute(_FINGERPRINTS, (list(codes),))
    return {(account, currency): text for account, currency, text in rows}


def read_books(
    connection: Connection[Any], reconciliation: Reconciliation, names: Mapping[int, str], places: Collection[Place]
) -> Iterator[BookRecords]:
    """The records of some books, one book at a time, in order of account and currency.

    The server keeps the sorted rows, across the transactions in which the caller writes. Commits.

    Args:
        connection: not in a transaction.
        reconciliation: whose sides the records are on; a record on no side is left out.
        names: source name by code.
        places: which books.
    """
    if not places:
        return
    accounts, currencies = zip(*places, strict=True)
    wanted = " AND (t.account_id, t.currency) IN (SELECT * FROM unnest(%s::text[], %s::text[])) ORDER BY t.account_id, t.currency"
    with connection.cursor("books", row_factory=dict_row, withhold=True) as cursor:
        cursor.itersize = _ROWS_A_FETCH
        cursor.execute(SELECT_RECORDS + wanted, (list(names), list(accounts), list(currencies)))
        connection.commit()
        for place, rows in groupby(cursor, key=lambda row: (row["account_id"], row["currency"])):
            items: list[Item] = []
            hashes: dict[str, int] = {}
            for row in rows:
                source = names[row["source_id"]]
                side = side_of_row(reconciliation, row, source)
                if side is not None:
                    item = item_of_row(row, side, source)
                    items.append(item)
                    hashes[item.id] = row["txn_hash"]
            # Reading went on in a transaction of its own.
            connection.commit()
            yield BookRecords(place, items, hashes)
    connection.commit()
