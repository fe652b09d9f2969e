"""The feed connector keeps the contract of a connector, in front of the sandbox's own feed and of feeds that break their word."""

import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest
import uvicorn
from fastapi import FastAPI

from producers.errors import ConfigurationError, ContractChangeError
from producers.kit.contract import Connector, Page
from producers.kit.testing import ConnectorContract, FakeProvider, FakeRequest, FakeResponse, forward_to, without_waiting
from producers.providers.feed.connector import build
from producers.sandbox.feeds import feed_routes
from producers.sandbox.server import listen
from producers.sandbox.world import SeededWorld
from reconduit.sources import SourceConfig

TOKEN = "feed-token-for-tests"
NOW = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
WORLD = SeededWorld(3, NOW.date(), 200)


def config(base_url: str, token_file: Path, **options: Any) -> SourceConfig:
    secrets = {"token": {"file": str(token_file)}}
    return SourceConfig(name="gateway", connector="gateway", base_url=base_url, options=options, secrets=secrets)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(TOKEN, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def feed() -> Iterator[Callable[[FakeRequest], FakeResponse]]:
    app = FastAPI()
    app.include_router(feed_routes("gateway", WORLD, lambda: NOW, {"token": TOKEN}))
    listener = listen()
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield forward_to(f"http://127.0.0.1:{listener.getsockname()[1]}")
    server.should_exit = True
    thread.join(timeout=10)
    listener.close()


class TestFeedKeepsTheContract(ConnectorContract):
    now = NOW
    secrets: ClassVar[tuple[str, ...]] = (TOKEN,)

    @pytest.fixture(autouse=True)
    def _given(self, feed: Callable[[FakeRequest], FakeResponse], token_file: Path) -> None:
        self._feed = feed
        self._token_file = token_file

    def handler(self, request: FakeRequest) -> FakeResponse:
        return self._feed(request)

    def build(self, base_url: str) -> Connector:
        return build(config(base_url, self._token_file, page_size=60))


def poll(provider: FakeProvider, token_file: Path, cursor: dict[str, Any] | None = None, now: dt.datetime = NOW) -> list[Page]:
    with closing(build(config(provider.base_url, token_file, page_size=60))) as connector, without_waiting():
        return list(connector.poll(cursor or {}, now))


def test_nothing_new_is_no_page(feed, token_file: Path) -> None:
    with FakeProvider(feed) as provider:
        last = poll(provider, token_file)[-1]
        assert last.statements
        assert poll(provider, token_file, dict(last.cursor)) == []


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"records": {}, "next": "", "has_more": False},
        {"records": [], "has_more": False},
        {"records": [], "next": "", "has_more": "no"},
        {"records": [], "next": "", "has_more": False, "complete_through": "2026-03-04"},
        {"records": [], "next": "", "has_more": False, "complete_through": 5},
    ],
    ids=str,
)
def test_another_shape_is_a_contract_change(body: Any, token_file: Path) -> None:
    with FakeProvider(lambda _: FakeResponse(200, json.dumps(body).encode())) as provider, pytest.raises(ContractChangeError):
        poll(provider, token_file)


def test_a_feed_that_runs_in_circles_is_stopped(token_file: Path) -> None:
    body = json.dumps({"records": [], "next": "same", "has_more": True}).encode()
    with FakeProvider(lambda _: FakeResponse(200, body)) as provider, pytest.raises(ContractChangeError, match="same"):
        poll(provider, token_file)


def test_a_bad_record_is_quarantined_at_a_place_that_stays(token_file: Path) -> None:
    body = {"records": [{"id": "X", "revision": 0, "amount": "12.3.4"}, "nonsense"], "next": "n", "has_more": False}
    with FakeProvider(lambda _: FakeResponse(200, json.dumps(body).encode())) as provider:
        (page,) = poll(provider, token_file)
        (again,) = poll(provider, token_file)
    assert page.fetched == 2
    assert not page.transactions
    assert [bad.position for bad in page.bad] == ["/records#X@0", "/records?after=#1"]
    assert [bad.raw for bad in page.bad] == [json.dumps(record).encode() for record in body["records"]]
    assert page.bad == again.bad


@pytest.mark.parametrize("after", ["%%%", "bm9uc2Vuc2U=", "x"])
def test_a_cursor_that_the_feed_did_not_make_is_refused(feed, token_file: Path, after: str) -> None:
    with FakeProvider(feed) as provider, pytest.raises(ContractChangeError, match="400"):
        poll(provider, token_file, {"after": after})


@pytest.mark.parametrize(
    ("changes", "names"),
    [({"options": {"page_size": 0}}, "page_size"), ({"secrets": {}}, "token"), ({"base_url": ""}, "base_url")],
)
def test_a_wrong_source_is_named(changes: dict[str, Any], names: str, token_file: Path) -> None:
    whole = config("http://127.0.0.1:1", token_file).model_dump() | changes
    with pytest.raises(ConfigurationError, match=names):
        build(SourceConfig.model_validate(whole))
