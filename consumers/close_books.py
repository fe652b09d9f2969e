"""Closing books: statement-shaped reconciliations, account by account and currency by currency, each solved whole.

Where the rules compare currencies, all that an account has is one book, solved at once and sealed currency by currency.

A book is solved again when its records, its sources' watermarks, operators' decisions about it or the rules have changed. What the
watermarks have passed is final and sealed. A book that is sealed and wholly final stays as it is under a new version of the
rules, until its records change.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, TypeVar

from psycopg import Connection

from consumers.balance_proof import StatementProof, prove_sides, read_statement_proofs
from consumers.book_records import EVERY_CURRENCY, Place, book_of, by_book, fingerprints, read_books
from consumers.book_shares import BookShare, shares_of
from consumers.columns import SourceCode
from consumers.copying import copy_in
from consumers.decisions import MemberHash, break_rows, match_rows
from consumers.operator_log import OperatorLog
from consumers.profiling import learn_profile
from consumers.sealing import Seal, latest_seals, seal_book
from consumers.sides import Compiled
from consumers.watermarks import Watermarks, latest_due_day
from reconciler.dispatch import solve
from reconciler.due import Horizon
from reconciler.types import Break, Item, Match, Member, Outcome
from schemas.keys import hash64
from schemas.tables import BREAK_TYPES

__all__ = ["BookCloser", "BooksClosed"]

_ROWS_A_COPY = 50_000

_Decided = TypeVar("_Decided", Match, Break)

_ABOUT_STATEMENTS = BREAK_TYPES["BALANCE"]
"""Breaks of this type are no decision about a book's records; `consumers.statement_breaks` keeps them."""

_STANDING = f"""
SELECT account_id, currency, count(*) FROM (SELECT account_id, currency FROM match WHERE reconciliation_id = %(code)s
UNION ALL SELECT account_id, currency FROM break WHERE reconciliation_id = %(code)s AND type <> {_ABOUT_STATEMENTS}) AS standing
GROUP BY 1, 2
"""

