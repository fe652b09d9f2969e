"""The close pass: what watermarks make of open groups, what late records reopen, and two rounds at once."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from consumers.closing import ClosePass
from consumers.locks import closing_alone
from schemas.records import CanonicalStatement, Direction
from tests.fixtures.scene import MONDAY, Scene, digests_of, faults_of, query, store
from tests.integration.consumers.conftest import Open

pytestmark = pytest.mark.integration

LATER = MONDAY + dt.timedelta(days=7)
_BREAKS = "SELECT key, type, final FROM break_view WHERE reconciliation = %s ORDER BY key, type"
_MATCHES = "SELECT key, final FROM match_view WHERE reconciliation = %s ORDER BY key"


def complete(scene: Scene, moment: dt.datetime, *kinds: str) -> list[CanonicalStatement]:
    return [scene.watermark(kind, moment) for kind in kinds or ("core", "gateway", "mobile", "pay", "payout", "bank")]


def close(scene: Scene, url: str) -> None:
    with psycopg.connect(url) as connection:
        ClosePass(connection, scene.sources, scene.reconciliations).run()


def test_timing_becomes_missing_only_when_the_other_side_is_complete(scene: Scene, database_url: str, open_service: Open) -> None:
    connection, service = open_service()
    store(connection, service, scene, *(scene.record(kind, kind, reference_number="R1") for kind in ("core", "gateway")))
    for moment in (None, MONDAY + dt.timedelta(hours=1)):
        if moment is not None:
            store(connection, service, scene, *complete(scene, moment))
        close(scene, database_url)
        assert query(database_url, _BREAKS, "three-way") == [("R1", "TIMING", False)]
    store(connection, service, scene, *complete(scene, LATER, "core", "gateway"))
    close(scene, database_url)
    assert query(database_url, _BREAKS, "three-way") == [("R1", "TIMING", False)], "mobile may still deliver"
    store(connection, service, scene, *complete(scene, LATER, "mobile"))
    close(scene, database_url)
    assert query(database_url, _BREAKS, "three-way") == [("R1", "MISSING_RIGHT", True)]


def test_a_match_is_provisional_until_every_watermark_has_passed(scene: Scene, database_url: str, open_service: Open) -> None:
    connection, service = open_service()
    kinds = ("core", "gateway", "mobile")
    store(connection, service, scene, *(scene.record(kind, kind, reference_number="R1") for kind in kinds))
    store(connection, service, scene, *(scene.record(kind, kind, settlement_id="UTR1") for kind in ("pay", "payout")))
    store(connection, service, scene, *complete(scene, LATER, "core", "gateway", "pay"))
    close(scene, database_url)
    for name, key in (("three-way", "R1"), ("settlements", "UTR1")):
        assert query(database_url, _MATCHES, name) == [(key, False)]
    before = digests_of(database_url)
    store(connection, service, scene, *complete(scene, LATER))
    close(scene, database_url)
    for name, key in (("three-way", "R1"), ("settlements", "UTR1")):
        assert query(database_url, _MATCHES, name) == [(key, True)]
    after = digests_of(database_url)
    assert {name: after[name] for name in ("three-way", "settlements")} == {
        name: before[name] for name in ("three-way", "settlements")
    }


def test_a_late_record_reopens_only_its_group(scene: Scene, database_url: str, open_service: Open) -> None:
    connection, service = open_service()
    for key in ("R1", "R2"):
        store(
            connection, service, scene, *(scene.record(kind, f"{kind}{key}", reference_number=key) for kind in ("core", "gateway"))
        )
    store(connection, service, scene, *complete(scene, LATER))
    close(scene, database_url)
    other = "SELECT xmin::text, ctid::text FROM break WHERE key = 'R2'"
    before = query(database_url, other)
    store(connection, service, scene, scene.record("mobile", "late", reference_number="R1"))
    assert query(database_url, _MATCHES, "three-way") == [("R1", False)]
    close(scene, database_url)
    assert query(database_url, _MATCHES, "three-way") == [("R1", True)]
    assert query(database_url, _BREAKS, "three-way") == [("R2", "MISSING_RIGHT", True)]
    assert query(database_url, other) == before, "the other group's row was not touched"


def test_a_record_without_the_key_stays_open_through_the_close(scene: Scene, database_url: str, open_service: Open) -> None:
    """It is a group of its own under its own hash; the close pass must find it there."""
    connection, service = open_service()
    store(connection, service, scene, scene.record("bank", "b", reference_number="OWN1"))
    assert [row[1:] for row in query(database_url, _BREAKS, "settlements-at-bank")] == [("REFERENCE", False)]
    store(connection, service, scene, *complete(scene, LATER))
    close(scene, database_url)
    assert [row[1:] for row in query(database_url, _BREAKS, "settlements-at-bank")] == [("REFERENCE", True)]


def test_two_rounds_at_once_are_harmless(scene: Scene, database_url: str, open_service: Open) -> None:
    connection, service = open_service()
    store(connection, service, scene, *scene.payments(200, seed=3), *complete(scene, LATER))
    before = query(database_url, "SELECT count(*) FROM match")
    passes = []
    for _ in range(3):
        own, _service = open_service()
        passes.append(ClosePass(own, scene.sources, scene.reconciliations))
    with ThreadPoolExecutor(len(passes)) as pool:
        for running in [pool.submit(one.run) for one in passes]:
            running.result()
    assert query(database_url, "SELECT count(*) FROM match") == before
    assert query(
        database_url, "SELECT count(*) FROM break_view WHERE reconciliation = 'three-way' AND type = 'TIMING' AND final"
    ) == [(0,)]
    assert not faults_of(database_url)


def test_a_round_waits_for_the_one_before(scene: Scene, open_service: Open) -> None:
    """A round that had read less could write last; so nobody else is let in until it has ended."""
    holder, _ = open_service()
    waiter, _ = open_service()
    second = ClosePass(waiter, scene.sources, scene.reconciliations)
    with closing_alone(holder):
        waiter.execute("SET lock_timeout = '200ms'")
        waiter.commit()
        with pytest.raises(psycopg.errors.LockNotAvailable):
            second.run()
        waiter.rollback()
    second.run()


def test_books_are_solved_again_when_a_record_comes(books: Scene, database_url: str) -> None:
    service = books.service()
    with psycopg.connect(database_url) as connection:
        service.start(connection)
        booked = {"direction": Direction.DEBIT, "account_id": "1111", "amount_minor": 500}
        store(connection, service, books, books.record("core", "c", reference_number="A1", **booked))
        store(connection, service, books, *complete(books, MONDAY, "core", "bank"))
        closing = ClosePass(connection, books.sources, books.reconciliations)
        assert closing.run().books == 1
        assert closing.run().books == 0, "nothing changed"
        assert query(database_url, _BREAKS, "books") == [("A1", "TIMING", False)]
        store(connection, service, books, *complete(books, LATER, "core", "bank"))
        closing.run()
        assert query(database_url, _BREAKS, "books") == [("A1", "MISSING_RIGHT", True)]
        store(connection, service, books, books.record("bank", "b", reference_number="A1", **booked))
        closing.run()
    assert query(database_url, _BREAKS, "books") == []
    assert query(database_url, _MATCHES, "books") == [("A1", True)]
