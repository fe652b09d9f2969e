"""Tables that are only ever added to: rule versions, operators' decisions, seals and learnt profiles; and what is to be sealed.

None of them is made from the log, so a replay keeps them.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from schemas.metadata import metadata

__all__ = ["book_seal", "day_to_seal", "operator_decision", "pair_profile", "rule_version"]


def _place() -> tuple[Column[str], ...]:
    """What a seal or a profile is about."""
    return (
        Column("tenant_id", Text, nullable=False),
        Column("reconciliation", Text, nullable=False),
        Column("account_id", Text, nullable=False, comment="empty: every account, as in the seal of a day"),
        Column("currency", Text, nullable=False),
    )


rule_version = Table(
    "rule_version",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("digest", Text, nullable=False, comment="a version never gets another one"),
    Column("text", Text, nullable=False, comment="the rule file"),
    Column("attachments", JSONB, nullable=False, comment="texts of the files that it names, by name"),
    Column("definition", JSONB, nullable=False),
    Column("first_seen_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

operator_decision = Table(
    "operator_decision",
    metadata,
    Column("operator_decision_id", BigInteger, Identity(), primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("reconciliation", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="confirm, unmatch or revoke"),
    Column("sources", ARRAY(Text), nullable=False, comment="source of each member; a revocation repeats what it revokes"),
    Column("txn_ids", ARRAY(Text), nullable=False, comment="txn_id of each member, beside sources"),
    Column("members", ARRAY(BigInteger), nullable=False, comment="txn_hash of each member, beside sources"),
    Column("note", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("decided_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column(
        "revokes",
        BigInteger,
        ForeignKey("operator_decision.operator_decision_id"),
        unique=True,
        comment="the decision that this one takes back",
    ),
    Column("idempotency_key", Text),
    Column("request_digest", Text, comment="sha256 of the request that came with idempotency_key"),
    Column("applied_at", DateTime(timezone=True), comment="when the close pass had solved what it touches; null: not yet"),
    UniqueConstraint("tenant_id", "idempotency_key", name="operator_decision_once"),
)

book_seal = Table(
    "book_seal",
    metadata,
    Column("book_seal_id", BigInteger, Identity(), primary_key=True),
    *_place(),
    Column("through", Date, nullable=False, comment="last booking day (UTC) that every side is complete for"),
    Column("rule_version", Integer, nullable=False),
    Column("digest", Text, nullable=False, comment="of the final decisions booked by then"),
    Column("inputs", Text, nullable=False, comment="fingerprint of the records and operators' decisions that were solved"),
    Column("decisions", BigInteger, nullable=False, comment="all of the book's, provisional ones included"),
    Column("provisional", BigInteger, nullable=False, comment="how many of them"),
    Column("proof", JSONB, nullable=False, comment="balance proof: sides, difference, what explains it, statements"),
    Column("cause", Text, nullable=False, comment="first, advanced or reopened"),
    Column("former_id", BigInteger, ForeignKey("book_seal.book_seal_id"), comment="the seal that this one follows"),
    Column("sealed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("since", Date, comment="first booking day (UTC) that it is about; null: all of the book's up to `through`"),
)

day_to_seal = Table(
    "day_to_seal",
    metadata,
    Column("day_to_seal_id", BigInteger, Identity(), primary_key=True),
    Column("reconciliation_id", SmallInteger, nullable=False, comment="keyed or settlement shape"),
    Column("booked_on", Date, nullable=False, comment="a day on which something became final, or is not final any more"),
)

pair_profile = Table(
    "pair_profile",
    metadata,
    Column("pair_profile_id", BigInteger, Identity(), primary_key=True),
    *_place(),
    Column("through", Date, nullable=False, comment="last booking day of the pairs that it was learnt from"),
    Column("profile", JSONB, nullable=False, comment="learnt lag in days and fee in parts per million"),
    Column("drift", JSONB, nullable=False, comment="what changed against the profile before; empty: nothing that counts"),
    Column("learnt_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
