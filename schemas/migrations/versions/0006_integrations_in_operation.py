"""Sources that outlive their integration, polls by outcome, and webhook events that are removed after a time."""

from alembic import op

revision = "0006"
down_revision = "0005"

UP = """
ALTER TABLE source ADD COLUMN partition_by text;
CREATE TABLE integration_poll (
    integration_id uuid NOT NULL REFERENCES integration ON DELETE CASCADE,
    outcome text NOT NULL,
    polls bigint NOT NULL,
    PRIMARY KEY (integration_id, outcome)
);
CREATE INDEX webhook_event_published ON webhook_event (received_at) WHERE published_at IS NOT NULL;
"""
DOWN = """
DROP INDEX webhook_event_published;
DROP TABLE integration_poll;
ALTER TABLE source DROP COLUMN partition_by;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
