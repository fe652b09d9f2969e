"""Seals of keyed and settlement reconciliations, day by day, and the days that are to be sealed."""

from alembic import op

revision = "0007"
down_revision = "0006"

# Only ever added to by those who decide, so that two workers never wait for each other's row; the close pass takes rows away.
TABLES = """
CREATE TABLE day_to_seal (
    day_to_seal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reconciliation_id smallint NOT NULL,
    booked_on date NOT NULL
);
ALTER TABLE book_seal ADD COLUMN since date;
DROP INDEX book_seal_latest;
CREATE INDEX book_seal_latest
    ON book_seal (tenant_id, reconciliation, account_id, currency, coalesce(since, '-infinity'::date), book_seal_id);
"""

# What was final before there were seals of days.
DAYS = """
INSERT INTO day_to_seal (reconciliation_id, booked_on)
SELECT DISTINCT reconciliation_id, booked_on
FROM (SELECT reconciliation_id, booked_on FROM match WHERE final
      UNION ALL SELECT reconciliation_id, booked_on FROM break WHERE final) AS decided
JOIN reconciliation USING (reconciliation_id) WHERE shape <> 'statement';
"""

VIEW = """
DROP VIEW book_seal_view;
CREATE VIEW book_seal_view AS
SELECT s.*, NOT EXISTS (
    SELECT FROM book_seal n
    WHERE (n.tenant_id, n.reconciliation, n.account_id, n.currency) = (s.tenant_id, s.reconciliation, s.account_id, s.currency)
      {same_days} AND n.book_seal_id > s.book_seal_id) AS current
FROM book_seal s;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(DAYS)
    op.execute(VIEW.format(same_days="AND coalesce(n.since, '-infinity') = coalesce(s.since, '-infinity')"))


def downgrade() -> None:
    op.execute("DROP VIEW book_seal_view")
    op.execute("UPDATE book_seal SET former_id = NULL WHERE since IS NOT NULL")
    op.execute("DELETE FROM book_seal WHERE since IS NOT NULL")
    op.execute("DROP INDEX book_seal_latest")
    op.execute("CREATE INDEX book_seal_latest ON book_seal (tenant_id, reconciliation, account_id, currency, book_seal_id)")
    op.execute("ALTER TABLE book_seal DROP COLUMN since")
    op.execute("DROP TABLE day_to_seal")
    op.execute(VIEW.removeprefix("\nDROP VIEW book_seal_view;").format(same_days=""))
