"""Paging: complete, without doubles, and only with cursors of our own for the same query."""

import base64
from typing import Any

import httpx
import pytest


def walk(client: httpx.Client, path: str, **query: Any) -> list[Any]:
    """Every item, following the Link header."""
    items: list[Any] = []
    answer = client.get(path, params=query)
    while True:
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        following = answer.links.get("next")
        assert (following is None) == (answer.json()["next"] is None)
        if following is None:
            return items
        answer = client.get(following["url"])


@pytest.mark.parametrize("limit", [1, 7, 500])
@pytest.mark.parametrize(
    ("path", "query", "count"),
    [
        ("/v1/transactions", {}, 130),
        ("/v1/transactions", {"revisions": "all", "currency": "INR"}, 130),
        ("/v1/matches", {}, 41),
        ("/v1/matches", {"reconciliation": "payments-three-way", "final": "true"}, 32),
        ("/v1/breaks", {}, 7),
        ("/v1/breaks", {"sort": "oldest"}, 7),
        ("/v1/breaks", {"sort": "largest", "currency": "INR"}, 5),
        ("/v1/quarantine", {}, 1),
    ],
)
def test_pages_are_complete_and_disjoint(client: httpx.Client, path: str, query: dict[str, Any], count: int, limit: int) -> None:
    if limit == 1 and count > 50:
        limit = 3
    items = walk(client, path, limit=limit, **query)
    identities = {str(item.get("id") or (item["source"], item["txn_id"], item["revision"])) for item in items}
    assert len(items) == len(identities) == count
    assert [str(item) for item in items] == [str(item) for item in walk(client, path, limit=500, **query)]


def first_cursor(client: httpx.Client, **query: Any) -> str:
    cursor = client.get("/v1/breaks", params={"limit": 2, **query}).json()["next"]
    assert isinstance(cursor, str)
    return cursor


def test_a_changed_cursor_is_refused_wherever_it_is_changed(client: httpx.Client) -> None:
    cursor = first_cursor(client)
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for position in range(len(raw)):
        forged = bytearray(raw)
        forged[position] ^= 1
        text = base64.urlsafe_b64encode(bytes(forged)).decode().rstrip("=")
        answer = client.get("/v1/breaks", params={"limit": 2, "cursor": text})
        assert answer.status_code == 400, position
        assert answer.json()["type"] == "/problems/bad-cursor"


@pytest.mark.parametrize("cursor", ["x", "%%%", "é", "A" * 500, "W10", "'; DROP TABLE break; --"])
def test_nonsense_is_refused(client: httpx.Client, cursor: str) -> None:
    answer = client.get("/v1/breaks", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-cursor")


@pytest.mark.parametrize("other", [{"type": "AMOUNT"}, {"sort": "oldest"}, {"reconciliation": "ledger-bank"}])
def test_a_cursor_belongs_to_its_filters(client: httpx.Client, other: dict[str, str]) -> None:
    answer = client.get("/v1/breaks", params={"cursor": first_cursor(client), **other})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-cursor")


def test_a_cursor_belongs_to_its_listing(client: httpx.Client) -> None:
    assert client.get("/v1/matches", params={"cursor": first_cursor(client)}).status_code == 400


def test_the_page_size_may_change_on_the_way(client: httpx.Client) -> None:
    answer = client.get("/v1/breaks", params={"cursor": first_cursor(client), "limit": 500})
    assert len(answer.json()["items"]) == 5
