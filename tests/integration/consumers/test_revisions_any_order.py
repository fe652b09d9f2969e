"""Pending under one key, booked under another, withdrawn: the decisions are those of the set, in any order, in any batches."""

import random
from dataclasses import replace

import pytest

from consumers.closing import ClosePass
from schemas.records import CanonicalTransaction, Status
from tests.fixtures.scene import Scene, batch_of, digests_of, expected_digests, faults_of, query, store
from tests.integration.consumers.conftest import Open

pytestmark = pytest.mark.integration

_LIVE = "SELECT txn_id, revision FROM transaction WHERE NOT superseded ORDER BY txn_id"


def story(scene: Scene) -> list[CanonicalTransaction]:
    """Mobile tells its payment under a provisional key first; core and gateway know the real one."""
    pending = scene.record("mobile", "m", reference_number="TMP", status=Status.PENDING)
    booked = replace(pending, revision=1, reference_number="R1", status=Status.SUCCESS)
    return [*(scene.record(kind, kind, reference_number="R1") for kind in ("core", "gateway")), pending, booked]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (3, 0, 1, 2), (2, 0, 3, 1)])
def test_booked_before_pending_ends_alike(scene: Scene, database_url: str, open_service: Open, order: tuple[int, ...]) -> None:
    connection, service = open_service()
    told = story(scene)
    for index in order:
        store(connection, service, scene, told[index])
    assert query(database_url, "SELECT key FROM match_view") == [("R1",)]
    assert query(database_url, "SELECT key FROM break_view") == [], "nothing stays open under the provisional key"
    assert query(database_url, _LIVE) == [("core", 0), ("gateway", 0), ("m", 1)]


def test_a_withdrawn_record_leaves_its_match(scene: Scene, database_url: str, open_service: Open) -> None:
    connection, service = open_service()
    told = story(scene)
    void = replace(told[3], revision=2, status=Status.VOID)
    store(connection, service, scene, *told)
    store(connection, service, scene, void)
    assert query(database_url, "SELECT key FROM match_view") == []
    assert query(database_url, "SELECT key, cardinality(members) FROM break_view") == [("R1", 2)]
    store(connection, service, scene, *told)  # a redelivery of all that came before changes nothing
    assert query(database_url, "SELECT key, cardinality(members) FROM break_view") == [("R1", 2)]
    assert query(database_url, "SELECT count(*) FROM transaction") == [(5,)]


def test_revisions_that_met_in_flight_are_repaired(scene: Scene, database_url: str, open_service: Open) -> None:
    """Two workers store two revisions under two keys at once: neither sees the other's; the close pass puts it right."""
    (left, left_service), (right, right_service) = open_service(), open_service()
    told = story(scene)
    store(left, left_service, scene, *told[:2])
    for connection, service, record in ((left, left_service, told[3]), (right, right_service, told[2])):
        service.apply(connection, service.prepare(batch_of(scene, [record])))
    left.commit()
    right.commit()
    assert "1 records have two live revisions" in faults_of(database_url)
    closed = ClosePass(left, scene.sources, scene.reconciliations).run()
    assert closed.repaired == 1
    assert query(database_url, "SELECT key FROM match_view") == [("R1",)]
    assert query(database_url, "SELECT key FROM break_view") == []
    assert not faults_of(database_url)


@pytest.mark.parametrize("seed", range(6))
def test_any_order_in_any_batches(scene: Scene, database_url: str, empty_copy_url: str, open_service: Open, seed: int) -> None:
    connection, service = open_service()
    chance = random.Random(seed)
    records = scene.payments(60, seed=seed)
    records += [
        scene.record(kind, f"{kind}:{number}:{part}", settlement_id=f"UTR{number}", amount_minor=1_000)
        for number in range(10)
        for kind, parts in (("pay", 2), ("payout", 1))
        for part in range(parts)
    ]
    # The bank corrects the settlement that one of its lines belongs to.
    for number in range(10):
        first = scene.record("bank", f"bank:{number}", reference_number=f"OWN{number}", settlement_id=None, amount_minor=2_000)
        records += [first, replace(first, revision=1, settlement_id=f"UTR{number}")]
    expected = expected_digests(scene, empty_copy_url, records)
    assert set(expected) == {"three-way", "settlements", "settlements-at-bank"}
    told = [*records, *chance.choices(records, k=40)]
    chance.shuffle(told)
    while told:
        size = chance.randint(1, 30)
        store(connection, service, scene, *told[:size])
        del told[:size]
    assert digests_of(database_url) == expected
    assert not faults_of(database_url)
