"""Razorpay and HDFC tell the seeded world's payouts such that the planted truth can be found in what they publish."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from producers.kit.contract import Connector
from producers.providers.hdfc.connector import build as build_hdfc
from producers.providers.razorpay.connector import build as build_razorpay
from producers.sandbox.model import TruthMatch
from producers.sandbox.providers import hdfc, razorpay
from producers.sandbox.world import SeededWorld
from reconduit.sources import SecretRef, SourceConfig
from schemas.keys import key_hash
from schemas.records import CanonicalTransaction, Direction, Proof, StatementKind
from tests.fixtures.app_server import serving_app

AS_OF = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 20, 3, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def world() -> SeededWorld:
    return SeededWorld(7, AS_OF, payments=600)


@pytest.fixture(scope="module")
def sources(world: SeededWorld, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Connector]]:
    directory = tmp_path_factory.mktemp("credentials")
    app = FastAPI()
    made = {}
    for name, module in (("hdfc", hdfc), ("razorpay", razorpay)):
        made[name] = module.generate_credentials(directory / name)
        app.include_router(module.routes(world, lambda: NOW, made[name]), prefix=f"/{name}")

    def config(address: str, name: str, options: dict[str, Any], secrets: tuple[str, ...]) -> SourceConfig:
        return SourceConfig(
            name=name,
            connector=name,
            base_url=f"{address}/{name}",
            partition_by="settlement_id",
            options=options | {"requests_per_second": 1000, "start_days": 20},
            secrets={secret: SecretRef(file=Path(directory / name / secret)) for secret in secrets},
        )

    bank_secrets = ("client_id", "client_secret", "api_key", "client_private_key", "bank_public_key")
    with serving_app(app, lifespan="off") as address:
        bank = build_hdfc(config(address, "hdfc", {"account_ids": list(world.accounts("hdfc"))}, bank_secrets))
        gateway = build_razorpay(config(address, "razorpay", {"account_id": "razorpay-main"}, ("key_id", "key_secret")))
        with closing(bank), closing(gateway):
            yield {"hdfc": bank, "razorpay": gateway}


@pytest.fixture(scope="module")
def told(sources: Mapping[str, Connector]) -> Mapping[tuple[str, str], CanonicalTransaction]:
    """Every record by (source, id), of each the highest revision."""
    found: dict[tuple[str, str], CanonicalTransaction] = {}
    for name, connector in sources.items():
        for page in connector.poll({}, NOW):
            assert not page.bad
            for record in page.transactions:
                known = found.get((name, record.txn_id))
                if known is None or known.revision < record.revision:
                    found[name, record.txn_id] = record
    return found


def test_every_member_of_the_truth_is_published(world: SeededWorld, told: Mapping[tuple[str, str], CanonicalTransaction]):
    truth = world.truth(NOW)
    planted = [case for case in [*truth.matches, *truth.breaks] if case.reconciliation == "razorpay-settlements"]
    members = {member for case in planted for member in case.members}
    assert len(members) > 50
    assert members <= told.keys()


def test_a_matching_payout_has_one_key_and_equal_sums(world: SeededWorld, told: Mapping[tuple[str, str], CanonicalTransaction]):
    payouts: list[TruthMatch] = [match for match in world.truth(NOW).matches if match.reconciliation == "razorpay-settlements"]
    assert payouts
    for payout in payouts:
        members = {member: told[member] for member in payout.members}
        assert len({key_hash(record.settlement_id) for record in members.values()} - {None}) == 1
        sums: dict[str, int] = defaultdict(int)
        for (source, _), record in members.items():
            sign = 1 if record.direction is Direction.CREDIT else -1
            sums[source] += sign * record.amount_minor - (record.fee_minor or 0)
        assert sums["hdfc"] == sums["razorpay"]


def test_nothing_else_has_a_payouts_key(world: SeededWorld, told: Mapping[tuple[str, str], CanonicalTransaction]):
    """Lines that no payout explains carry no settlement key, so that they break no reconciliation."""
    truth = world.truth(NOW)
    cases = [case for case in [*truth.matches, *truth.breaks] if case.reconciliation == "razorpay-settlements"]
    members = {member for case in cases for member in case.members}
    assert not [member for member, record in told.items() if record.settlement_id and member not in members]


def test_the_banks_days_prove_and_its_watermark_is_the_worlds(world: SeededWorld, sources: Mapping[str, Connector]):
    found = [statement for page in sources["hdfc"].poll({}, NOW) for statement in page.statements]
    days = [statement for statement in found if statement.kind is StatementKind.STATEMENT]
    assert len(days) == 14
    assert {statement.proof for statement in days} == {Proof.PROVED}
    assert [later.opening_minor for later in days[1:]] == [earlier.closing_minor for earlier in days[:-1]]
    assert found[-1].complete_through == world.complete_through(NOW)
