import datetime as dt
import json

from hypothesis import given
from hypothesis import strategies as st

from producers.kit.reading.repeated_ids import RepeatedIds

DAY = dt.date(2026, 1, 5)

legs = st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.sampled_from("xyz")), max_size=15)


def name(ids: RepeatedIds, listed: list[tuple[str, int, str]]) -> list[str]:
    return [ids.record_id(i, DAY + dt.timedelta(days=day), [str(day), content]) for i, day, content in listed]


@given(legs)
def test_ids_are_unique_and_repeatable(listed: list[tuple[str, int, str]]) -> None:
    first = name(RepeatedIds(), listed)
    assert len(set(first)) == len(listed)
    assert first == name(RepeatedIds(), listed)


@given(legs, st.integers(0, 3))
def test_a_later_window_gives_the_rows_it_still_sees_the_same_ids(listed: list[tuple[str, int, str]], cut: int) -> None:
    ordered = sorted(listed, key=lambda leg: leg[1])
    ids = RepeatedIds()
    whole = name(ids, ordered)
    memory = json.loads(json.dumps(ids.memory(DAY + dt.timedelta(days=cut))))
    seen = [(leg, made) for leg, made in zip(ordered, whole, strict=True) if leg[1] >= cut]
    assert name(RepeatedIds(memory), [leg for leg, _ in seen]) == [made for _, made in seen]


def test_only_repeats_are_remembered_and_only_while_they_can_be_seen() -> None:
    ids = RepeatedIds()
    assert name(ids, [("a", 0, "x"), ("b", 0, "x"), ("b", 1, "y")]) == ["a", "b", "b-1"]
    assert ids.memory(DAY).keys() == {"b"}
    assert ids.memory(DAY + dt.timedelta(days=1)).keys() == {"b"}
    assert ids.memory(DAY + dt.timedelta(days=2)) == {}
