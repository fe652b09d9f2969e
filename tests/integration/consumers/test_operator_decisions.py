"""Operators' decisions stand above the rules, in both passes, whatever comes before or after them."""

import random

import psycopg
import pytest

from api.errors import ConflictError
from consumers.closing import ClosePass
from schemas.records import CanonicalTransaction, Direction
from tests.fixtures.operators import decide, revoke
from tests.fixtures.scene import Scene, digests_of, faults_of, query, store
from tests.integration.consumers.conftest import Open
from tests.integration.consumers.test_close_pass import LATER, close, complete

pytestmark = pytest.mark.integration

_MATCHES = "SELECT stage, cardinality(members) FROM match_view WHERE reconciliation = %s ORDER BY 1, 2"
_BREAKS = "SELECT key, type FROM break_view WHERE reconciliation = %s ORDER BY 1, 2"
_KINDS = ("core", "gateway", "mobile")
_TYPO = [("core", "core"), ("gateway", "gateway"), ("mobile", "mobile")]


def typo(scene: Scene) -> list[CanonicalTransaction]:
    """One payment whose reference the third system has wrong."""
    return [scene.record(kind, kind, reference_number="R9" if kind == "mobile" else "R1") for kind in _KINDS]


def test_a_confirmed_match_may_span_keys(scene: Scene, database_url: str, open_service: Open) -> None:
    connection, service = open_service()
    store(connection, service, scene, *typo(scene))
    assert query(database_url, _BREAKS, "three-way") == [("R1", "TIMING"), ("R9", "TIMING")]
    decide(database_url, scene, "confirm", "three-way", *_TYPO, note="typing error at the branch")
    close(scene, database_url)
    assert query(database_url, _MATCHES, "three-way") == [("manual", 3)]
    assert query(database_url, _BREAKS, "three-way") == []
    reasons = query(database_url, "SELECT reasons -> 0 ->> 1 FROM match_view")
    assert reasons == [("confirmed by ada: typing error at the branch",)]
    store(connection, service, scene, scene.record("core", "late", reference_number="R9"))
    assert query(database_url, _MATCHES, "three-way") == [("manual", 3)], "what comes later leaves it alone"
    assert query(database_url, _BREAKS, "three-way") == [("R9", "TIMING")]
    store(connection, service, scene, *complete(scene, LATER))
    close(scene, database_url)
    assert query(database_url, "SELECT final FROM match_view WHERE reconciliation = 'three-way'") == [(True,)]
    assert not faults_of(database_url)


def test_a_decision_is_in_force_for_records_that_come_after_it(scene: Scene, database_url: str, open_service: Open) -> None:
    connection, service = open_service()
    records = typo(scene)
    store(connection, service, scene, *records)
    decide(database_url, scene, "confirm", "three-way", *_TYPO)
    store(connection, service, scene, scene.record("core", "other", reference_number="R1"))
    assert query(database_url, _MATCHES, "three-way") == [("manual", 3)], "by the stream pass, before any close"
    assert query(database_url, _BREAKS, "three-way") == [("R1", "TIMING")]


def test_unmatched_records_stay_apart_until_that_is_revoked(scene: Scene, database_url: str, open_service: Open) -> None:
    connection, service = open_service()
    store(connection, service, scene, *(scene.record(kind, kind, reference_number="R1") for kind in _KINDS))
    assert query(database_url, _MATCHES, "three-way") == [("key", 3)]
    with pytest.raises(ConflictError, match="unmatch that match first"):
        decide(database_url, scene, "confirm", "three-way", ("core", "core"), ("gateway", "gateway"))
    number = decide(database_url, scene, "unmatch", "three-way", *_TYPO)
    close(scene, database_url)
    assert query(database_url, _MATCHES, "three-way") == []
    assert query(database_url, _BREAKS, "three-way") == [("R1", "REFERENCE")]
    store(connection, service, scene, scene.record("core", "more", reference_number="R1"))
    assert ("R1", "REFERENCE") in query(database_url, _BREAKS, "three-way")
    revoke(database_url, number)
    close(scene, database_url)
    assert query(database_url, _MATCHES, "three-way") == [("key", 3)]
    assert not faults_of(database_url)


