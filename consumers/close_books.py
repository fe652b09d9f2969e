"""Closing books: statement-shaped reconciliations, account by account and currency by currency, each solved whole."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from consumers.columns import SourceCode
from consumers.copying import copy_in
from consumers.decisions import break_rows, match_rows
from consumers.items import SELECT_RECORDS, item_of_row, side_of_row
from consumers.sides import Compiled
from consumers.watermarks import Watermarks
from reconciler.dispatch import solve
from reconciler.types import Item, Member
from schemas.keys import hash64

__all__ = ["BookCloser"]


class BookCloser:
    """Solves the books of one statement-shaped reconciliation again whenever their records or watermarks have changed."""

    def __init__(self, compiled: Compiled, sources: Mapping[tuple[str, str], SourceCode]) -> None:
        """Close the books of `compiled`; the caller keeps `sources` up to date."""
        self._compiled = compiled
        self._sources = sources
        self._signatures: dict[tuple[str, str], tuple[str, int]] = {}

    def close(self, connection: Connection[Any], watermarks: Watermarks) -> int:
        """Bring every book up to date, each in a transaction of its own under the book's lock.

        Returns:
            How many books were solved.
        """
        solved = 0
        standing = self._standing(connection)
        for (account, currency), rows in self._books(connection).items():
            horizon = watermarks.horizon(self._compiled.reconciliation, account)
            # The sources' watermarks move at every poll; only whether something has become due since changes a decision.
            days = sorted((name, mark.date().isoformat()) for name, mark in horizon.items())
            state = f"{days} {sorted((item.id, hashed) for item, hashed in rows)}"
            signature = hashlib.sha256(state.encode()).hexdigest()
            # A replay throws decisions away; their number tells.
            if self._signatures.get((account, currency)) == (signature, standing.get((account, currency), 0)):
                continue
            decided = self._solve(connection, account, currency, rows, horizon)
            self._signatures[account, currency] = (signature, decided)
            solved += 1
        return solved

    def _standing(self, connection: Connection[Any]) -> dict[tuple[str, str], int]:
        """How many decisions stand, by book."""
        rows = connection.execute(
            "SELECT account_id, currency, count(*) FROM (SELECT account_id, currency FROM match WHERE reconciliation_id = %(code)s "
            "UNION ALL SELECT account_id, currency FROM break WHERE reconciliation_id = %(code)s) AS standing GROUP BY 1, 2",
            {"code": self._compiled.code},
        )
        return {(account, currency): count for account, currency, count in rows}

    def _books(self, connection: Connection[Any]) -> dict[tuple[str, str], list[tuple[Item, int]]]:
        names = {code.source_id: name for (_, name), code in self._sources.items() if name in self._compiled.sources}
        books: dict[tuple[str, str], list[tuple[Item, int]]] = defaultdict(list)
        with connection.cursor(row_factory=dict_row) as cursor:
            for row in cursor.execute(SELECT_RECORDS, (list(names),)):
                source = names[row["source_id"]]
                side = side_of_row(self._compiled.reconciliation, row, source)
                if side is not None:
                    item = item_of_row(row, side, source)
                    books[row["account_id"], row["currency"]].append((item, row["txn_hash"]))
        connection.rollback()
        return books

    def _solve(
        self, connection: Connection[Any], account: str, currency: str, rows: list[tuple[Item, int]], horizon: Mapping[str, Any]
    ) -> int:
        """Solve one book and replace its decisions; returns how many there are now."""
        compiled = self._compiled
        hashes = {Member(item.side, item.id): hashed for item, hashed in rows}
        outcome = solve(compiled.reconciliation, [item for item, _ in rows], horizon)

        def group(members: tuple[Member, ...]) -> int:
            return hash64(",".join(str(one) for one in sorted(hashes[member] for member in members)))

        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (hash64(f"book {compiled.code} {account} {currency}"),))
            for table in ("match", "break"):
                connection.execute(
                    f"DELETE FROM {table} WHERE reconciliation_id = %s AND account_id = %s AND currency = %s",
                    (compiled.code, account, currency),
                )
            matches = [(group(match.members), match) for match in outcome.matches]
            breaks = [(group(one.members), one) for one in outcome.breaks]
            copy_in(connection, "match", match_rows(compiled.reconciliation, compiled.code, matches, hashes.__getitem__))
            copy_in(connection, "break", break_rows(compiled.reconciliation, compiled.code, breaks, hashes.__getitem__))
        return len(matches) + len(breaks)
