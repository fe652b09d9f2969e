"""Seals of keyed and settlement reconciliations, day by day: when they come, what opens them again, and what leaves them alone."""

import datetime as dt
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from consumers.closing import ClosePass
from consumers.rewind import rewind
from schemas.records import CanonicalTransaction, Direction, Status
from tests.fixtures.operators import decide
from tests.fixtures.scene import MONDAY, Scene, query
from tests.integration.consumers.test_close_pass import LATER, complete
from tests.integration.consumers.test_seals import fill

pytestmark = pytest.mark.integration

_DAY = dt.timedelta(days=1)
_SIDES = ("core", "gateway", "mobile")
_CURRENT = "SELECT since, currency, digest, decisions, provisional, proof FROM book_seal_view WHERE current AND reconciliation = %s"
_CAUSES = "SELECT since, cause, former_id IS NOT NULL FROM book_seal WHERE reconciliation = %s ORDER BY book_seal_id"


def close(scene: Scene, url: str) -> int:
    with psycopg.connect(url) as connection:
        return ClosePass(connection, scene.sources, scene.reconciliations).run().sealed


def told(scene: Scene, key: str, day: int = 0, kinds: Sequence[str] = _SIDES, **fields: Any) -> list[CanonicalTransaction]:
    booked = MONDAY + day * _DAY
    return [scene.record(kind, f"{kind}:{key}", reference_number=key, booked_at=booked, **fields) for kind in kinds]


def day(number: int) -> dt.date:
    return (MONDAY + number * _DAY).date()


def test_a_day_is_sealed_when_every_side_is_complete_and_only_what_it_touches_reopens(scene: Scene, database_url: str) -> None:
    records = [*told(scene, "A"), *told(scene, "B", 1), *told(scene, "C", 1, ("core", "gateway"))]
    fill(scene, database_url, records, complete(scene, MONDAY + _DAY))
    assert close(scene, database_url) == 0, "no day is complete yet"
    fill(scene, database_url, complete(scene, MONDAY + 2 * _DAY))
    assert close(scene, database_url) == 1
    fill(scene, database_url, complete(scene, LATER))
    assert close(scene, database_url) == 1
    assert query(database_url, _CAUSES, "three-way") == [(day(0), "first", False), (day(1), "first", False)]
    assert close(scene, database_url) == 0, "a new process has nothing to seal"
    ((_, _, _, decisions, provisional, proof),) = query(database_url, f"{_CURRENT} AND since = %s", "three-way", day(1))
    assert (decisions, provisional, proof["holds"]) == (2, 0, True)
    assert [proof["sides"][name]["open"] for name in _SIDES] == [1, 1, 0]
    assert proof["difference_minor"] == proof["open_difference_minor"] == -10_000
    assert proof["matched_difference_minor"] == 0
    fill(scene, database_url, told(scene, "C", 1, ("mobile",)))
    assert close(scene, database_url) == 1
    assert query(database_url, _CAUSES, "three-way")[2:] == [(day(1), "reopened", True)]
    ((*_, proof),) = query(database_url, f"{_CURRENT} AND since = %s", "three-way", day(1))
    assert (proof["holds"], proof["difference_minor"]) == (True, 0)


def test_a_match_over_two_days_is_in_the_digest_of_its_latest_and_in_the_proofs_of_both(scene: Scene, database_url: str) -> None:
    late = told(scene, "A", 1, ("mobile",), amount_minor=10_000)
    fill(scene, database_url, [*told(scene, "A", 0, ("core", "gateway")), *told(scene, "B", 0)], complete(scene, LATER))
    assert close(scene, database_url) == 1
    fill(scene, database_url, late)
    assert close(scene, database_url) == 2, "the break of the first day has gone, the match is the second day's"
    found = {since: (count, proof) for since, _, _, count, _, proof in query(database_url, _CURRENT, "three-way")}
    assert [found[day(number)][0] for number in (0, 1)] == [1, 1]
    first, second = (found[day(number)][1] for number in (0, 1))
    assert first["holds"] and second["holds"]
    assert (first["sides"]["core"]["elsewhere"], second["sides"]["mobile"]["elsewhere"]) == (1, 1)
    assert (first["elsewhere_difference_minor"], second["elsewhere_difference_minor"]) == (-10_000, 10_000)


