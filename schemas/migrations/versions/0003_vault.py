"""Sealed secrets of integrations, and their OAuth authorisations."""

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE secret (
    tenant_id text NOT NULL,
    integration_id uuid NOT NULL,
    name text NOT NULL,
    key_id text NOT NULL,
    nonce bytea NOT NULL,
    ciphertext bytea NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, integration_id, name)
);
CREATE TABLE oauth_client (
    tenant_id text NOT NULL,
    integration_id uuid NOT NULL,
    settings jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, integration_id)
);
CREATE TABLE oauth_token (
    tenant_id text NOT NULL,
    integration_id uuid NOT NULL,
    generation bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('active', 'waiting_user_input')),
    reason text,
    access_expires_at timestamptz,
    refresh_expires_at timestamptz,
    attempt_id uuid,
    attempt_started_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, integration_id),
    CHECK ((attempt_id IS NULL) = (attempt_started_at IS NULL))
);
CREATE TABLE oauth_request (
    state_digest bytea PRIMARY KEY,
    tenant_id text NOT NULL,
    integration_id uuid NOT NULL,
    session_digest bytea NOT NULL,
    redirect_uri text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX oauth_request_of ON oauth_request (tenant_id, integration_id);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    for table in ("oauth_request", "oauth_token", "oauth_client", "secret"):
        op.execute(f"DROP TABLE {table}")
