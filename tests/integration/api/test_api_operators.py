"""Deciding through the API: what is recorded, what is refused, and what a repeated request does."""

import secrets
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from api.app import create_app
from consumers.closing import ClosePass
from tests.fixtures.app_server import serving_app
from tests.fixtures.scene import MONDAY, Scene, query, store
from tests.integration.api.conftest import TOKEN, settings_for

_KINDS = ("core", "gateway", "mobile")


@pytest.fixture
def scene(tmp_path: Path, database_url: str) -> Scene:
    """Two payments of three systems, the second with a wrong reference on one; and a bank that is on no side of them."""
    found = Scene(tmp_path, secrets.token_hex(4))
    found.write((*_KINDS, "bank"), ("three-way", "books"))
    service = found.service()
    with psycopg.connect(database_url) as connection:
        service.start(connection)
        keys = {"core": "R2", "gateway": "R2", "mobile": "R9"}
        records = [
            *(found.record(kind, f"{kind}1", reference_number="R1") for kind in _KINDS),
            *(found.record(kind, f"{kind}2", reference_number=key) for kind, key in keys.items()),
            *(found.record(kind, f"{kind}3", account_id=account) for kind, account in (("bank", "a"), ("core", "b"))),
        ]
        store(connection, service, found, *records)
        ClosePass(connection, found.sources, found.reconciliations).run()
    return found


@pytest.fixture
def operator(scene: Scene, database_url: str) -> Iterator[httpx.Client]:
    with (
        serving_app(create_app(settings_for(database_url), now=lambda: MONDAY)) as url,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client,
    ):
        yield client


def body(scene: Scene, kind: str, *members: tuple[str, str], **fields: Any) -> dict[str, Any]:
    named = [{"source": scene.name(source), "txn_id": txn_id} for source, txn_id in members]
    return {"kind": kind, "reconciliation": "three-way", "members": named, **fields}


def second(scene: Scene, kind: str = "confirm", **fields: Any) -> dict[str, Any]:
    return body(scene, kind, *((one, f"{one}2") for one in _KINDS), **fields)


def test_a_decision_is_recorded_listed_and_applied(operator: httpx.Client, scene: Scene, database_url: str) -> None:
    answer = operator.post("/v1/decisions", json=second(scene, note="typing error"))
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["actor"], made["note"], made["standing"], made["applied_at"]) == ("api token", "typing error", True, None)
    assert operator.get(answer.headers["location"]).json() == made
    with psycopg.connect(database_url) as connection:
        ClosePass(connection, scene.sources, scene.reconciliations).run()
    (match,) = operator.get("/v1/matches", params={"stage": "manual"}).json()["items"]
    assert match["reasons"][0]["text"] == "confirmed by api token: typing error"
    assert operator.get(f"/v1/matches/{match['id']}").status_code == 200
    taken_back = operator.post("/v1/decisions", json={"kind": "revoke", "revokes": made["id"]})
    assert taken_back.status_code == 201
    listed = operator.get("/v1/decisions").json()["items"]
    assert [(one["kind"], one["standing"], one["applied_at"] is None) for one in listed] == [
        ("revoke", False, True),
        ("confirm", False, False),
    ]
    assert operator.get("/v1/decisions", params={"standing": "true"}).json()["items"] == []


@pytest.mark.parametrize(
    ("status", "problem", "change"),
    [
        (404, "not-found", {"members": [("core", "core2"), ("gateway", "none")]}),
        (404, "not-found", {"reconciliation": "none"}),
        (404, "not-found", {"revokes": 99, "kind": "revoke", "members": None, "reconciliation": None}),
        (422, "bad-members", {"members": [("core", "core2"), ("bank", "bank3")]}),
        (422, "bad-members", {"reconciliation": "books", "members": [("core", "core3"), ("bank", "bank3")]}),
        (409, "conflict", {"members": [("core", "core1"), ("mobile", "mobile2")]}),
        (422, "invalid-parameters", {"members": [("core", "core2")]}),
        (422, "invalid-parameters", {"members": [("core", "core2"), ("core", "core2")]}),
        (422, "invalid-parameters", {"note": "x" * 1001}),
        (422, "invalid-parameters", {"actor": "somebody else"}),
    ],
)
def test_what_cannot_be_decided_is_refused(
    operator: httpx.Client, scene: Scene, status: int, problem: str, change: dict[str, Any]
) -> None:
    wanted = second(scene) | change
    if change.get("members"):
        wanted["members"] = [{"source": scene.name(kind), "txn_id": txn_id} for kind, txn_id in change["members"]]
    answer = operator.post("/v1/decisions", json={name: value for name, value in wanted.items() if value is not None})
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{problem}"), answer.text
    assert operator.get("/v1/decisions").json()["items"] == []


