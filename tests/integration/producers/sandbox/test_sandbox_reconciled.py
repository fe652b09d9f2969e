"""From the providers' own payloads through the connectors to the engine: what comes out is the truth of the sandbox."""

from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from producers.kit.statements.references import extract_references
from producers.sandbox.model import TruthBreak, TruthMatch
from reconciler.reconciliation import Reconciliation
from reconciler.rules import parse_reconciliation
from reconciler.settlement import solve_settlement
from reconciler.statement import solve_book
from reconciler.text import normalise_reference
from reconciler.types import Item, Outcome
from schemas.records import CanonicalTransaction, Direction

pytestmark = pytest.mark.integration

RULES = Path(__file__).parents[4] / "deploy" / "demo" / "reconciliations"


def rules(name: str) -> Reconciliation:
    path = RULES / f"{name}.yaml"
    return parse_reconciliation(path.read_text(encoding="utf-8"), str(path))


def read(sandbox, name: str) -> list[CanonicalTransaction]:
    """The highest revision of each record of one complete poll."""
    sandbox.faults.enabled = False
    found: dict[str, CanonicalTransaction] = {}
    with closing(sandbox.connector(name)) as connector:
        for page in connector.poll({}, sandbox.clock()):
            for record in page.transactions:
                if record.txn_id not in found or record.revision >= found[record.txn_id].revision:
                    found[record.txn_id] = record
    return list(found.values())


def item(side: str, record: CanonicalTransaction, key: str | None) -> Item:
    return Item(
        id=f"{record.source}|{record.txn_id}",
        side=side,
        account=record.account_id,
        amount_minor=record.amount_minor,
        currency=record.currency,
        direction=1 if record.direction is Direction.CREDIT else -1,
        booked_at=record.booked_at,
        status=record.status.value,
        is_reversal=record.is_reversal,
        fee_minor=record.fee_minor,
        value_date=record.value_date,
        key=normalise_reference(key) or None if key else None,
        references=tuple(map(normalise_reference, extract_references(record.description or "").candidates)),
        counterparty=record.counterparty_name,
        text=record.description or "",
    )


def assert_truth(sandbox, reconciliation: str, outcomes: list[Outcome], items: list[Item]) -> None:
    """Exactly the planted matches and breaks among `items` were found."""
    truth = sandbox.world.truth(sandbox.clock())
    there = {found.id for found in items}
    planted = {("MATCH", _ids(match)) for match in truth.matches if match.reconciliation == reconciliation}
    planted |= {(found.type, _ids(found)) for found in truth.breaks if found.reconciliation == reconciliation}
    found = {("MATCH", frozenset(m.id for m in match.members)) for outcome in outcomes for match in outcome.matches}
    found |= {(str(b.type), frozenset(m.id for m in b.members)) for outcome in outcomes for b in outcome.breaks}
    assert found == {(kind, ids) for kind, ids in planted if ids & there}
    assert found


def _ids(label: TruthMatch | TruthBreak) -> frozenset[str]:
    return frozenset("|".join(member) for member in label.members)


def test_settlements(sandbox) -> None:
    reconciliation = rules("razorpay-settlements")
    groups = defaultdict(list)
    for side, source in (("gateway", "razorpay"), ("bank", "hdfc")):
        for record in read(sandbox, source):
            if record.settlement_id and (side == "gateway" or record.direction is Direction.CREDIT):
                groups[record.settlement_id].append(item(side, record, record.settlement_id))
    horizon = dict.fromkeys(reconciliation.side_names, sandbox.world.complete_through(sandbox.clock()))
    outcomes = [solve_settlement(reconciliation, key, group, horizon) for key, group in groups.items()]
    assert_truth(sandbox, "razorpay-settlements", outcomes, [found for group in groups.values() for found in group])


@pytest.mark.parametrize("bank", ["icici", "sbi"])
def test_ledger(sandbox, bank: str) -> None:
    reconciliation = rules("ledger-bank")
    (account,) = sandbox.world.accounts(bank)
    entries = [record for record in read(sandbox, "core") if record.account_id == account]
    items = [item("ledger", record, record.reference_number) for record in entries]
    items += [item("bank", record, record.reference_number) for record in read(sandbox, bank)]
    horizon = dict.fromkeys(reconciliation.side_names, sandbox.world.complete_through(sandbox.clock()))
    assert_truth(sandbox, "ledger-bank", [solve_book(reconciliation, items, horizon)], items)
