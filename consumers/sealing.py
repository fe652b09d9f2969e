"""Seals: what a book had finally come to by a day, written down once and never changed; one seal for each currency of a book.

A later day, or a record that came late, makes a new seal that names the former. `consumers.sealing_days` seals what has no books.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from consumers.book_records import Place
from reconciler.digest import break_line, digest_of_lines, match_line
from reconciler.reconciliation import Reconciliation
from reconciler.types import Break, Match, Outcome
from schemas.records import DEFAULT_TENANT

__all__ = ["Cause", "NewSeal", "Seal", "latest_seals", "seal_book", "write_seal"]

Cause = Literal["first", "advanced", "reopened"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A book's latest seal, as far as the next one needs it; columns as in `book_seal`."""

    book_seal_id: int
    account_id: str
    currency: str
    through: dt.date
    rule_version: int
    digest: str
    inputs: str
    decisions: int
    provisional: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSeal:
    """What a seal says; columns as in `book_seal`.

    Attributes:
        place: account and currency; the empty account stands for all of them.
        since: first booking day (UTC); None for everything up to `through`.
    """

    place: Place
    through: dt.date
    digest: str
    inputs: str
    decisions: int
    provisional: int
    proof: dict[str, Any]
    cause: Cause
    former_id: int | None
    since: dt.date | None = None


_LATEST = """
SELECT DISTINCT ON (account_id, currency) book_seal_id, account_id, currency, through, rule_version, digest, inputs, decisions,
       provisional
FROM book_seal WHERE tenant_id = %s AND reconciliation = %s AND since IS NULL ORDER BY account_id, currency, book_seal_id DESC
"""


def latest_seals(connection: Connection[Any], reconciliation: str, tenant: str = DEFAULT_TENANT) -> dict[Place, Seal]:
    """The latest seals of a reconciliation, by account and currency."""
    with connection.cursor(row_factory=class_row(Seal)) as cursor:
        found = cursor.execute(_LATEST, (tenant, reconciliation)).fetchall()
    return {(one.account_id, one.currency): one for one in found}


def seal_book(
    connection: Connection[Any],
    *,
    rules: Reconciliation,
    place: Place,
    through: dt.date,
    outcome: Outcome,
    inputs: str,
    former: Seal | None,
    prove: Callable[[], dict[str, Any]],
) -> bool:
    """Seal what is final in a book by a day, in the open transaction.

    Nothing is written when the former seal says the same, or reaches further: a replay's watermarks are behind what was sealed.

    Args:
        connection: in the transaction that stores the book's decisions.
        rules: what was closed.
        place: account and currency. A decision about two currencies is in the digests of both, and counted in its own.
        through: last booking day (UTC) for which every side is complete.
        outcome: what was decided about the place's records.
        inputs: fingerprint of what was solved.
        former: the book's latest seal.
        prove: makes the balance proof (`consumers.balance_proof`).

    Returns:
        Whether there is a new seal.
    """
    final = [(one.booked_on, match_line(one)) for one in outcome.matches if one.final]
    final += [(one.booked_on, break_line(one)) for one in outcome.breaks if one.final]
    decided: list[Match | Break] = [*outcome.matches, *outcome.breaks]
    own = [one.final for one in decided if one.currency == place[1]]
    digest = digest_of_lines(line for _, line in final)
    cause: Cause = "first"
    if former is not None:
        if through < former.through or (through == former.through and digest == former.digest):
            return False
        before = digest_of_lines(line for day, line in final if day <= former.through)
        cause = "advanced" if before == former.digest else "reopened"
    seal = NewSeal(
        place=place,
        through=through,
        digest=digest,
        inputs=inputs,
        decisions=len(own),
        provisional=own.count(False),
        proof=prove(),
        cause=cause,
        former_id=former.book_seal_id if former is not None else None,
    )
    write_seal(connection, rules, seal)
    return True


def write_seal(connection: Connection[Any], rules: Reconciliation, seal: NewSeal, tenant: str = DEFAULT_TENANT) -> None:
    """Add a seal, in the open transaction."""
    connection.execute(
        "INSERT INTO book_seal (tenant_id, reconciliation, account_id, currency, since, through, rule_version, digest, inputs, "
        "decisions, provisional, proof, cause, former_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            tenant,
            rules.name,
            *seal.place,
            seal.since,
            seal.through,
            rules.version,
            seal.digest,
            seal.inputs,
            seal.decisions,
            seal.provisional,
            Jsonb(seal.proof),
            seal.cause,
            seal.former_id,
        ),
    )