def test_a_withdrawn_record_leaves_an_empty_day(scene: Scene, database_url: str) -> None:
    (lone,) = told(scene, "A", 0, ("core",))
    fill(scene, database_url, [lone], complete(scene, LATER))
    close(scene, database_url)
    fill(scene, database_url, [replace(lone, revision=1, status=Status.VOID)])
    assert close(scene, database_url) == 1
    ((*_, decisions, provisional, proof),) = query(database_url, _CURRENT, "three-way")
    assert (decisions, provisional, proof["holds"]) == (0, 0, True)
    assert proof["sides"]["core"]["told"] == 0


def test_a_settlement_is_proved_net_of_its_fees(scene: Scene, database_url: str) -> None:
    paid = [scene.record("pay", f"p{at}", settlement_id="UTR1", amount_minor=5_000, fee_minor=100) for at in range(2)]
    credit = scene.record("payout", "b", settlement_id="UTR1", amount_minor=9_800, direction=Direction.CREDIT)
    fill(scene, database_url, [*paid, credit], complete(scene, LATER))
    close(scene, database_url)
    ((since, currency, _, decisions, _, proof),) = query(database_url, _CURRENT, "settlements")
    assert (since, currency, decisions, proof["holds"]) == (day(0), "INR", 1, True)
    assert proof["sides"]["pay"]["matched_minor"] == proof["sides"]["payout"]["matched_minor"] == 9_800


def test_what_an_operator_decides_reopens_the_days_of_its_records(scene: Scene, database_url: str) -> None:
    fill(scene, database_url, [*told(scene, "A", 0, ("core", "gateway")), *told(scene, "B", 1, ("mobile",))])
    fill(scene, database_url, [*told(scene, "C", 2), *complete(scene, LATER)])
    close(scene, database_url)
    decide(database_url, scene, "confirm", "three-way", ("core", "core:A"), ("gateway", "gateway:A"), ("mobile", "mobile:B"))
    assert close(scene, database_url) == 2
    assert query(database_url, _CAUSES, "three-way")[3:] == [(day(0), "reopened", True), (day(1), "reopened", True)]
    proofs = [proof["holds"] for *_, proof in query(database_url, _CURRENT, "three-way")]
    assert proofs == [True] * 3


def test_the_same_records_have_the_same_seals_in_any_order(scene: Scene, database_url: str, empty_copy_url: str) -> None:
    chance = random.Random(9)
    records = [replace(one, booked_at=MONDAY + chance.randrange(3) * _DAY) for one in scene.payments(80, seed=9)]
    # One record is booked on one day, whichever of its copies comes first.
    records = list({(one.source, one.txn_id, one.revision): one for one in records}.values())
    fill(scene, database_url, [*records, *complete(scene, LATER)])
    close(scene, database_url)
    chance.shuffle(records)
    fill(scene, empty_copy_url, records[:100], complete(scene, LATER))
    close(scene, empty_copy_url)
    for start in (100, 150):
        fill(scene, empty_copy_url, records[start : start + 50])
        close(scene, empty_copy_url)
    fill(scene, empty_copy_url, records[200:])
    close(scene, empty_copy_url)
    current = f"{_CURRENT} ORDER BY since"
    expected = query(database_url, current, "three-way")
    assert len(expected) == 3
    assert all(proof["holds"] for *_, proof in expected)
    assert query(empty_copy_url, current, "three-way") == expected
    assert len(query(empty_copy_url, _CAUSES, "three-way")) > 3, "former seals stay"


def test_lost_seals_come_back_by_a_replay(scene: Scene, database_url: str) -> None:
    records = [*told(scene, "A"), *told(scene, "B", 1, ("core",)), *complete(scene, LATER)]
    fill(scene, database_url, records)
    close(scene, database_url)
    sealed = query(database_url, f"{_CURRENT} ORDER BY since", "three-way")
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM book_seal")
        connection.commit()
        rewind(connection, "group", {}, {}, all_of_it=True)
    assert query(database_url, "SELECT DISTINCT booked_on FROM day_to_seal ORDER BY 1") == [(day(0),), (day(1),)]
    fill(scene, database_url, records)
    assert close(scene, database_url) == len(sealed)
    assert query(database_url, f"{_CURRENT} ORDER BY since", "three-way") == sealed
