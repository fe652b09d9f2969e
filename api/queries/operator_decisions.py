"""Listings of operators' decisions, of seals and of profiles."""

from psycopg import sql

from api.cursor import CursorSigner
from api.database import Database, Row
from api.errors import NotFoundError
from api.models import MatchDetail
from api.operator_filters import BookFilter, OperatorDecisionFilter
from api.operator_models import (
    BookProfile,
    BookSeal,
    OperatorDecision,
    OperatorDecisionPage,
    ProfilePage,
    RecordName,
    SealPage,
)
from api.queries.keyset import Keyset, fetch_page
from schemas.keys import txn_hash

__all__ = [
    "confirmation_of",
    "get_operator_decision",
    "list_operator_decisions",
    "list_profiles",
    "list_seals",
    "operator_decision_of",
]

_DECISION_COLUMNS = sql.SQL(
    "operator_decision_id, reconciliation, kind, sources, txn_ids, note, actor, decided_at, revokes, revoked_by, standing, "
    "applied_at"
)
_DECISIONS = Keyset("operator_decision_view", _DECISION_COLUMNS, (("operator_decision_id", "bigint"),))
_SEALS = Keyset(
    "book_seal_view",
    sql.SQL(
        "book_seal_id AS id, reconciliation, account_id, currency, since, through, rule_version, digest, decisions, provisional, "
        "proof, cause, former_id AS former, current, sealed_at"
    ),
    (("book_seal_id", "bigint"),),
)
_PROFILES = Keyset(
    "pair_profile_view",
    sql.SQL("pair_profile_id AS id, reconciliation, account_id, currency, through, profile, drift, current, learnt_at"),
    (("pair_profile_id", "bigint"),),
)


def operator_decision_of(row: Row) -> OperatorDecision:
    """A row of `operator_decision_view` as the API tells it."""
    members = [RecordName(source=source, txn_id=txn_id) for source, txn_id in zip(row["sources"], row["txn_ids"], strict=True)]
    plain = {name: row[name] for name in OperatorDecision.model_fields if name not in {"id", "members"}}
    return OperatorDecision(id=row["operator_decision_id"], members=members, **plain)


def get_operator_decision(database: Database, number: int) -> OperatorDecision:
    """One decision.

    Raises:
        NotFoundError: there is no such decision.
    """
    statement = sql.SQL("SELECT {} FROM operator_decision_view WHERE operator_decision_id = %s").format(_DECISION_COLUMNS)
    for row in database.rows(statement, [number]):
        return operator_decision_of(row)
    raise NotFoundError(f"there is no decision {number}; GET /v1/decisions lists them")


def confirmation_of(database: Database, match: MatchDetail) -> int | None:
    """Number of the standing decision that made a manual match; None for any other match, and once it is taken back."""
    known = [one.transaction for one in match.members if one.transaction is not None]
    members = [txn_hash(record.tenant_id, record.source, record.txn_id) for record in known]
    statement = sql.SQL(
        "SELECT operator_decision_id FROM operator_decision_view "
        "WHERE standing AND kind = 'confirm' AND reconciliation = %s AND members @> %s::bigint[] AND members <@ %s::bigint[]"
    )
    for row in database.rows(statement, [match.reconciliation, members, members]):
        number: int = row["operator_decision_id"]
        return number
    return None


def list_operator_decisions(database: Database, signer: CursorSigner, filters: OperatorDecisionFilter) -> OperatorDecisionPage:
    """One page of decisions, latest first."""
    rows, following = fetch_page(database, signer, _DECISIONS, filters)
    return OperatorDecisionPage(items=[operator_decision_of(row) for row in rows], next=following)


def list_seals(database: Database, signer: CursorSigner, filters: BookFilter) -> SealPage:
    """One page of seals, latest first."""
    rows, following = fetch_page(database, signer, _SEALS, filters)
    return SealPage(items=[BookSeal(**{name: row[name] for name in BookSeal.model_fields}) for row in rows], next=following)


def list_profiles(database: Database, signer: CursorSigner, filters: BookFilter) -> ProfilePage:
    """One page of profiles, latest first."""
    rows, following = fetch_page(database, signer, _PROFILES, filters)
    return ProfilePage(
        items=[BookProfile(**{name: row[name] for name in BookProfile.model_fields}) for row in rows], next=following
    )
