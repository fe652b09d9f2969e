import datetime as dt
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from producers.kit.statements.day_statements import BalanceRow, day_statements
from schemas.records import CanonicalStatement, Direction, Proof

NOW = dt.datetime(2026, 1, 9, tzinfo=dt.UTC)
DAY = dt.date(2026, 1, 5)
OPENING = 1_000

movements = st.lists(st.tuples(st.integers(0, 3), st.integers(-500, 500)), min_size=1, max_size=20)


def rows(moves: list[tuple[int, int]]) -> list[BalanceRow]:
    ordered = sorted(moves, key=lambda move: move[0])
    balances = list(accumulate((amount for _, amount in ordered), initial=OPENING))[1:]
    return [
        BalanceRow(DAY + dt.timedelta(days=day), Direction.CREDIT if amount >= 0 else Direction.DEBIT, abs(amount), balance)
        for (day, amount), balance in zip(ordered, balances, strict=True)
    ]


def statements(listed: list[BalanceRow]) -> list[CanonicalStatement]:
    return list(day_statements(listed, source="bank", tenant_id="default", account_id="1", currency="INR", ingested_at=NOW))


@given(movements)
def test_complete_days_are_proved_and_chained(moves: list[tuple[int, int]]) -> None:
    found = statements(rows(moves))
    assert {s.proof for s in found} == {Proof.PROVED}
    assert found[0].opening_minor == OPENING
    assert found[-1].closing_minor == OPENING + sum(amount for _, amount in moves)
    assert [s.opening_minor for s in found[1:]] == [s.closing_minor for s in found[:-1]]
    assert sum(s.entry_count or 0 for s in found) == len(moves)
    assert sum((s.credit_minor or 0) - (s.debit_minor or 0) for s in found) == sum(amount for _, amount in moves)


def test_the_newest_may_come_first() -> None:
    listed = rows([(0, 5), (0, -7), (1, 9), (1, 11)])
    assert statements(listed[::-1]) == statements(listed)
    one_day = rows([(0, 5), (0, -7), (0, 9)])
    assert statements(one_day[::-1]) == statements(one_day)


def test_a_row_that_is_left_out_fails_the_proof() -> None:
    listed = rows([(0, 5), (0, 7), (0, 9), (1, 1)])
    assert [s.proof for s in statements(listed[:1] + listed[2:])] == [Proof.FAILED, Proof.PROVED]
    between_days = rows([(0, 5), (1, 7), (1, 9)])
    assert [s.proof for s in statements([between_days[0], between_days[2]])] == [Proof.PROVED, Proof.FAILED]


def test_without_balances_nothing_can_be_proved() -> None:
    [found] = statements([BalanceRow(DAY, Direction.CREDIT, 5, None)])
    assert (found.proof, found.opening_minor, found.credit_minor) == (Proof.NOT_PROVABLE, None, 5)
    assert statements([]) == []
