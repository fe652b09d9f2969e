"""Seals of keyed and settlement reconciliations: what the records of a booking day had finally come to, currency by currency.

Groups have no book whose whole could be sealed, and their history has no end; so each day is sealed by itself, and a record that
comes late opens the seals of the days that it changes, and of no other. Which days these are is noted where the change is
made (`consumers.days_to_seal`).
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import polars as pl
from psycopg import Connection

from consumers.columns import SourceCode
from consumers.day_proof import DayProofs
from consumers.days_to_seal import days_waiting, settle_days
from consumers.decided_groups import read_decided
from consumers.kinds import with_kinds
from consumers.members import MEMBER_COLUMNS, SELECT_MEMBER
from consumers.sealing import NewSeal, write_seal
from consumers.sides import Compiled, items_of
from consumers.watermarks import Watermarks, latest_due_day
from reconciler.digest import digest_of_lines
from schemas.records import DEFAULT_TENANT

__all__ = ["DaySealer"]

_DAYS_A_TRANSACTION = 31
_ROWS_A_FETCH = 5_000
_ROWS_A_FRAME = 50_000
_EVERY_ACCOUNT = ""
_EPOCH = dt.date(1970, 1, 1)
_MICROSECONDS_A_DAY = 86_400_000_000

# All days in one scan; the server sorts, so that only one day is in our memory.
_RECORDS = f"""
SELECT * FROM ({SELECT_MEMBER}, (timestamp 'epoch' + t.booked_us * interval '1 microsecond')::date AS day FROM transaction t
WHERE t.source_id = ANY(%(sources)s) AND NOT t.superseded AND t.booked_us >= %(first)s AND t.booked_us < %(end)s) AS record
WHERE day = ANY(%(days)s) ORDER BY day
"""
_LATEST = """
SELECT DISTINCT ON (since, currency) since, currency, book_seal_id, digest FROM book_seal
WHERE tenant_id = %s AND reconciliation = %s AND account_id = '' AND since = ANY(%s) ORDER BY since, currency, book_seal_id DESC
"""


class DaySealer:
    """Seals the days of one keyed or settlement reconciliation. One connection, one thread."""

    def __init__(self, connection: Connection[Any], compiled: Compiled, sources: Mapping[tuple[str, str], SourceCode]) -> None:
        """The caller keeps `sources` up to date."""
        self._connection = connection
        self._compiled = compiled
        self._sources = sources

    def seal(self, watermarks: Watermarks) -> int:
        """Seal every day that waits for it and that each side is complete for; commits in steps.

        Returns:
            How many new seals there are.
        """
        rules = self._compiled.reconciliation
        horizon = watermarks.horizon(rules)
        if len(horizon) < len(rules.sides):
            return 0
        due = latest_due_day(rules.calendar, min(horizon.values()))
        if due < self._newest():
            # The watermarks of a replay that was ended are behind what was sealed.
            self._connection.rollback()
            return 0
        sealed = 0
        while True:
            self._connection.commit()
            # Records, decisions and what waits are of one moment: who changes a day afterwards notes it anew.
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            waiting = days_waiting(self._connection, self._compiled.code, due, _DAYS_A_TRANSACTION)
            if not waiting:
                self._connection.rollback()
                return sealed
            sealed += self._seal_days(sorted(waiting))
            settle_days(self._connection, [row for rows in waiting.values() for row in rows])
            self._connection.commit()

    def _newest(self) -> dt.date:
        row = self._connection.execute(
            "SELECT max(since) FROM book_seal WHERE tenant_id = %s AND reconciliation = %s AND since IS NOT NULL",
            (DEFAULT_TENANT, self._compiled.reconciliation.name),
        ).fetchone()
        return row[0] if row is not None and row[0] is not None else dt.date.min

    def _seal_days(self, days: Sequence[dt.date]) -> int:
        rows = self._connection.execute(_LATEST, (DEFAULT_TENANT, self._compiled.reconciliation.name, list(days)))
        former = {(since, currency): (number, digest) for since, currency, number, digest in rows}
        sealed = 0
        for day, items in self._records(days):
            decided = read_decided(self._connection, self._compiled, items["group"].unique().to_list())
            proofs = DayProofs(self._compiled.reconciliation, day, items, decided)
            inputs = hashlib.sha256(items["member"].sort().to_numpy().tobytes()).hexdigest()
            of_day = decided.filter(pl.col("booked_on") == day)
            for currency in proofs.currencies(key for since, key in former if since == day):
                own = of_day.filter(pl.col("currency") == currency)
                digest = digest_of_lines(own.filter("final")["line"].to_list())
                number, known = former.get((day, currency), (None, None))
                if digest == known or (known is None and own.is_empty()):
                    continue
                seal = NewSeal(
                    place=(_EVERY_ACCOUNT, currency),
                    since=day,
                    through=day,
                    digest=digest,
                    inputs=inputs,
                    decisions=len(own),
                    provisional=int((~own["final"]).sum()),
                    proof=proofs.prove(currency),
                    cause="first" if number is None else "reopened",
                    former_id=number,
                )
                write_seal(self._connection, self._compiled.reconciliation, seal)
                sealed += 1
        return sealed

    def _records(self, days: Sequence[dt.date]) -> Iterator[tuple[dt.date, pl.DataFrame]]:
        """Items of each day in turn (`consumers.sides.items_of`); a day that has lost all its records has none."""
        names = [code.source_id for (_, name), code in self._sources.items() if name in self._compiled.sources]
        bounds = {"first": _microseconds(days[0]), "end": _microseconds(days[-1]) + _MICROSECONDS_A_DAY}
        missing = list(days)
        with self._connection.cursor("records_of_days") as cursor:
            cursor.itersize = _ROWS_A_FETCH
            cursor.execute(_RECORDS, {"sources": names, "days": list(days)} | bounds)
            for day, rows in groupby(cursor, key=itemgetter(-1)):
                missing.remove(day)
                yield day, self._items(rows)
        for day in missing:
            yield day, self._items(())

    def _items(self, rows: Iterable[tuple[Any, ...]]) -> pl.DataFrame:
        # Part by part: a row takes several times as much memory as its place in a frame.
        left = iter(rows)
        parts = [pl.DataFrame(schema=MEMBER_COLUMNS)]
        while part := [row[:-1] for row in islice(left, _ROWS_A_FRAME)]:
            parts.append(pl.DataFrame(part, schema=MEMBER_COLUMNS, orient="row"))
        members = pl.concat(parts).with_columns(pl.col("is_reversal").cast(pl.Boolean))
        members = with_kinds(self._connection, self._compiled.reconciliation, members)
        return items_of(self._compiled, members, self._sources)


def _microseconds(day: dt.date) -> int:
    return (day - _EPOCH).days * _MICROSECONDS_A_DAY
