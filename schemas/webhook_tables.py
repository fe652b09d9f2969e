"""Tables of webhooks: where providers may deliver, what they delivered, and how often they tried.

None of them is made from the log, so a replay keeps them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from schemas.metadata import metadata

__all__ = ["webhook_endpoint", "webhook_event"]

webhook_endpoint = Table(
    "webhook_endpoint",
    metadata,
    Column("integration_id", Uuid, ForeignKey("integration.integration_id", ondelete="CASCADE"), primary_key=True),
    Column("provider", Text, primary_key=True, comment="reconduit.signatures.providers.PROVIDERS"),
    Column("settings", JSONB, nullable=False, comment="of the signature's scheme; its secrets are in the vault"),
    Column("open", Boolean, nullable=False, comment="false: deliveries are answered as if there were no endpoint"),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("accepted", BigInteger, nullable=False, comment="deliveries by outcome, since the endpoint was made"),
    Column("duplicate", BigInteger, nullable=False),
    Column("missing", BigInteger, nullable=False, comment="refused: no signature"),
    Column("malformed", BigInteger, nullable=False, comment="refused: a signature that cannot be read"),
    Column("forged", BigInteger, nullable=False, comment="refused: a signature that fits no active secret"),
    Column("stale", BigInteger, nullable=False, comment="refused: signed outside the replay window"),
    Column("oversized", BigInteger, nullable=False),
    Column("broken", BigInteger, nullable=False, comment="too slow, cut off, or not as long as announced"),
    Column("unavailable", BigInteger, nullable=False, comment="could not be taken just then; the provider was asked to try again"),
    Column("last_accepted_at", DateTime(timezone=True)),
    Column("last_refused_at", DateTime(timezone=True)),
)

webhook_event = Table(
    "webhook_event",
    metadata,
    Column("event_number", BigInteger, Identity(), primary_key=True),
    Column("integration_id", Uuid, nullable=False),
    Column("provider", Text, nullable=False),
    Column("event_key", Text, nullable=False, comment="reconduit.signatures.delivery.Verified"),
    Column("content_key", LargeBinary, comment="null where event_key is signed"),
    Column("event_type", Text),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("headers", JSONB, nullable=False, comment="those that the scheme reads, and the media type"),
    Column("raw", LargeBinary, nullable=False, comment="the body as it came"),
    Column("published_at", DateTime(timezone=True), comment="null: waits to be published"),
    Column("publications", Integer, nullable=False, comment="more than 1: it was replayed"),
    ForeignKeyConstraint(
        ["integration_id", "provider"], ["webhook_endpoint.integration_id", "webhook_endpoint.provider"], ondelete="CASCADE"
    ),
    UniqueConstraint("integration_id", "provider", "event_key", name="webhook_event_once"),
    UniqueConstraint("integration_id", "provider", "content_key", name="webhook_content_once"),
)
