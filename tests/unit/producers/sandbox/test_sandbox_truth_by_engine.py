"""What the sandbox calls the truth is what the engine finds with the demo's rules: neither is checked against itself alone."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from producers.kit.statements.references import extract_references
from producers.sandbox.accounts import ACCOUNTS, RAZORPAY_ACCOUNT
from producers.sandbox.model import BankLine, FeedRecord
from producers.sandbox.world import SeededWorld
from reconciler.keyed import solve_group
from reconciler.reconciliation import Reconciliation
from reconciler.rules import parse_reconciliation
from reconciler.settlement import solve_settlement
from reconciler.statement import solve_book
from reconciler.text import normalise_reference
from reconciler.types import Item, Outcome

RULES = Path(__file__).parents[4] / "deploy" / "demo" / "reconciliations"
Told = set[frozenset[str]]


def rules(name: str) -> Reconciliation:
    path = RULES / f"{name}.yaml"
    return parse_reconciliation(path.read_text(encoding="utf-8"), str(path))


def sign(direction: str) -> int:
    return 1 if direction == "CREDIT" else -1


def feed_item(side: str, source: str, record: FeedRecord) -> Item:
    return Item(
        id=f"{source}|{record.record_id}",
        side=side,
        account=record.account_id,
        amount_minor=record.amount_minor,
        currency=record.currency,
        direction=sign(record.direction),
        booked_at=record.booked_at,
        status=record.status,
        is_reversal=record.is_reversal,
        value_date=record.value_date,
        key=normalise_reference(record.reference) or None,
        counterparty=record.counterparty_name,
        text=record.description,
    )


def bank_item(bank: str, line: BankLine) -> Item:
    """As the connectors see a line: Indian banks have time and narration, statement files a day and a reference field."""
    found = extract_references(line.narration)
    has_narration = bank in {"icici", "sbi", "hdfc"}
    reference = found.reference if has_narration else line.reference
    midnight = dt.datetime.combine(line.booked_at.date(), dt.time(), dt.UTC)
    return Item(
        id=f"{bank}|{line.account_id}:{line.line_id}",
        side="bank",
        account=line.account_id,
        amount_minor=line.amount_minor,
        currency=line.currency,
        direction=sign(line.direction),
        booked_at=line.booked_at if has_narration else midnight,
        value_date=line.value_date,
        key=normalise_reference(reference) if reference else None,
        references=tuple(map(normalise_reference, found.candidates)),
        counterparty=line.counterparty_name,
        text=line.narration,
    )


def latest(records: Iterable[FeedRecord]) -> list[FeedRecord]:
    """The highest revision of each record, malformed ones left out as the connector does."""
    kept: dict[str, FeedRecord] = {}
    for record in sorted(records, key=lambda record: record.revision):
        if record.amount_text is None:
            kept[record.record_id] = record
    return list(kept.values())


def grouped(items: Iterable[Item]) -> dict[str, list[Item]]:
    """Items by key; one without a key is a group of its own, as in the consumers."""
    groups = defaultdict(list)
    for item in items:
        groups[item.id if item.key is None else item.key].append(item)
    return groups


def found_by(outcomes: Iterable[Outcome]) -> tuple[Told, set[tuple[str, frozenset[str]]]]:
    collected = list(outcomes)
    matches = {frozenset(member.id for member in match.members) for outcome in collected for match in outcome.matches}
    breaks = {
        (str(found.type), frozenset(member.id for member in found.members)) for outcome in collected for found in outcome.breaks
    }
    return matches, breaks


def planted(world: SeededWorld, now: dt.datetime, name: str) -> tuple[Told, set[tuple[str, frozenset[str]]]]:
    truth = world.truth(now)
    matches = {frozenset("|".join(m) for m in match.members) for match in truth.matches if match.reconciliation == name}
    breaks = {(b.type, frozenset("|".join(m) for m in b.members)) for b in truth.breaks if b.reconciliation == name}
    return matches, breaks


# One `as_of` for each kind of weekend around the planted days.
AS_OF = [dt.date(2026, 11, 21) + dt.timedelta(days=day) for day in range(7)]


@pytest.fixture(params=AS_OF, ids=str, scope="module")
def world(request: pytest.FixtureRequest) -> SeededWorld:
    return SeededWorld(7, request.param, 1000)


@pytest.fixture(scope="module")
def now(world: SeededWorld) -> dt.datetime:
    return dt.datetime.combine(world.as_of, dt.time(23, 59), dt.UTC)


def test_three_way(world: SeededWorld, now: dt.datetime) -> None:
    reconciliation = rules("payments-three-way")
    sides = reconciliation.side_names
    items = [
        feed_item(side, side, record)
        for side in sides
        for record in latest(world.feed(side, now))
        if reconciliation.sides[sides.index(side)].filter.accepts_account(record.account_id)
    ]
    horizon = dict.fromkeys(sides, world.complete_through(now))
    found = found_by(solve_group(reconciliation, key, group, horizon) for key, group in grouped(items).items())
    assert found == planted(world, now, "payments-three-way")


def test_settlements(world: SeededWorld, now: dt.datetime) -> None:
    reconciliation = rules("razorpay-settlements")
    items = [
        Item(
            id=f"razorpay|{RAZORPAY_ACCOUNT}:{item.entity_id}",
            side="gateway",
            account=RAZORPAY_ACCOUNT,
            amount_minor=item.amount,
            currency=item.currency,
            direction=-1 if item.debit else 1,
            booked_at=item.created_at,
            status="SUCCESS" if item.settled_at else "PENDING",
            fee_minor=item.fee,
            key=item.settlement_utr,
        )
        for item in world.gateway_items(now)
    ]
    account = world.accounts("hdfc")[0]
    items += [bank_item("hdfc", line) for line in world.bank_lines("hdfc", account, now) if line.direction == "CREDIT"]
    # The latest watermark that the bank can give on that day: the end of the day in India.
    horizon = dict.fromkeys(reconciliation.side_names, now.replace(hour=18, minute=30))
    found = found_by(solve_settlement(reconciliation, key, group, horizon) for key, group in grouped(items).items())
    assert found == planted(world, now, "razorpay-settlements")


def test_ledger(world: SeededWorld, now: dt.datetime) -> None:
    reconciliation = rules("ledger-bank")
    outcomes = []
    for account in ACCOUNTS:
        if account.bank == "hdfc":
            continue
        entries = [record for record in latest(world.feed("core", now)) if record.account_id == account.account_id]
        lines = world.bank_lines(account.bank, account.account_id, now)
        items = [feed_item("ledger", "core", entry) for entry in entries]
        items += [bank_item(account.bank, line) for line in lines]
        horizon = {"ledger": world.complete_through(now), "bank": now.replace(hour=18, minute=30)}
        outcomes.append(solve_book(reconciliation, items, horizon))
    assert found_by(outcomes) == planted(world, now, "ledger-bank")