def test_two_confirmed_matches_under_one_key(scene: Scene, database_url: str, open_service: Open) -> None:
    """The rules would pair equal amounts; the operator knows better."""
    connection, service = open_service()
    store(
        connection,
        service,
        scene,
        *(scene.record(kind, f"{kind}{n}", reference_number="R1", amount_minor=100 * n) for kind in _KINDS for n in (1, 2)),
    )
    decide(database_url, scene, "unmatch", "three-way", *((kind, f"{kind}{n}") for kind in _KINDS for n in (1, 2)))
    for first, rest in ((1, 2), (2, 1)):
        decide(database_url, scene, "confirm", "three-way", ("core", f"core{first}"), *((k, f"{k}{rest}") for k in _KINDS[1:]))
    close(scene, database_url)
    assert query(database_url, _MATCHES, "three-way") == [("manual", 3), ("manual", 3)]
    assert not faults_of(database_url)


def test_a_confirmed_pair_of_a_book_need_not_agree(books: Scene, database_url: str) -> None:
    service = books.service()
    with psycopg.connect(database_url) as connection:
        service.start(connection)
        booked = {"direction": Direction.DEBIT, "account_id": "1111"}
        records = [
            books.record("core", "c", reference_number="A1", amount_minor=500, **booked),
            books.record("bank", "b", reference_number="ZZ9", amount_minor=480, **booked),
        ]
        store(connection, service, books, *records, *complete(books, LATER, "core", "bank"))
        closing = ClosePass(connection, books.sources, books.reconciliations)
        assert closing.run().books == 1
        number = decide(database_url, books, "confirm", "books", ("core", "c"), ("bank", "b"))
        assert closing.run().books == 1
        assert query(database_url, _MATCHES, "books") == [("manual", 2)]
        assert query(database_url, "SELECT applied_at IS NOT NULL FROM operator_decision") == [(True,)]
        assert closing.run().books == 0, "nothing changed"
        revoke(database_url, number)
        closing.run()
    assert query(database_url, _MATCHES, "books") == []


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_records_and_decisions_come_to_the_same(
    scene: Scene, database_url: str, empty_copy_url: str, open_service: Open, seed: int
) -> None:
    """Records first and decisions later, or decisions first (as a replay has it) and records in another order and in pieces."""
    connection, service = open_service()
    records = [*dict.fromkeys(scene.payments(60, seed)), *typo(scene)]
    store(connection, service, scene, *records)
    decide(database_url, scene, "confirm", "three-way", *_TYPO)
    matched = query(
        database_url, "SELECT members FROM match_view WHERE reconciliation = 'three-way' AND stage = 'key' ORDER BY key LIMIT 3"
    )
    for (members,) in matched:
        named = query(database_url, "SELECT source, txn_id FROM transaction_view WHERE current AND txn_hash = ANY(%s)", members)
        kinds = [(source.removesuffix(f"_{scene.suffix}"), txn_id) for source, txn_id in named]
        decide(database_url, scene, "unmatch", "three-way", *kinds)
    close(scene, database_url)
    chance = random.Random(seed)
    with psycopg.connect(database_url) as one, psycopg.connect(empty_copy_url) as other:
        second = scene.service()
        second.start(other)
        columns = "tenant_id, reconciliation, kind, sources, txn_ids, members, note, actor"
        for row in one.execute(f"SELECT {columns} FROM operator_decision ORDER BY operator_decision_id"):
            other.execute(f"INSERT INTO operator_decision ({columns}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", row)
        other.commit()
        chance.shuffle(records)
        for start in range(0, len(records), 17):
            store(other, second, scene, *records[start : start + 17])
    assert digests_of(empty_copy_url) == digests_of(database_url)
    close(scene, empty_copy_url)
    assert digests_of(empty_copy_url) == digests_of(database_url)
    assert query(empty_copy_url, "SELECT count(*) FROM match_view WHERE stage = 'manual'") == [(1,)]
    assert not faults_of(empty_copy_url)
