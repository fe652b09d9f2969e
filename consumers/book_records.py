"""Reading the records of statement-shaped reconciliations book by book, so that memory is bounded by the largest book.

A book is what one account has in one currency, or in every currency where the rules compare currencies (`fx`). What a book is made
of is summed up in a fingerprint first, so that only books that have changed are read.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from psycopg import Connection
from psycopg.rows import dict_row

from consumers.items import SELECT_RECORDS, item_of_row, side_of_row
from reconciler.reconciliation import Reconciliation
from reconciler.types import Item

__all__ = ["EVERY_CURRENCY", "BookRecords", "Place", "book_of", "by_book", "fingerprints", "read_books"]

Place = tuple[str, str]
"""Account and currency of a book; `EVERY_CURRENCY` in place of one where the rules compare currencies."""

EVERY_CURRENCY = ""

_Known = TypeVar("_Known")

_ROWS_A_FETCH = 5_000

# A revision is stored once, so no two equal hashes cancel out.
_FINGERPRINTS = """
SELECT account_id, currency, count(*) || ' ' || bit_xor(hashint8extended(txn_hash, revision))
FROM transaction WHERE source_id = ANY(%s) AND NOT superseded GROUP BY 1, 2
"""

_OF_BOOKS = "(t.account_id, t.currency) IN (SELECT * FROM unnest(%s::text[], %s::text[]))"
_OF_ACCOUNTS = "t.account_id = ANY(%s::text[])"


@dataclass(frozen=True, slots=True)
class BookRecords:
    """Items of one book, and the `txn_hash` of each by the item's id."""

    place: Place
    items: list[Item]
    hashes: Mapping[str, int]


def book_of(reconciliation: Reconciliation, place: Place) -> Place:
    """The book that has what an account has in a currency."""
    return place if reconciliation.fx is None else (place[0], EVERY_CURRENCY)


def by_book(
    reconciliation: Reconciliation, found: Mapping[Place, _Known], join: Callable[[Sequence[_Known]], _Known]
) -> dict[Place, _Known]:
    """What is known by account and currency, by book; `join` makes one of what a book's currencies have, in their order."""
    if reconciliation.fx is None:
        return dict(found)
    gathered: defaultdict[Place, list[_Known]] = defaultdict(list)
    for place in sorted(found):
        gathered[book_of(reconciliation, place)].append(found[place])
    return {place: join(listed) for place, listed in gathered.items()}


def fingerprints(connection: Connection[Any], codes: Collection[int]) -> dict[Place, str]:
    """What these sources have by account and currency now, in short: equal when no record came, changed or went."""
    rows = connection.execute(_FINGERPRINTS, (list(codes),))
    return {(account, currency): text for account, currency, text in rows}


def read_books(
    connection: Connection[Any], reconciliation: Reconciliation, names: Mapping[int, str], places: Collection[Place]
) -> Iterator[BookRecords]:
    """The records of some books of the reconciliation, one book at a time, in order of account and currency.

    The server keeps the sorted rows, across the transactions in which the caller writes. Commits.

    Args:
        connection: not in a transaction.
        reconciliation: whose sides the records are on; a record on no side is left out.
        names: source name by code.
        places: which books.
    """
    if not places:
        return
    which = list(zip(*places, strict=True)) if reconciliation.fx is None else [[account for account, _ in places]]
    wanted = _OF_BOOKS if reconciliation.fx is None else _OF_ACCOUNTS
    with connection.cursor("books", row_factory=dict_row, withhold=True) as cursor:
        cursor.itersize = _ROWS_A_FETCH
        cursor.execute(f"{SELECT_RECORDS} AND {wanted} ORDER BY t.account_id, t.currency", (list(names), *map(list, which)))
        connection.commit()
        for place, rows in groupby(cursor, key=lambda row: book_of(reconciliation, (row["account_id"], row["currency"]))):
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
