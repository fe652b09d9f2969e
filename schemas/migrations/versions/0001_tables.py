"""The tables, their indexes, hash partitions and views."""

from alembic import op

from schemas.tables import BREAK_TYPES, DIRECTIONS, STAGES, STATUSES

revision = "0001"
down_revision = None

PARTITIONS = 8

SMALL_TABLES = """
CREATE TABLE source (
    source_id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    name text NOT NULL,
    UNIQUE (tenant_id, name)
);
CREATE TABLE reconciliation (
    reconciliation_id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    shape text NOT NULL,
    digest text NOT NULL,
    definition jsonb NOT NULL,
    UNIQUE (tenant_id, name)
);
CREATE TABLE statement (
    source_id smallint NOT NULL,
    statement_id text NOT NULL,
    account_id text NOT NULL,
    currency text NOT NULL,
    sequence bigint,
    opening_minor bigint,
    opening_date date,
    closing_minor bigint,
    closing_date date,
    entry_count bigint,
    credit_minor bigint,
    debit_minor bigint,
    proof text NOT NULL,
    raw_ref text,
    PRIMARY KEY (source_id, statement_id)
);
CREATE TABLE source_watermark (
    source_id smallint NOT NULL,
    account_id text NOT NULL,
    complete_through timestamptz NOT NULL,
    PRIMARY KEY (source_id, account_id)
);
CREATE TABLE consumer_offset (
    consumer_group text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer_group, topic, partition)
);
CREATE TABLE quarantine (
    quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    stage text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    position text NOT NULL,
    raw bytea NOT NULL,
    headers jsonb NOT NULL,
    arrived_at timestamptz NOT NULL DEFAULT now(),
    relayed_at timestamptz,
    CONSTRAINT quarantine_once UNIQUE (source, position, reason)
);
CREATE INDEX quarantine_to_relay ON quarantine (quarantine_id) WHERE relayed_at IS NULL AND stage = 'consumer';
CREATE TABLE source_cursor (
    tenant_id text NOT NULL,
    source text NOT NULL,
    stream text NOT NULL,
    cursor jsonb NOT NULL,
    version bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, source, stream)
);
CREATE TABLE source_progress (
    tenant_id text NOT NULL,
    source text NOT NULL,
    fetched bigint NOT NULL DEFAULT 0,
    published bigint NOT NULL DEFAULT 0,
    last_success_at timestamptz,
    last_error_at timestamptz,
    last_error text,
    rounds bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, source)
);
CREATE TABLE file_ledger (
    tenant_id text NOT NULL,
    source text NOT NULL,
    sha256 text NOT NULL,
    path text NOT NULL,
    size bigint NOT NULL,
    outcome text NOT NULL,
    entries bigint NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, source, sha256)
);
"""

# Partitioned on the key that batches use: all records of a group are in one partition. The unique index serves both the
# look-up of a group and de-duplication (a record's revision has one content, so one key); the index on txn_hash finds earlier
# revisions that had another key.
TRANSACTION = """
CREATE TABLE transaction (
    group_hash bigint NOT NULL,
    txn_hash bigint NOT NULL,
    second_hash bigint,
    kafka_offset bigint NOT NULL,
    revision bigint NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor >= 0),
    fee_minor bigint,
    booked_us bigint NOT NULL,
    value_date date,
    source_id smallint NOT NULL,
    direction smallint NOT NULL,
    status smallint NOT NULL,
    kafka_partition smallint NOT NULL,
    is_reversal boolean NOT NULL,
    superseded boolean NOT NULL,
    currency text NOT NULL,
    account_id text NOT NULL,
    txn_id text NOT NULL,
    reference_number text,
    settlement_id text,
    detail json NOT NULL
) PARTITION BY HASH (group_hash);
CREATE UNIQUE INDEX transaction_once ON transaction (group_hash, txn_hash, revision);
CREATE INDEX transaction_revisions ON transaction (txn_hash);
CREATE INDEX transaction_second ON transaction (second_hash) WHERE second_hash IS NOT NULL;
CREATE TABLE revised (
    txn_hash bigint PRIMARY KEY,
    revision bigint NOT NULL
);
"""

