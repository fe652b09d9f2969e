"""Whatever the order of records, batches, rounds of the close pass and kills, all ends as if closed once over the set."""

import contextlib
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from consumers.closing import ClosePass
from schemas.keys import hash64
from schemas.records import CanonicalTransaction
from tests.fixtures.scene import MONDAY, Scene, digests_of, faults_of, query, store
from tests.integration.consumers.test_close_pass import LATER, complete
from tests.integration.consumers.test_day_seals import _DAY

pytestmark = pytest.mark.integration

_KINDS = ("core", "gateway", "mobile", "pay", "payout", "bank")
_EMPTY = "TRUNCATE transaction, revised, match, break, statement, source_watermark, book_seal, pair_profile, day_to_seal"
_FINAL = (
    "SELECT reconciliation, key, type, final FROM break_view UNION ALL SELECT reconciliation, key, 'match', final FROM match_view "
    "ORDER BY 1, 2, 3, 4"
)
# A day or book whose decisions have all gone has a seal that says so; closed once, it has none.
_SEALS = (
    "SELECT reconciliation, account_id, currency, since, through, digest, proof ->> 'holds' FROM book_seal_view "
    "WHERE current AND decisions > 0 ORDER BY 1, 2, 3, 4"
)


class _KilledError(Exception):
    pass


@dataclass(frozen=True)
class _Step:
    """Records to store, then a watermark by day, then a round of the close pass, which may be killed at a commit."""

    records: int
    watermark: int
    killed_at: int | None


_STEPS = st.lists(
    st.builds(
        _Step,
        records=st.integers(0, 40),
        watermark=st.integers(1, 6),
        killed_at=st.none() | st.integers(2, 12),
    ),
    min_size=2,
    max_size=4,
)


@pytest.fixture
def world(tmp_path: Path) -> Scene:
    found = Scene(tmp_path, secrets.token_hex(4))
    found.write(_KINDS, ("three-way", "settlements", "books"))
    return found


def story(scene: Scene) -> list[CanonicalTransaction]:
    """Payments, settlements and bank lines over three days; every copy of a revision says the same."""
    records = scene.payments(16, seed=12)
    for number in range(8):
        key = f"UTR{number // 2}"
        records.append(scene.record("pay", f"p{number}", settlement_id=key, amount_minor=900 + number, fee_minor=number))
        records.append(scene.record("payout", f"o{number}", settlement_id=key, amount_minor=900 + (number % 3 > 0) * number))
        records.append(scene.record("bank", f"b{number}", reference_number=f"REF{number:06}", amount_minor=100 + number))
    return [replace(one, booked_at=MONDAY + hash64(f"{one.txn_id} {one.revision}") % 3 * _DAY) for one in records]


def close(connection: psycopg.Connection[Any], scene: Scene, killed_at: int | None = None) -> None:
    """One round; killed, it loses its connection at the so-and-so-many-th commit."""
    closing = ClosePass(connection, scene.sources, scene.reconciliations)
    commit, left = connection.commit, killed_at

    def count() -> None:
        nonlocal left
        left = None if left is None else left - 1
        if left == 0:
            connection.close()
            raise _KilledError
        commit()

    connection.commit = count  # type: ignore[method-assign]
    closing.run()


def told(url: str) -> dict[str, Any]:
    return {"digests": digests_of(url), "final": query(url, _FINAL), "seals": query(url, _SEALS), "faults": faults_of(url)}


def play(scene: Scene, url: str, records: Sequence[CanonicalTransaction], steps: Sequence[_Step]) -> dict[str, Any]:
    """Store `records` in their order, as the steps say and then the rest, and close over all of it."""
    with psycopg.connect(url) as connection:
        connection.execute(_EMPTY)
        connection.commit()
        service = scene.service()
        service.start(connection)
        rest, days = list(records), sorted(step.watermark for step in steps)
        for step in steps:
            part, rest = rest[: step.records], rest[step.records :]
            store(connection, service, scene, *part, *complete(scene, MONDAY + days.pop(0) * _DAY))
            with psycopg.connect(url) as other, contextlib.suppress(_KilledError):
                close(other, scene, step.killed_at)
        store(connection, service, scene, *rest, *complete(scene, LATER))
    with psycopg.connect(url) as connection:
        close(connection, scene)
    return told(url)


def test_any_interleaving_ends_as_one_close_over_the_set(world: Scene, database_url: str) -> None:
    records = story(world)
    expected = play(world, database_url, records, ())
    assert not expected["faults"]
    assert {name for name, *_ in expected["seals"]} == {"three-way", "settlements", "books"}
    assert all(holds == "true" for *_, holds in expected["seals"])

    @settings(
        max_examples=4,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    @given(steps=_STEPS, seed=st.integers(0, 2**32))
    def holds(steps: list[_Step], seed: int) -> None:
        shuffled = random.Random(seed).sample(records, len(records))
        assert play(world, database_url, shuffled, steps) == expected

    holds()
