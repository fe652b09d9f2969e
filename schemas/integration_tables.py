"""Tables of integrations: what is configured, what is asked of it, what happened, and who may poll.

None of them is made from the log, so a replay keeps them.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from schemas.metadata import metadata

__all__ = ["integration", "integration_command", "integration_event", "integration_poll", "source_lease"]

integration = Table(
    "integration",
    metadata,
    Column("integration_id", Uuid, primary_key=True),
    Column("tenant_id", Text, nullable=False),
    Column("name", Text, nullable=False, comment="name of the source: of its topics, its cursor and its lease"),
    Column("connector", Text, nullable=False),
    Column("base_url", Text, nullable=False),
    Column("partition_by", Text, nullable=False),
    Column("poll_seconds", Integer, nullable=False),
    Column("options", JSONB, nullable=False),
    Column("feature_flag", Text, comment="polled only by supervisors that have this flag; null: by all"),
    Column("enabled", Boolean, nullable=False),
    Column("status", Text, nullable=False, comment="reconduit.integrations.status.Status"),
    Column("status_reason", Text),
    Column("action_needed", Text, comment="what an operator must do; null: nothing"),
    Column("version", BigInteger, nullable=False, comment="counts what operators change; compared by writers"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("last_sync_at", DateTime(timezone=True), comment="end of the last complete poll"),
    Column("next_sync_at", DateTime(timezone=True), comment="not before; null: at once, or when an operator has acted"),
    Column("error_count", BigInteger, nullable=False, comment="failed polls since the last complete one"),
    Column("health_ppm", Integer, comment="weighted share of recent polls that were complete, in millionths; null: none yet"),
    Column("idempotency_key", Text),
    Column("request_digest", Text, comment="of the request that came with the key"),
    Column("record_http_until", DateTime(timezone=True), comment="its HTTP exchanges are recorded until then; null: not"),
    UniqueConstraint("tenant_id", "name", name="integration_name"),
    UniqueConstraint("tenant_id", "idempotency_key", name="integration_once"),
)

integration_event = Table(
    "integration_event",
    metadata,
    Column("event_id", BigInteger, Identity(), primary_key=True),
    Column("integration_id", Uuid, ForeignKey("integration.integration_id", ondelete="CASCADE"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("level", Text, nullable=False, comment="info, warning or error"),
    Column("event", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
)

integration_command = Table(
    "integration_command",
    metadata,
    Column("command_id", Uuid, primary_key=True),
    Column("integration_id", Uuid, ForeignKey("integration.integration_id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False, comment="sync or test"),
    Column("arguments", JSONB, nullable=False),
    Column("requested_by", Text, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("attempts", Integer, nullable=False, comment="how often a producer began with it"),
    Column("taken_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("outcome", JSONB),
)

integration_poll = Table(
    "integration_poll",
    metadata,
    Column("integration_id", Uuid, ForeignKey("integration.integration_id", ondelete="CASCADE"), primary_key=True),
    Column("outcome", Text, primary_key=True, comment="complete, or reconduit.integrations.status.Failure"),
    Column("polls", BigInteger, nullable=False, comment="since the integration was made"),
)

source_lease = Table(
    "source_lease",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("holder", Text, nullable=False, comment="the supervisor that may poll the source"),
    Column("fencing_token", BigInteger, nullable=False, comment="grows with every holder; never starts again"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)