def test_contradictions_are_refused(operator: httpx.Client, scene: Scene) -> None:
    number = operator.post("/v1/decisions", json=second(scene)).json()["id"]
    for request in (second(scene), second(scene, "unmatch"), body(scene, "confirm", ("core", "core2"), ("core", "core3"))):
        assert operator.post("/v1/decisions", json=request).status_code == 409
    revocation = {"kind": "revoke", "revokes": number}
    assert [operator.post("/v1/decisions", json=revocation).status_code for _ in range(2)] == [201, 409]


def test_a_repeated_request_is_recorded_once(operator: httpx.Client, scene: Scene, database_url: str) -> None:
    answers: list[httpx.Response] = []

    def ask() -> None:
        answers.append(operator.post("/v1/decisions", json=second(scene), headers={"Idempotency-Key": "k1"}))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 4
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert query(database_url, "SELECT count(*) FROM operator_decision") == [(1,)]
    other = operator.post("/v1/decisions", json=second(scene, note="another"), headers={"Idempotency-Key": "k1"})
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")


def test_another_site_cannot_decide(operator: httpx.Client, scene: Scene) -> None:
    answer = operator.post("/v1/decisions", json=second(scene), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_seals_and_profiles_are_listed(operator: httpx.Client, scene: Scene, database_url: str) -> None:
    service = scene.service()
    with psycopg.connect(database_url) as connection:
        service.start(connection)
        later = MONDAY.replace(day=20)
        store(connection, service, scene, *(scene.watermark(kind, later) for kind in ("core", "gateway", "mobile", "bank")))
        ClosePass(connection, scene.sources, scene.reconciliations).run()
    seals = operator.get("/v1/seals", params={"reconciliation": "books", "limit": 1})
    assert "next" in seals.links
    (seal,) = seals.json()["items"]
    assert (seal["cause"], seal["current"], seal["proof"]["holds"]) == ("first", True, True)
    (of_day,) = operator.get("/v1/seals", params={"reconciliation": "three-way", "current": True}).json()["items"]
    assert (of_day["account_id"], of_day["since"], of_day["through"]) == ("", MONDAY.date().isoformat(), MONDAY.date().isoformat())
    assert (of_day["proof"]["holds"], seal["since"]) == (True, None)
    assert "the day 2026-03-02" in operator.get("/", headers={"Accept": "text/html"}).text
    assert operator.get("/v1/profiles").json() == {"items": [], "next": None}


def test_the_page_confirms_a_suggestion_and_takes_it_back(operator: httpx.Client, scene: Scene) -> None:
    (found,) = operator.get("/v1/breaks", params={"key": "R2", "reconciliation": "three-way"}).json()["items"]
    page = operator.get(f"/breaks/{found['id']}", headers={"Accept": "text/html"})
    assert "Confirm as one match" in page.text
    members = [f"{scene.name(kind)}/{kind}2" for kind in _KINDS]
    assert members[0] in page.text
    form = {"kind": "confirm", "reconciliation": "three-way", "member": members, "note": "by hand"}
    refused = operator.post("/decide", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403
    answer = operator.post("/decide", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 303
    shown = operator.get(answer.headers["location"]).text
    assert "Take back" in shown and "by hand" in shown
    number = int(answer.headers["location"].rpartition("/")[2])
    assert operator.post("/decide", data={"kind": "revoke", "revokes": str(number)}).status_code == 303
    assert "Taken back" in operator.get(f"/decided/{number}").text
    assert operator.post("/decide", data={"kind": "confirm"}).status_code == 422
