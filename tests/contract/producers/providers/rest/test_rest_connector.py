"""What a REST source reads, remembers and says, on a real socket."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import Any

import pytest

from producers.errors import ConfigurationError, ContractChangeError, ProducerError
from producers.kit.contract import Page
from producers.kit.registry import build_connector
from producers.kit.testing import FakeProvider, FakeRequest, FakeResponse, without_waiting
from reconduit.sources import SourceConfig

NOW = dt.datetime(2026, 3, 10, 12, 30, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
BASE: dict[str, Any] = {
    "auth": {"kind": "none"},
    "request": {"path": "/rows"},
    "records": "rows",
    "paging": {"strategy": "none"},
    "fields": {
        "id": "id",
        "account": "account",
        "currency": {"constant": "EUR"},
        "amount": "amount",
        "direction": {"positive": "CREDIT"},
        "booked_at": "at",
        "description": "text",
    },
}
BY_TIME: dict[str, Any] = {
    "request": {"path": "/rows", "params": {"since": "{from}", "until": "{to}"}},
    "incremental": {"by": "time", "overlap": "2h", "start": "2026-03-10"},
}
BY_CURSOR: dict[str, Any] = {
    "paging": {"strategy": "cursor", "param": "after", "token": "next"},
    "incremental": {"by": "cursor", "overlap": "1h"},
}


def row(number: int, **changes: Any) -> dict[str, Any]:
    at = f"2026-03-10T{number % 24:02}:00:00Z"
    return {"id": f"E{number}", "account": "A", "amount": f"{number}.00", "at": at, "text": "t"} | changes


class Api:
    """A provider that answers from a function, and every poll of a source that reads it."""

    def __init__(self, answer: Callable[[Mapping[str, str]], Any], **definition: Any) -> None:
        self.answer = answer
        self.definition = BASE | definition
        self.asked: list[tuple[str, dict[str, str]]] = []

    def respond(self, request: FakeRequest) -> FakeResponse:
        query = {name: values[0] for name, values in request.query.items()}
        self.asked.append((request.path, query))
        return FakeResponse(body=json.dumps(self.answer({"path": request.path} | query)).encode())

    def poll(self, cursor: Mapping[str, Any] | None = None, now: dt.datetime = NOW) -> list[Page]:
        self.asked.clear()
        with FakeProvider(self.respond) as provider, without_waiting():
            config = SourceConfig(name="acme", connector="rest", base_url=provider.base_url, options={"rest": self.definition})
            with closing(build_connector(config)) as connector:
                return list(connector.poll(json.loads(json.dumps(cursor or {})), now))


def published(pages: list[Page]) -> list[tuple[str, int]]:
    return [(record.txn_id, record.revision) for page in pages for record in page.transactions]


def test_each_poll_reads_from_the_overlap_to_now_and_publishes_what_is_new() -> None:
    rows = [row(9), row(11)]
    api = Api(lambda _: {"rows": rows}, **BY_TIME)
    first = api.poll()
    assert api.asked == [("/rows", {"since": "2026-03-10T00:00:00Z", "until": "2026-03-10T12:30:00Z"})]
    assert published(first) == [("A:E9", 0), ("A:E11", 0)]
    rows.append(row(10))
    rows[1] = row(11, text="corrected")
    second = api.poll(first[-1].cursor, NOW + HOUR)
    assert api.asked == [("/rows", {"since": "2026-03-10T10:30:00Z", "until": "2026-03-10T13:30:00Z"})]
    assert published(second) == [("A:E11", 1), ("A:E10", 0)]
    assert (second[0].fetched, len(second[0].raw)) == (3, 1)
    third = api.poll(second[-1].cursor, NOW + 2 * HOUR)
    assert (published(third), third[0].raw, third[0].fetched) == ([], [], 3)


def test_long_stretches_are_read_window_by_window_and_the_cursor_moves_with_each() -> None:
    api = Api(lambda _: {"rows": []}, **BY_TIME | {"incremental": BY_TIME["incremental"] | {"window": "5h"}})
    pages = api.poll()
    assert [query["since"][11:13] + query["until"][11:13] for _, query in api.asked] == ["0005", "0510", "1012"]
    through = [page.cursor["listings"][""]["through"] for page in pages]
    assert through == ["2026-03-10T05:00:00+00:00", "2026-03-10T10:00:00+00:00", NOW.isoformat()]
    api.poll(pages[0].cursor)
    assert api.asked[0][1]["since"] == "2026-03-10T03:00:00Z"


def test_a_poll_that_dies_in_a_window_reads_it_again_and_publishes_the_rest() -> None:
    rows = [row(number) for number in range(6)]
    paging = {"strategy": "offset", "limit": 2}

    def answer(query: Mapping[str, str]) -> Any:
        start = int(query["offset"])
        return {"rows": rows[start : start + 2]}

    api = Api(answer, **BY_TIME | {"paging": paging})
    pages = api.poll()
    # One row goes away before the second process begins, so that every later one is at another offset.
    del rows[0]
    again = api.poll(pages[1].cursor)
    assert published(pages[:2]) + published(again) == [(f"A:E{number}", 0) for number in range(6)]
    assert api.asked[0][1]["offset"] == "0"


def test_behind_the_providers_cursor_a_poll_goes_on_where_the_last_one_ended() -> None:
    rows = [row(number) for number in range(5)]

    def answer(query: Mapping[str, str]) -> Any:
        start = int(query.get("after", 0))
        return {"rows": rows[start : start + 2], "next": str(min(start + 2, len(rows)))}

    api = Api(answer, **BY_CURSOR)
    pages = api.poll()
    assert published(pages) == [(f"A:E{number}", 0) for number in range(5)]
    rows += [row(5), row(3, text="corrected")]
    second = api.poll(pages[-1].cursor, NOW + HOUR)
    assert [query["after"] for _, query in api.asked] == ["5", "7"]
    assert published(second) == [("A:E5", 0), ("A:E3", 1)]
    # A process that died behind the first page goes on behind it.
    assert published(api.poll(pages[0].cursor)) == [*[(f"A:E{number}", 0) for number in range(2, 6)], ("A:E3", 1)]


def test_accounts_are_listings_of_their_own() -> None:
    rules = {name: rule for name, rule in BASE["fields"].items() if name != "account"}
    watermark = {"field": "complete"}
    api = Api(
        lambda query: {
            "rows": [row(1)],
            "complete": "2026-03-09T00:00:00Z" if query["path"] == "/of/A" else "2026-03-08T00:00:00Z",
        },
        request={"path": "/of/{account}"},
        accounts=["A", "B"],
        fields=rules,
        watermark=watermark,
    )
    pages = api.poll()
    assert published(pages) == [("A:E1", 0), ("B:E1", 0)]
    assert [len(page.statements) for page in pages] == [0, 1]
    [mark] = pages[1].statements
    assert mark.complete_through == dt.datetime(2026, 3, 8, tzinfo=dt.UTC), "the source is as complete as its slowest account"
    again = api.poll(pages[-1].cursor)
    assert published(again) == []
    assert not any(page.statements for page in again)
    # The first account's page alone: the second account is still to be read.
    assert published(api.poll(pages[0].cursor)) == [("B:E1", 0)]


def test_a_watermark_stays_behind_now_and_never_moves_back() -> None:
    api = Api(lambda _: {"rows": []}, watermark={"lag": "2d"})
    pages = api.poll()
    assert [mark.complete_through for mark in pages[0].statements] == [NOW - dt.timedelta(days=2)]
    assert not any(page.statements for page in api.poll(pages[0].cursor, NOW - HOUR))


def test_a_watermark_comes_only_when_everything_before_it_was_read() -> None:
    by_time = BY_TIME["incremental"] | {"window": "5h"}
    api = Api(lambda _: {"rows": []}, **BY_TIME | {"incremental": by_time}, watermark={"lag": "1h"})
    assert [len(page.statements) for page in api.poll()] == [0, 0, 1]


@pytest.mark.parametrize("value", [None, "soon", "2026-03-08T00:00:00", 7])
def test_a_watermark_in_another_shape_is_a_contract_change(value: Any) -> None:
    with pytest.raises(ContractChangeError, match="source acme: watermark: complete"):
        Api(lambda _: {"rows": [], "complete": value}, watermark={"field": "complete"}).poll()


def test_an_id_with_two_contents_on_a_page_is_quarantined_once() -> None:
    api = Api(lambda _: {"rows": [row(1), row(1), row(1, text="other leg"), row(2)]})
    pages = api.poll()
    assert published(pages) == [("A:E1", 0), ("A:E2", 0)]
    [bad] = pages[0].bad
    assert (bad.reason, json.loads(bad.raw)["text"]) == ("repeated_id", "other leg")
    assert "join what tells them apart" in bad.detail
    again = api.poll(pages[0].cursor)
    assert (published(again), again[0].bad) == ([], [])


def test_a_bad_record_is_kept_with_its_bytes_and_the_rest_goes_on() -> None:
    broken = row(3, amount="12.345")
    api = Api(lambda _: {"rows": [row(1), broken, "text", row(2)]})
    [page] = api.poll()
    assert published([page]) == [("A:E1", 0), ("A:E2", 0)]
    assert [bad.reason for bad in page.bad] == ["amount", "malformed_record"]
    assert [json.loads(bad.raw) for bad in page.bad] == [broken, "text"]
    assert page.bad[0].position.startswith("/rows#E3:")
    assert page.bad[1].position.startswith("/rows#no-id:")
    assert page.fetched == 4
    # Once it is corrected, it is a record like any other.
    api.answer = lambda _: {"rows": [row(3)]}
    assert published(api.poll(page.cursor)) == [("A:E3", 0)]


@pytest.mark.parametrize("body", [{}, {"rows": None}, {"rows": {}}, {"rows": "x"}, [], 7, None])
def test_an_answer_without_the_list_is_a_contract_change_and_no_empty_page(body: Any) -> None:
    with pytest.raises(ContractChangeError, match=r"source acme: /rows: rows is .*, a list of records is due"):
        Api(lambda _: body).poll()


def test_a_listing_that_shrinks_while_it_is_read_is_read_again_and_loses_nothing() -> None:
    rows = [row(number) for number in range(6)]

    def answer(query: Mapping[str, str]) -> Any:
        start = int(query["offset"])
        given = {"rows": rows[start : start + 2], "total": len(rows)}
        if len(rows) == 6 and start == 2:
            del rows[0]  # so that row 4 moves into the page that was just read
        return given

    api = Api(answer, paging={"strategy": "offset", "limit": 2, "total": "total"})
    assert sorted(published(api.poll())) == [(f"A:E{number}", 0) for number in range(6)]
    assert [query["offset"] for _, query in api.asked] == ["0", "2", "4", "0", "2", "4"]


def test_a_listing_that_shrinks_each_time_fails_in_a_way_that_passes() -> None:
    totals = iter([9, 8] * 3)
    paging = {"strategy": "offset", "limit": 1, "total": "total"}
    api = Api(lambda query: {"rows": [row(int(query["offset"]))], "total": next(totals)}, paging=paging)
    with pytest.raises(ProducerError, match="shrank from 9 to 8") as raised:
        api.poll()
    assert raised.value.retryable
    assert len(api.asked) == 6


def test_a_next_page_on_another_host_is_not_asked_for() -> None:
    api = Api(lambda _: {"rows": [row(1)], "next": "https://evil.example/"}, paging={"strategy": "next_url", "url": "next"})
    with pytest.raises(ContractChangeError, match=r"evil\.example"):
        api.poll()


def test_more_than_can_be_remembered_is_told() -> None:
    with pytest.raises(ConfigurationError, match="more than 3 records"):
        Api(lambda _: {"rows": [row(number) for number in range(4)]}, remember=3).poll()
