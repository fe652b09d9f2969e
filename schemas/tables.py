"""Tables at rest, as SQLAlchemy describes them; `schemas/migrations` creates them.

Hot tables are narrow on purpose: codes instead of names, 64-bit hashes instead of text indexes, the seldom-read texts in one
JSON column (measured in `docs/decisions/0003-narrow-rows.md`). Views `transaction_view`, `match_view` and `break_view`
give the names back; the API reads those.
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
)
from sqlalchemy.dialects.postgresql import JSON, JSONB

from schemas.closing_tables import book_seal, day_to_seal, operator_decision, pair_profile, rule_version
from schemas.codes import BREAK_TYPES, DIRECTIONS, STAGES, STATUSES
from schemas.integration_tables import integration, integration_command, integration_event, integration_poll, source_lease
from schemas.metadata import metadata
from schemas.vault_tables import oauth_client, oauth_request, oauth_token, secret
from schemas.webhook_tables import webhook_endpoint, webhook_event

__all__ = [
    "BREAK_TYPES",
    "DIRECTIONS",
    "STAGES",
    "STATUSES",
    "book_seal",
    "break_",
    "consumer_offset",
    "day_to_seal",
    "file_ledger",
    "integration",
    "integration_command",
    "integration_event",
    "integration_poll",
    "match",
    "metadata",
    "oauth_client",
    "oauth_request",
    "oauth_token",
    "operator_decision",
    "pair_profile",
    "quarantine",
    "reconciliation",
    "revised",
    "rule_version",
    "secret",
    "source",
    "source_cursor",
    "source_lease",
    "source_progress",
    "source_watermark",
    "statement",
    "transaction",
    "webhook_endpoint",
    "webhook_event",
]

source = Table(
    "source",
    metadata,
    Column("source_id", SmallInteger, Identity(), primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("partition_by", Text, comment="of a removed integration, whose topics are still read; null for any other source"),
    UniqueConstraint("tenant_id", "name"),
)

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("reconciliation_id", SmallInteger, Identity(), primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("shape", Text, nullable=False),
    Column("digest", Text, nullable=False, comment="sha256 of the rule file; decisions carry the version it belongs to"),
    Column("definition", JSONB, nullable=False),
    UniqueConstraint("tenant_id", "name"),
)

transaction = Table(
    "transaction",
    metadata,
    Column(
        "group_hash",
        BigInteger,
        nullable=False,
        comment="hash of the key that partitions the source's topic; txn_hash without one",
    ),
    Column("txn_hash", BigInteger, nullable=False, comment="schemas.keys.txn_hash; txn_id is compared after it"),
    Column("second_hash", BigInteger, comment="hash of the record's other key, where it has one"),
    Column("kafka_offset", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("fee_minor", BigInteger),
    Column(
        "booked_us", BigInteger, nullable=False, comment="booked_at as microseconds since 1970 UTC; transaction_view has the time"
    ),
    Column("value_date", Date),
    Column("source_id", SmallInteger, nullable=False),
    Column("direction", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("kafka_partition", SmallInteger, nullable=False),
    Column("is_reversal", Boolean, nullable=False),
    Column("superseded", Boolean, nullable=False, comment="a newer revision of the record is stored"),
    Column("currency", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("txn_id", Text, nullable=False),
    Column("reference_number", Text),
    Column("settlement_id", Text),
    Column("detail", JSON, nullable=False, comment="the other canonical fields by their names"),
)

revised = Table(
    "revised",
    metadata,
    Column("txn_hash", BigInteger, primary_key=True),
    Column("revision", BigInteger, nullable=False, comment="highest revision above 0 that was stored"),
)

match = Table(
    "match",
    metadata,
    Column("reconciliation_id", SmallInteger, nullable=False),
    Column(
        "group_hash",
        BigInteger,
        nullable=False,
        comment="key hash of a stream match; hash of the members of a close match",
    ),
    Column("stage", SmallInteger, nullable=False),
    Column("decision", SmallInteger, nullable=False, comment="1 auto, 2 suggested"),
    Column("final", Boolean, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("probability_ppm", Integer, nullable=False, comment="match probability in millionths"),
    Column("amount_minor", BigInteger, nullable=False, comment="what the first side says"),
    Column("currency", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("booked_on", Date, nullable=False, comment="latest booking date among the members"),
    Column("key", Text, nullable=False),
    Column("sides", ARRAY(SmallInteger), nullable=False, comment="index of each member's side, as in the reconciliation"),
    Column("members", ARRAY(BigInteger), nullable=False, comment="txn_hash of each member, beside sides"),
    Column("reasons", JSON, nullable=False),
)

break_ = Table(
    "break",
    metadata,
    Column("reconciliation_id", SmallInteger, nullable=False),
    Column("group_hash", BigInteger, nullable=False),
    Column("type", SmallInteger, nullable=False),
    Column("final", Boolean, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("amount_minor", BigInteger, nullable=False, comment="what is open: a difference, or the whole of a missing side"),
    Column("currency", Text, nullable=False),
    Column("account_id", Text, nullable=False),
    Column("booked_on", Date, nullable=False, comment="earliest booking date among the members: the age basis"),
    Column("key", Text, nullable=False),
    Column("sides", ARRAY(SmallInteger), nullable=False),
    Column("members", ARRAY(BigInteger), nullable=False),
    Column("nearest", JSON, comment="nearest candidate and what separates it; null when there is none"),
    Column("reasons", JSON, nullable=False),
)

statement = Table(
    "statement",
    metadata,
    Column("source_id", SmallInteger, primary_key=True),
    Column("statement_id", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("sequence", BigInteger),
    Column("opening_minor", BigInteger),
    Column("opening_date", Date),
    Column("closing_minor", BigInteger),
    Column("closing_date", Date),
    Column("entry_count", BigInteger),
    Column("credit_minor", BigInteger),
    Column("debit_minor", BigInteger),
    Column("proof", Text, nullable=False),
    Column("raw_ref", Text),
)

source_watermark = Table(
    "source_watermark",
    metadata,
    Column("source_id", SmallInteger, primary_key=True),
    Column("account_id", Text, primary_key=True, comment="empty: every account of the source"),
    Column("complete_through", DateTime(timezone=True), nullable=False),
)

consumer_offset = Table(
    "consumer_offset",
    metadata,
    Column("consumer_group", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("next_offset", BigInteger, nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("quarantine_id", BigInteger, Identity(), primary_key=True),
    Column("source", Text, nullable=False),
    Column("stage", Text, nullable=False, comment="producer or consumer"),
    Column("reason", Text, nullable=False, comment="short code, for grouping"),
    Column("detail", Text, nullable=False, comment="what exactly, and the way out"),
    Column("position", Text, nullable=False, comment="topic/partition/offset, URL and index, or file and line"),
    Column("raw", LargeBinary, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("arrived_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("relayed_at", DateTime(timezone=True), comment="when the source's dead-letter topic confirmed it; null: not yet"),
    UniqueConstraint("source", "position", "reason", name="quarantine_once"),
)

source_cursor = Table(
    "source_cursor",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("stream", Text, primary_key=True),
    Column("cursor", JSONB, nullable=False),
    Column("version", BigInteger, nullable=False, comment="moved by compare-and-set"),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

source_progress = Table(
    "source_progress",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("fetched", BigInteger, nullable=False, server_default="0"),
    Column("published", BigInteger, nullable=False, server_default="0"),
    Column("last_success_at", DateTime(timezone=True)),
    Column("last_error_at", DateTime(timezone=True)),
    Column("last_error", Text),
    Column("rounds", BigInteger, nullable=False, server_default="0", comment="complete polls with everything published"),
    Column("circuit", Text, comment="closed, half_open or open, as the last poll left it; null: none, or not told yet"),
    Column("circuit_reason", Text, comment="what opened it"),
)

file_ledger = Table(
    "file_ledger",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("sha256", Text, primary_key=True, comment="of the content: the same bytes under another name are the same file"),
    Column("path", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False, comment="published or quarantined"),
    Column("entries", BigInteger, nullable=False),
    Column("finished_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)
