"""Rows as consumers and producers leave them, for the tests of the API."""

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any

import psycopg

from schemas.keys import hash64, key_hash, txn_hash
from schemas.tables import BREAK_TYPES, DIRECTIONS, STAGES, STATUSES

NOW = dt.datetime(2026, 3, 20, 12, 0, tzinfo=dt.UTC)
TODAY = NOW.date()
SIDES = {
    "payments-three-way": ("keyed", ["core", "gateway", "mobile"]),
    "razorpay-settlements": ("settlement", ["gateway", "bank"]),
    "ledger-bank": ("statement", ["ledger", "bank"]),
}
SOURCES_OF = {"ledger": ["core"], "bank": ["camt", "icici"]}
SOURCES = ("camt", "core", "gateway", "hdfc", "icici", "mobile", "razorpay", "sbi")
XSS = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"


@dataclass
class Rows:
    """Writes rows; remembers the codes of reconciliations and sources."""

    connection: psycopg.Connection[tuple[Any, ...]]
    reconciliations: dict[str, int] = field(default_factory=dict)
    sources: dict[str, int] = field(default_factory=dict)
    offset: int = 0

    def add_codes(self) -> None:
        for name, (shape, sides) in SIDES.items():
            definition = json.dumps({"sides": [{"name": side, "sources": SOURCES_OF.get(side, [side])} for side in sides]})
            row = self.connection.execute(
                "INSERT INTO reconciliation (tenant_id, name, version, shape, digest, definition) "
                "VALUES ('default', %s, 3, %s, 'sha', %s) RETURNING reconciliation_id",
                (name, shape, definition),
            ).fetchone()
            assert row is not None
            self.reconciliations[name] = row[0]
        for name in SOURCES:
            row = self.connection.execute(
                "INSERT INTO source (tenant_id, name) VALUES ('default', %s) RETURNING source_id", (name,)
            ).fetchone()
            assert row is not None
            self.sources[name] = row[0]

    def transaction(
        self,
        source: str,
        txn_id: str,
        amount: int,
        currency: str = "INR",
        *,
        days_ago: int = 1,
        reference: str | None = None,
        account: str = "core-payments",
        direction: str = "CREDIT",
        status: str = "SUCCESS",
        revision: int = 0,
        superseded: bool = False,
        fee: int | None = None,
        **detail: str,
    ) -> int:
        self.offset += 1
        hashed = txn_hash("default", source, txn_id)
        booked = NOW - dt.timedelta(days=days_ago, hours=1)
        self.connection.execute(
            "INSERT INTO transaction (group_hash, txn_hash, kafka_offset, revision, amount_minor, fee_minor, booked_us, source_id, "
            "direction, status, kafka_partition, is_reversal, superseded, currency, account_id, txn_id, reference_number, detail) "
            "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 2, false, %s, %s, %s, %s, %s, %s)",
            (
                key_hash(reference) or 0,
                hashed,
                self.offset,
                revision,
                amount,
                fee,
                int(booked.timestamp()) * 1_000_000 + self.offset,
                self.sources[source],
                DIRECTIONS[direction],
                STATUSES[status],
                superseded,
                currency,
                account,
                txn_id,
                reference,
                json.dumps(detail),
            ),
        )
        return hashed

    def match(
        self,
        reconciliation: str,
        key: str,
        members: list[tuple[int, int]],
        amount: int,
        currency: str = "INR",
        *,
        days_ago: int = 1,
        final: bool = True,
        decision: int = 1,
        stage: str = "key",
        account: str = "core-payments",
    ) -> None:
        self.connection.execute(
            "INSERT INTO match VALUES (%s, %s, %s, %s, %s, 3, 1000000, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                self.reconciliations[reconciliation],
                hash64(key),
                STAGES[stage],
                decision,
                final,
                amount,
                currency,
                account,
                TODAY - dt.timedelta(days=days_ago),
                key,
                [side for side, _ in members],
                [member for _, member in members],
                json.dumps([["key", f"equal on every side: {key}"], ["amount", f"equal: {amount} {currency}"]]),
            ),
        )

    def open_break(
        self,
        kind: str,
        reconciliation: str,
        key: str,
        members: list[tuple[int, int]],
        amount: int,
        currency: str = "INR",
        *,
        days_ago: int = 1,
        final: bool = True,
        account: str = "core-payments",
        reasons: list[tuple[str, str]] | None = None,
        nearest: dict[str, Any] | None = None,
    ) -> None:
        self.connection.execute(
            "INSERT INTO break VALUES (%s, %s, %s, %s, 3, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                self.reconciliations[reconciliation],
                hash64(key),
                BREAK_TYPES[kind],
                final,
                amount,
                currency,
                account,
                TODAY - dt.timedelta(days=days_ago),
                key,
                [side for side, _ in members],
                [member for _, member in members],
                None if nearest is None else json.dumps(nearest),
                json.dumps(reasons or []),
            ),
        )


def seed(url: str) -> None:
    """A small world: 40 matched payments, one suggested match, seven breaks, sources in every state of health."""
    with psycopg.connect(url) as connection:
        rows = Rows(connection)
        rows.add_codes()
        for number in range(40):
            key = f"PAY{number:07d}"
            amount = 10_000 + number * 137
            members = [
                (side, rows.transaction(source, f"{source}-{number}", amount, reference=key, days_ago=number % 10))
                for side, source in enumerate(("core", "gateway", "mobile"))
            ]
            rows.match("payments-three-way", key, members, amount, days_ago=number % 10, final=number % 10 > 1)
        _seed_breaks(rows)
        _seed_sources(connection)


