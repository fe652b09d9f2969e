"""Recording an operator's decision: checked against what stands, written once, never changed.

The decision takes effect in every batch that comes after it, and for what is stored already with the close pass's next round.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from api.database import Connection, Row
from api.errors import BadMembersError, ConflictError, IdempotencyKeyError, NotFoundError
from api.operator_models import DecisionRequest, RecordName
from reconciler.reconciliation import Reconciliation, Shape
from reconciler.rules import parse_reconciliation
from reconciler.yaml_nodes import Origin
from schemas.currency_codes import CURRENCY_DECIMALS
from schemas.keys import txn_hash

__all__ = ["Recorded", "record_decision"]

_LOCK = 7_266_300
"""Advisory lock of whoever records: decisions become visible in the order of their numbers, which the passes rely on."""

_MEMBER = """
SELECT s.name AS source, t.txn_id, t.txn_hash, t.account_id, t.currency, t.direction, t.status, t.group_hash, t.second_hash,
       t.detail ->> 'transaction_type' AS transaction_type, t.detail ->> 'channel' AS channel
FROM unnest(%s::bigint[]) AS wanted (hash) JOIN transaction t ON t.txn_hash = wanted.hash AND NOT t.superseded
JOIN source s USING (source_id) WHERE s.tenant_id = %s
"""

# Matches of a book are looked for in the account, the others by their group.
_CLAIMS = """
SELECT m.key, m.members FROM match m
WHERE m.reconciliation_id = %(code)s AND m.decision = 1 AND m.members && %(members)s::bigint[]
  AND (m.account_id = ANY(%(accounts)s) AND %(book)s OR m.group_hash = ANY(%(groups)s))
  AND NOT m.members <@ %(members)s::bigint[]
  AND NOT EXISTS (
      SELECT FROM operator_decision_view d
      WHERE d.standing AND d.kind = 'unmatch' AND d.reconciliation = %(name)s AND d.members @> m.members)
"""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row of `operator_decision_view`, and whether it was there before: the same request had come with the same key."""

    row: Row
    repeated: bool


