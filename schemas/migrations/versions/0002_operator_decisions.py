"""Rule versions, operators' decisions, sealed books and learnt profiles; several matches under one key."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE rule_version (
    tenant_id text NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    digest text NOT NULL,
    text text NOT NULL,
    attachments jsonb NOT NULL,
    definition jsonb NOT NULL,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, name, version)
);
CREATE TABLE operator_decision (
    operator_decision_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    reconciliation text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('confirm', 'unmatch', 'revoke')),
    sources text[] NOT NULL,
    txn_ids text[] NOT NULL,
    members bigint[] NOT NULL,
    note text NOT NULL,
    actor text NOT NULL,
    decided_at timestamptz NOT NULL DEFAULT now(),
    revokes bigint UNIQUE REFERENCES operator_decision,
    idempotency_key text,
    request_digest text,
    applied_at timestamptz,
    CONSTRAINT operator_decision_once UNIQUE (tenant_id, idempotency_key),
    CHECK ((kind = 'revoke') = (revokes IS NOT NULL))
);
CREATE INDEX operator_decision_to_apply ON operator_decision (operator_decision_id) WHERE applied_at IS NULL;
CREATE TABLE book_seal (
    book_seal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    reconciliation text NOT NULL,
    account_id text NOT NULL,
    currency text NOT NULL,
    through date NOT NULL,
    rule_version integer NOT NULL,
    digest text NOT NULL,
    inputs text NOT NULL,
    decisions bigint NOT NULL,
    provisional bigint NOT NULL,
    proof jsonb NOT NULL,
    cause text NOT NULL,
    former_id bigint REFERENCES book_seal,
    sealed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX book_seal_latest ON book_seal (tenant_id, reconciliation, account_id, currency, book_seal_id);
CREATE TABLE pair_profile (
    pair_profile_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    reconciliation text NOT NULL,
    account_id text NOT NULL,
    currency text NOT NULL,
    through date NOT NULL,
    profile jsonb NOT NULL,
    drift jsonb NOT NULL,
    learnt_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX pair_profile_latest ON pair_profile (tenant_id, reconciliation, account_id, currency, pair_profile_id);
"""

# An operator may confirm part of a group, and the rest matches under the same key. No record is in two matches of one
# reconciliation, so the first member tells them apart.
MATCH_ONCE = """
DROP INDEX match_once;
CREATE UNIQUE INDEX match_once ON match (group_hash, reconciliation_id, (members[1]));
"""

# Which side a source's records are on: what narrows matches and breaks to a source without looking at a record, where the side has
# no other source.
SOURCE_SIDE = """
CREATE VIEW source_side AS
SELECT r.reconciliation_id, (s.place - 1)::smallint AS side, n.name AS source, jsonb_array_length(s.side -> 'sources') = 1 AS alone
FROM reconciliation r,
     jsonb_array_elements(r.definition -> 'sides') WITH ORDINALITY AS s (side, place),
     jsonb_array_elements_text(s.side -> 'sources') AS n (name);
"""

VIEWS = """
CREATE VIEW operator_decision_view AS
SELECT d.*, r.operator_decision_id AS revoked_by, d.kind <> 'revoke' AND r.operator_decision_id IS NULL AS standing
FROM operator_decision d LEFT JOIN operator_decision r ON r.revokes = d.operator_decision_id;
CREATE VIEW book_seal_view AS
SELECT s.*, NOT EXISTS (
    SELECT FROM book_seal n
    WHERE (n.tenant_id, n.reconciliation, n.account_id, n.currency) = (s.tenant_id, s.reconciliation, s.account_id, s.currency)
      AND n.book_seal_id > s.book_seal_id) AS current
FROM book_seal s;
CREATE VIEW pair_profile_view AS
SELECT p.*, NOT EXISTS (
    SELECT FROM pair_profile n
    WHERE (n.tenant_id, n.reconciliation, n.account_id, n.currency) = (p.tenant_id, p.reconciliation, p.account_id, p.currency)
      AND n.pair_profile_id > p.pair_profile_id) AS current
FROM pair_profile p;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(MATCH_ONCE)
    op.execute(SOURCE_SIDE)
    op.execute(VIEWS)


def downgrade() -> None:
    op.execute("DROP VIEW source_side, operator_decision_view, book_seal_view, pair_profile_view")
    op.execute("DROP INDEX match_once")
    op.execute("CREATE UNIQUE INDEX match_once ON match (group_hash, reconciliation_id, key)")
    for table in ("pair_profile", "book_seal", "operator_decision", "rule_version"):
        op.execute(f"DROP TABLE {table}")