MATCH = """
CREATE TABLE match (
    reconciliation_id smallint NOT NULL,
    group_hash bigint NOT NULL,
    stage smallint NOT NULL,
    decision smallint NOT NULL,
    final boolean NOT NULL,
    rule_version integer NOT NULL,
    probability_ppm integer NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    account_id text NOT NULL,
    booked_on date NOT NULL,
    key text NOT NULL,
    sides smallint[] NOT NULL,
    members bigint[] NOT NULL,
    reasons json NOT NULL
);
CREATE UNIQUE INDEX match_once ON match (group_hash, reconciliation_id, key);
CREATE TABLE break (
    reconciliation_id smallint NOT NULL,
    group_hash bigint NOT NULL,
    type smallint NOT NULL,
    final boolean NOT NULL,
    rule_version integer NOT NULL,
    amount_minor bigint NOT NULL,
    currency text NOT NULL,
    account_id text NOT NULL,
    booked_on date NOT NULL,
    key text NOT NULL,
    sides smallint[] NOT NULL,
    members bigint[] NOT NULL,
    nearest json,
    reasons json NOT NULL
);
CREATE INDEX break_group ON break (group_hash, reconciliation_id);
"""


def _names(column: str, codes: dict[str, int]) -> str:
    cases = " ".join(f"WHEN {code} THEN '{name}'" for name, code in codes.items())
    return f"CASE {column} {cases} END"


def _views() -> str:
    return f"""
CREATE VIEW transaction_view AS
SELECT s.tenant_id, s.name AS source, t.txn_id, t.revision, {_names("t.direction", DIRECTIONS)} AS direction,
       {_names("t.status", STATUSES)} AS status, t.is_reversal, t.amount_minor, t.fee_minor, t.currency,
       to_timestamp(0) + t.booked_us * interval '1 microsecond' AS booked_at, t.value_date,
       t.account_id, t.reference_number, t.settlement_id, t.detail, t.kafka_partition, t.kafka_offset, t.txn_hash,
       NOT t.superseded AS current
FROM transaction t JOIN source s USING (source_id);
CREATE VIEW match_view AS
SELECT r.tenant_id, r.name AS reconciliation, m.reconciliation_id, m.group_hash, m.key, {_names("m.stage", STAGES)} AS stage,
       CASE m.decision WHEN 1 THEN 'auto' ELSE 'suggested' END AS decision, m.final, m.rule_version, m.probability_ppm,
       m.amount_minor, m.currency, m.account_id, m.booked_on, m.sides, m.members, m.reasons
FROM match m JOIN reconciliation r USING (reconciliation_id);
CREATE VIEW break_view AS
SELECT r.tenant_id, r.name AS reconciliation, b.reconciliation_id, b.group_hash, b.key, {_names("b.type", BREAK_TYPES)} AS type,
       b.final, b.rule_version, b.amount_minor, b.currency, b.account_id, b.booked_on, b.sides, b.members, b.nearest, b.reasons
FROM break b JOIN reconciliation r USING (reconciliation_id);
"""


def upgrade() -> None:
    op.execute(SMALL_TABLES)
    op.execute(TRANSACTION)
    for remainder in range(PARTITIONS):
        op.execute(
            f"CREATE TABLE transaction_{remainder} PARTITION OF transaction "
            f"FOR VALUES WITH (MODULUS {PARTITIONS}, REMAINDER {remainder})"
        )
    op.execute(MATCH)
    op.execute(_views())


def downgrade() -> None:
    op.execute("DROP VIEW break_view, match_view, transaction_view")
    for table in (
        "break",
        "match",
        "revised",
        "transaction",
        "file_ledger",
        "source_progress",
        "source_cursor",
        "quarantine",
        "consumer_offset",
        "source_watermark",
        "statement",
        "reconciliation",
        "source",
    ):
        op.execute(f"DROP TABLE {table}")