def record_decision(
    connection: Connection, request: DecisionRequest, *, tenant: str, actor: str, idempotency_key: str | None = None
) -> Recorded:
    """Record a decision in the open transaction.

    Args:
        connection: in a transaction that may write.
        request: what to record.
        tenant: whose.
        actor: who decided.
        idempotency_key: makes a repeated request harmless.

    Raises:
        BadMembersError: a record is on no side of the reconciliation, or they are of several books.
        ConflictError: a record is in another confirmed match, or the decision is revoked already.
        IdempotencyKeyError: the key came before with another request.
        NotFoundError: an unknown record, reconciliation or decision.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    digest = hashlib.sha256(request.model_dump_json().encode()).hexdigest()
    if idempotency_key is not None:
        earlier = connection.execute(
            "SELECT * FROM operator_decision_view WHERE tenant_id = %s AND idempotency_key = %s", (tenant, idempotency_key)
        ).fetchone()
        if earlier is not None:
            if earlier["request_digest"] != digest:
                raise IdempotencyKeyError(
                    f"the Idempotency-Key {idempotency_key!r} came before with another request; use a new one"
                )
            return Recorded(earlier, repeated=True)
    reconciliation, sources, txn_ids, members = (
        _revoked(connection, request, tenant) if request.kind == "revoke" else _decided(connection, request, tenant)
    )
    row = connection.execute(
        "INSERT INTO operator_decision (tenant_id, reconciliation, kind, sources, txn_ids, members, note, actor, revokes, "
        "idempotency_key, request_digest) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING operator_decision_id",
        (
            tenant,
            reconciliation,
            request.kind,
            sources,
            txn_ids,
            members,
            request.note,
            actor,
            request.revokes,
            idempotency_key,
            digest if idempotency_key is not None else None,
        ),
    ).fetchone()
    assert row is not None
    written = connection.execute(
        "SELECT * FROM operator_decision_view WHERE operator_decision_id = %s", (row["operator_decision_id"],)
    ).fetchone()
    assert written is not None
    return Recorded(written, repeated=False)


_Subject = tuple[str, list[str], list[str], list[int]]
"""Reconciliation, and source, txn_id and txn_hash of each member."""


def _revoked(connection: Connection, request: DecisionRequest, tenant: str) -> _Subject:
    row = connection.execute(
        "SELECT * FROM operator_decision_view WHERE operator_decision_id = %s AND tenant_id = %s", (request.revokes, tenant)
    ).fetchone()
    if row is None or row["kind"] == "revoke":
        raise NotFoundError(f"there is no decision {request.revokes} to revoke; GET /v1/decisions lists them")
    if not row["standing"]:
        raise ConflictError(f"decision {request.revokes} was revoked already, by {row['revoked_by']}")
    return row["reconciliation"], row["sources"], row["txn_ids"], row["members"]


def _decided(connection: Connection, request: DecisionRequest, tenant: str) -> _Subject:
    row = connection.execute(
        "SELECT r.reconciliation_id, v.text, v.attachments FROM reconciliation r "
        "JOIN rule_version v USING (tenant_id, name, version) WHERE r.tenant_id = %s AND r.name = %s",
        (tenant, request.reconciliation),
    ).fetchone()
    if row is None:
        raise NotFoundError(f"there is no reconciliation {request.reconciliation!r}; GET /v1/summary lists them")
    origin = Origin(str(request.reconciliation), CURRENCY_DECIMALS, row["attachments"].__getitem__)
    rules = parse_reconciliation(row["text"], origin)
    wanted = sorted(request.members, key=lambda one: (one.source, one.txn_id))
    records = _find(connection, wanted, tenant)
    _check_places(rules, records)
    members = [record["txn_hash"] for record in records]
    _check_claims(connection, request, row["reconciliation_id"], rules, records)
    return rules.name, [one.source for one in wanted], [one.txn_id for one in wanted], members


def _find(connection: Connection, wanted: Sequence[RecordName], tenant: str) -> list[Row]:
    """The live record of each member, in the given order."""
    hashes = [txn_hash(tenant, one.source, one.txn_id) for one in wanted]
    found = {(row["source"], row["txn_id"]): row for row in connection.execute(_MEMBER, (hashes, tenant))}
    unknown = [f"{one.source}/{one.txn_id}" for one in wanted if (one.source, one.txn_id) not in found]
    if unknown:
        raise NotFoundError(f"no such record: {', '.join(unknown[:5])}; GET /v1/transactions lists what is stored")
    return [found[one.source, one.txn_id] for one in wanted]


def _check_places(rules: Reconciliation, records: Sequence[Row]) -> None:
    foreign = [
        f"{row['source']}/{row['txn_id']}"
        for row in records
        if rules.side_of(
            row["source"],
            account=row["account_id"],
            transaction_type=row["transaction_type"] or "",
            channel=row["channel"] or "",
            direction=row["direction"],
        )
        is None
    ]
    if foreign:
        raise BadMembersError(f"on no side of {rules.name}: {', '.join(foreign[:5])}")
    if rules.shape is Shape.STATEMENT:
        _check_book(rules, records)


def _check_book(rules: Reconciliation, records: Sequence[Row]) -> None:
    """Refuse records of several books: accounts, and currencies unless the rules compare these."""
    books = sorted({(row["account_id"], "" if rules.fx is not None else row["currency"]) for row in records})
    if len(books) > 1:
        named = " and ".join(" ".join(part for part in book if part) for book in books[:2])
        unit = "account by account" if rules.fx is not None else "by account and currency"
        raise BadMembersError(f"{rules.name} is closed {unit}; the records are of {len(books)} books: {named}")


def _check_claims(
    connection: Connection, request: DecisionRequest, code: int, rules: Reconciliation, records: Sequence[Row]
) -> None:
    """Refuse what contradicts a standing decision, or would break up a match that nobody unmatched."""
    members = [row["txn_hash"] for row in records]
    standing = connection.execute(
        "SELECT operator_decision_id, members FROM operator_decision_view "
        "WHERE standing AND kind = 'confirm' AND reconciliation = %s AND members && %s::bigint[]",
        (rules.name, members),
    ).fetchall()
    for other in standing:
        if request.kind == "confirm":
            raise ConflictError(
                f"a record is in the match that decision {other['operator_decision_id']} confirmed; revoke that first"
            )
        if len(set(other["members"]) & set(members)) > 1:
            raise ConflictError(f"decision {other['operator_decision_id']} confirmed these records; revoke it instead")
    if request.kind == "confirm":
        claim = connection.execute(
            _CLAIMS,
            {
                "code": code,
                "members": members,
                "accounts": [row["account_id"] for row in records],
                "book": rules.shape is Shape.STATEMENT,
                "groups": [
                    row[name] for row in records for name in ("group_hash", "second_hash", "txn_hash") if row[name] is not None
                ],
                "name": rules.name,
            },
        ).fetchone()
        if claim is not None:
            raise ConflictError(f"a record is matched with others under {claim['key']!r}; unmatch that match first")