def _seed_breaks(rows: Rows) -> None:
    core = rows.transaction("core", "core-900", 1_250_000, reference="PAY0000900", days_ago=3, description=XSS)
    gateway = rows.transaction("gateway", "gateway-900", 1_205_000, reference="PAY0000900", days_ago=3)
    rows.open_break(
        "AMOUNT",
        "payments-three-way",
        "PAY0000900",
        [(0, core), (1, gateway)],
        45_000,
        days_ago=3,
        reasons=[("amount", "core says 1250000, gateway says 1205000; digits may be swapped")],
    )
    lonely = rows.transaction("core", "core-901", 799_900, reference="PAY0000901", days_ago=6)
    rows.open_break(
        "MISSING_RIGHT",
        "payments-three-way",
        "PAY0000901",
        [(0, lonely)],
        799_900,
        days_ago=6,
        reasons=[("counterpart", "gateway is complete to 2026-03-19 and has no PAY0000901")],
        nearest={"id": "gateway-777", "differs": [["reference", "PAY0009O1 instead of PAY0000901"]], "suspected": "REFERENCE"},
    )
    late = rows.transaction("mobile", "mobile-902", 55_000, reference="PAY0000902", days_ago=0)
    rows.open_break("TIMING", "payments-three-way", "PAY0000902", [(2, late)], 55_000, days_ago=0, final=False)
    twin = rows.transaction("core", "core-903", 20_000, reference="PAY0000903", days_ago=12, status="FAILED")
    rows.open_break("STATUS", "payments-three-way", "PAY0000903", [(0, twin)], 20_000, days_ago=12)
    payout = rows.transaction(
        "razorpay", "rzp:pay_1", 9_876_543_210, reference="UTR1", account="rzp", days_ago=2, fee=23_600, direction="DEBIT"
    )
    rows.open_break("FEE_VARIANCE", "razorpay-settlements", "UTR1", [(0, payout)], 23_600, days_ago=2, account="rzp")
    euro = rows.transaction("camt", "DE89:1", 123_456, "EUR", reference="RE-77", account="DE89370400440532013000", days_ago=40)
    rows.open_break(
        "MISSING_LEFT", "ledger-bank", "RE77", [(1, euro)], 123_456, "EUR", days_ago=40, account="DE89370400440532013000"
    )
    rows.open_break("AMBIGUOUS", "ledger-bank", XSS, [(1, 42)], 100, "EUR", days_ago=5, reasons=[("text", XSS)])
    first = rows.transaction("icici", "icici:1", 500, reference="S1")
    second = rows.transaction("core", "core:1", 500, reference="S2")
    rows.match("ledger-bank", "S1|S2", [(0, second), (1, first)], 500, decision=2, stage="tolerance", final=False)
    rows.transaction("sbi", "sbi:1", 700, status="PENDING", superseded=True, direction="DEBIT")
    rows.transaction("sbi", "sbi:1", 700, revision=1, direction="DEBIT")


def _seed_sources(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    minute = dt.timedelta(minutes=1)
    for name, fetched, success, failure in (
        ("core", 45, NOW - minute, None),
        ("gateway", 41, NOW - minute, None),
        ("mobile", 41, NOW - 90 * minute, None),
        ("hdfc", 0, NOW - 5 * minute, NOW - minute),
        ("icici", 1, NOW - minute, NOW - 3 * minute),
        ("sbi", 2, NOW - minute, None),
        ("camt", 1, NOW - minute, None),
    ):
        connection.execute(
            "INSERT INTO source_progress VALUES ('default', %s, %s, %s, %s, %s, %s, 7)",
            (name, fetched, fetched, success, failure, "HDFC answered 503; trying again in 30 s" if failure else None),
        )
    for name in ("core", "gateway"):
        connection.execute(
            "INSERT INTO source_watermark SELECT source_id, '', %s FROM source WHERE name = %s",
            (dt.datetime(2026, 3, 20, tzinfo=dt.UTC), name),
        )
    for source, number, account, currency, closing, day in (
        ("icici", "1", "A1", "INR", 100_00, "2026-03-18"),
        ("icici", "2", "A1", "INR", 250_50, "2026-03-19"),
        ("icici", "3", "A2", "JPY", 7_000, "2026-03-19"),
        ("icici", "4", "A2", "JPY", None, "2026-03-20"),
        ("sbi", "1", "S1", "INR", 900_00, "2026-03-19"),
    ):
        connection.execute(
            "INSERT INTO statement (source_id, statement_id, account_id, currency, closing_minor, closing_date, proof) "
            "SELECT source_id, %s, %s, %s, %s, %s, 'PROVED' FROM source WHERE name = %s",
            (number, account, currency, closing, day, source),
        )
    connection.execute("INSERT INTO consumer_offset VALUES ('reconduit', 'core_txns', 0, 20), ('reconduit', 'core_txns', 1, 22)")
    connection.execute(
        "INSERT INTO quarantine (source, stage, reason, detail, position, raw, headers, arrived_at) VALUES "
        "('core', 'producer', 'amount', %s, '/feeds/core/records[17]', 'raw bytes', '{}', %s)",
        ("'12.3.4' is no amount; ask the source to send it again", NOW - minute),
    )