# A revocation has the members of what it revokes, so it is counted with it and changes the list.
_DECIDED = """
SELECT t.account_id, t.currency, string_agg(DISTINCT d.operator_decision_id::text, ' ' ORDER BY d.operator_decision_id::text)
FROM operator_decision d CROSS JOIN unnest(d.members) AS m (txn_hash) JOIN transaction t USING (txn_hash)
WHERE d.reconciliation = %s AND d.operator_decision_id <= %s AND NOT t.superseded GROUP BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class BooksClosed:
    """How many books were solved, and how many of them have a new seal."""

    solved: int
    sealed: int


@dataclass(frozen=True, slots=True)
class _Inputs:
    """What a book is solved from: a fingerprint of all of it but the rules, and the version of these."""

    fingerprint: str
    version: int


class BookCloser:
    """Solves the books of one statement-shaped reconciliation again whenever what they are solved from has changed."""

    def __init__(
        self, connection: Connection[Any], compiled: Compiled, sources: Mapping[tuple[str, str], SourceCode], operators: OperatorLog
    ) -> None:
        """Close the books of `compiled`; the caller keeps `sources` and `operators` up to date."""
        self._connection = connection
        self._compiled = compiled
        self._sources = sources
        self._operators = operators
        self._solved: dict[Place, tuple[_Inputs, int]] = {}

    def close(self, watermarks: Watermarks) -> BooksClosed:
        """Bring every book up to date, each in a transaction of its own under the book's lock."""
        connection, rules = self._connection, self._compiled.reconciliation
        names = {code.source_id: name for (_, name), code in self._sources.items() if name in self._compiled.sources}
        stored = fingerprints(connection, list(names))
        sealed = {place: seal for place, seal in latest_seals(connection, rules.name).items() if place in stored}
        alone: dict[Place, tuple[Seal, ...]] = {place: (seal,) for place, seal in sealed.items()}
        seals = by_book(rules, alone, lambda parts: tuple(chain.from_iterable(parts)))
        standing = by_book(rules, self._standing(), sum)
        prints, decided = by_book(rules, stored, " ".join), by_book(rules, self._decided(), " ".join)
        horizons = {place: watermarks.horizon(rules, place[0]) for place in prints}
        inputs = {
            place: _Inputs(_fingerprint(text, horizons[place], decided.get(place, "")), rules.version)
            for place, text in prints.items()
        }
        due = {
            place for place in prints if not self._is_up_to_date(place, inputs[place], standing.get(place, 0), seals.get(place, ()))
        }
        proofs = read_statement_proofs(connection, names, [place for place in stored if book_of(rules, place) in due])
        connection.rollback()
        for place in standing.keys() - prints.keys():
            self._store(place, Outcome(), {})
        new_seals = 0
        for book in read_books(connection, rules, names, due):
            place = book.place
            outcome = solve(rules, book.items, horizons[place], self._operators.about(rules.name).about(book.items))
            shares = list(shares_of(place, book.items, outcome))
            seal = self._sealing(shares, horizons[place], inputs[place], sealed, proofs)
            new_seals += self._store(place, outcome, book.hashes, seal, partial(self._learn, shares, book.items))
            self._solved[place] = (inputs[place], len(outcome.matches) + len(outcome.breaks))
        self._mark_applied()
        return BooksClosed(len(due), new_seals)

    def _is_up_to_date(self, place: Place, inputs: _Inputs, standing: int, seals: Sequence[Seal]) -> bool:
        """Whether what stands about a book is right. A replay throws decisions away; their number tells."""
        if self._solved.get(place) == (inputs, standing):
            return True
        # A currency that came out as before has no new seal, so the newest one tells what the book was last solved from.
        newest = max(seals, key=lambda seal: seal.book_seal_id, default=None)
        final = newest is not None and newest.inputs == inputs.fingerprint
        final = final and not any(seal.provisional for seal in seals) and sum(seal.decisions for seal in seals) == standing
        if final:
            self._solved[place] = (inputs, standing)
        return final

    def _standing(self) -> dict[Place, int]:
        """How many decisions stand, by account and currency."""
        rows = self._connection.execute(_STANDING, {"code": self._compiled.code})
        return {(account, currency): count for account, currency, count in rows}

    def _decided(self) -> dict[Place, str]:
        """Which decisions of operators there are by account and currency, as far as this round knows them."""
        if not self._operators.newest:
            return {}
        rows = self._connection.execute(_DECIDED, (self._compiled.reconciliation.name, self._operators.newest))
        return {(account, currency): numbers for account, currency, numbers in rows}

    def _sealing(
        self,
        shares: Sequence[BookShare],
        horizon: Horizon,
        inputs: _Inputs,
        former: Mapping[Place, Seal],
        statements: Mapping[Place, Sequence[StatementProof]],
    ) -> Callable[[], bool] | None:
        """What seals the book inside the transaction that stores its decisions; None when no day of it is complete."""
        rules = self._compiled.reconciliation
        if len(horizon) < len(rules.sides):
            return None
        # Up to the last booking, not to the watermark: days without records need no seal.
        due = latest_due_day(rules.calendar, min(horizon.values()))
        days = {share.place: [day for item in share.items if (day := item.booked_at.date()) <= due] for share in shares}
        through = max((day for found in days.values() for day in found), default=None)
        if through is None:
            return None

        def seal(share: BookShare) -> bool:
            def prove() -> dict[str, Any]:
                told = statements.get(share.place, ())
                return prove_sides(rules.side_names, share.items, share.outcome, through, told, share.elsewhere)

            return seal_book(
                self._connection,
                rules=rules,
                place=share.place,
                through=through,
                outcome=share.outcome,
                inputs=inputs.fingerprint,
                former=former.get(share.place),
                prove=prove,
            )

        complete = [share for share in shares if days[share.place]]
        return lambda: True in [seal(share) for share in complete]

    def _learn(self, shares: Iterable[BookShare], items: Sequence[Item]) -> None:
        """Learn how the sources behave, currency by currency, in the open transaction."""
        rules = self._compiled.reconciliation
        for share in shares:
            learn_profile(
                self._connection,
                reconciliation=rules.name,
                sides=rules.side_names,
                place=share.place,
                outcome=share.outcome,
                items=items,
            )

    def _store(
        self,
        place: Place,
        outcome: Outcome,
        hashes: Mapping[str, int],
        seal: Callable[[], bool] | None = None,
        learn: Callable[[], None] | None = None,
    ) -> bool:
        """Replace a book's decisions, in one transaction. Returns whether it was sealed."""
        connection, compiled = self._connection, self._compiled

        def member_hash(member: Member) -> int:
            return hashes[member.id]

        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (hash64(f"book {compiled.code} {place[0]} {place[1]}"),))
            for table, only in (("match", ""), ("break", f" AND type <> {_ABOUT_STATEMENTS}")):
                connection.execute(
                    f"DELETE FROM {table} WHERE reconciliation_id = %s AND account_id = %s AND %s IN (currency, %s){only}",
                    (compiled.code, *place, EVERY_CURRENCY),
                )
            for start in range(0, len(outcome.matches), _ROWS_A_COPY):
                matches = _in_groups(outcome.matches[start : start + _ROWS_A_COPY], member_hash)
                copy_in(connection, "match", match_rows(compiled.reconciliation, compiled.code, matches, member_hash))
            for start in range(0, len(outcome.breaks), _ROWS_A_COPY):
                breaks = _in_groups(outcome.breaks[start : start + _ROWS_A_COPY], member_hash)
                copy_in(connection, "break", break_rows(compiled.reconciliation, compiled.code, breaks, member_hash))
            if learn is not None:
                learn()
            return seal() if seal is not None else False

    def _mark_applied(self) -> None:
        """Note which decisions of operators the books have been solved with."""
        self._connection.execute(
            "UPDATE operator_decision SET applied_at = now() WHERE applied_at IS NULL AND reconciliation = %s "
            "AND operator_decision_id <= %s",
            (self._compiled.reconciliation.name, self._operators.newest),
        )
        self._connection.commit()


def _fingerprint(records: str, horizon: Horizon, decided: str) -> str:
    """The sources' watermarks move at every poll; only whether something has become due since changes a decision."""
    days = sorted((name, mark.date().isoformat()) for name, mark in horizon.items())
    return hashlib.sha256(f"{records} {days} {decided}".encode()).hexdigest()


def _in_groups(decided: Sequence[_Decided], member_hash: MemberHash) -> list[tuple[int, _Decided]]:
    """Decisions with the hash of their members, which is their `group_hash`."""
    return [(hash64(",".join(str(number) for number in sorted(map(member_hash, one.members)))), one) for one in decided]
