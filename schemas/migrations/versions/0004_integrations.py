"""Integrations with their commands and events, and the leases of sources."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE integration (
    integration_id uuid PRIMARY KEY,
    tenant_id text NOT NULL,
    name text NOT NULL,
    connector text NOT NULL,
    base_url text NOT NULL,
    partition_by text NOT NULL,
    poll_seconds integer NOT NULL CHECK (poll_seconds > 0),
    options jsonb NOT NULL,
    feature_flag text,
    enabled boolean NOT NULL,
    status text NOT NULL CHECK (status IN ('inactive', 'active', 'waiting_user_input', 'login_error', 'expired', 'outdated',
                                           'error', 'disabled')),
    status_reason text,
    action_needed text,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    last_sync_at timestamptz,
    next_sync_at timestamptz,
    error_count bigint NOT NULL,
    health_ppm integer CHECK (health_ppm BETWEEN 0 AND 1000000),
    idempotency_key text,
    request_digest text,
    CONSTRAINT integration_name UNIQUE (tenant_id, name),
    CONSTRAINT integration_once UNIQUE (tenant_id, idempotency_key),
    CHECK (enabled = (status NOT IN ('inactive', 'disabled')))
);
CREATE TABLE integration_event (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    integration_id uuid NOT NULL REFERENCES integration ON DELETE CASCADE,
    at timestamptz NOT NULL DEFAULT now(),
    level text NOT NULL CHECK (level IN ('info', 'warning', 'error')),
    event text NOT NULL,
    detail jsonb NOT NULL
);
CREATE INDEX integration_event_of ON integration_event (integration_id, event_id);
CREATE TABLE integration_command (
    command_id uuid PRIMARY KEY,
    integration_id uuid NOT NULL REFERENCES integration ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('sync', 'test')),
    arguments jsonb NOT NULL,
    requested_by text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL,
    taken_at timestamptz,
    finished_at timestamptz,
    outcome jsonb,
    CHECK ((finished_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX integration_command_of ON integration_command (integration_id, requested_at);
CREATE INDEX integration_command_open ON integration_command (integration_id) WHERE finished_at IS NULL;
CREATE TABLE source_lease (
    tenant_id text NOT NULL,
    source text NOT NULL,
    holder text NOT NULL,
    fencing_token bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, source)
);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    for table in ("source_lease", "integration_command", "integration_event", "integration"):
        op.execute(f"DROP TABLE {table}")
