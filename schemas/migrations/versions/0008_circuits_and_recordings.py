"""Where a source's circuit stands, and until when the exchanges of an integration are recorded."""

from alembic import op

revision = "0008"
down_revision = "0007"

UP = """
ALTER TABLE source_progress ADD COLUMN circuit text, ADD COLUMN circuit_reason text;
ALTER TABLE integration ADD COLUMN record_http_until timestamptz;
"""
DOWN = """
ALTER TABLE integration DROP COLUMN record_http_until;
ALTER TABLE source_progress DROP COLUMN circuit_reason, DROP COLUMN circuit;
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute(DOWN)
