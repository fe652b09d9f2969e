"""Schema ids from the committed map, and from a registry that speaks the Confluent REST interface over a socket."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from schemas.catalogue import STATEMENT, TRANSACTION, current_schema
from schemas.codec import BatchDecoder
from schemas.confluent_registry import ConfluentRegistry
from schemas.errors import RegistryError, UnknownSchemaError
from schemas.records import CanonicalStatement, StatementKind
from schemas.registry import CommittedIds, open_registry
from schemas.wire import WireEncoder, split_header
from tests.fixtures.wire_records import message_of, plain_transaction


class StubRegistry:
    """The two calls of the REST interface that we use, and the requests that were made."""

    def __init__(self) -> None:
        self.schemas: list[str] = []
        self.subjects: list[str] = []
        self.requests: list[str] = []
        self.status: int | None = None

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        self.requests.append(f"{method} {path}")
        if self.status is not None:
            return self.status, {"error_code": self.status * 100, "message": "as told"}
        parts = path.strip("/").split("/")
        if method == "POST" and parts[0] == "subjects" and parts[2:] == ["versions"]:
            self.subjects.append(parts[1])
            if body["schema"] not in self.schemas:
                self.schemas.append(body["schema"])
            return 200, {"id": 100 + self.schemas.index(body["schema"])}
        index = int(parts[2]) - 100
        if 0 <= index < len(self.schemas):
            return 200, {"schema": self.schemas[index]}
        return 404, {"error_code": 40403, "message": "Schema not found"}


@pytest.fixture
def stub() -> StubRegistry:
    return StubRegistry()


@contextmanager
def serving(answer: Callable[[str, str, bytes], tuple[int, bytes]]) -> Iterator[str]:
    """The address of a server that answers (method, path, body) with (status, body)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            status, data = answer(self.command, self.path, self.rfile.read(length))
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class names it so
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def url(stub: StubRegistry) -> Iterator[str]:
    def answer(method: str, path: str, body: bytes) -> tuple[int, bytes]:
        status, document = stub.answer(method, path, json.loads(body or b"null"))
        return status, json.dumps(document).encode()

    with serving(answer) as address:
        yield address


def test_the_current_schemas_are_registered_once_each(stub: StubRegistry, url: str) -> None:
    registry = ConfluentRegistry(url)
    ids = [registry.id_of(name) for name in (TRANSACTION, STATEMENT, TRANSACTION)]
    assert ids == [100, 101, 100]
    assert stub.subjects == ["io.reconduit.CanonicalTransaction", "io.reconduit.CanonicalStatement"]
    assert [json.loads(text) for text in stub.schemas] == [current_schema(TRANSACTION), current_schema(STATEMENT)]


def test_a_second_process_gets_the_same_ids(stub: StubRegistry, url: str) -> None:
    first, second = ConfluentRegistry(url), ConfluentRegistry(url)
    assert [first.id_of(STATEMENT), first.id_of(TRANSACTION)] == [second.id_of(STATEMENT), second.id_of(TRANSACTION)]
    assert second.schema_of(first.id_of(TRANSACTION)) == current_schema(TRANSACTION)


def test_a_schema_is_asked_for_once(stub: StubRegistry, url: str) -> None:
    registry = ConfluentRegistry(url)
    schema_id = registry.id_of(TRANSACTION)
    for _ in range(3):
        assert registry.schema_of(schema_id) == current_schema(TRANSACTION)
    assert stub.requests.count(f"GET /schemas/ids/{schema_id}") == 1


def test_an_id_that_nobody_wrote_is_the_message_s_fault(url: str) -> None:
    with pytest.raises(UnknownSchemaError, match="/schemas/ids/999") as caught:
        ConfluentRegistry(url).schema_of(999)
    assert not caught.value.retryable


@pytest.mark.parametrize("status", [401, 409, 429, 500, 503])
def test_a_failing_registry_is_not_the_message_s_fault(stub: StubRegistry, url: str, status: int) -> None:
    registry = ConfluentRegistry(url)
    stub.status = status
    with pytest.raises(RegistryError, match=f"HTTP {status}") as caught:
        registry.schema_of(100)
    assert caught.value.retryable
    stub.status = None
    assert registry.schema_of(registry.id_of(TRANSACTION)) == current_schema(TRANSACTION)


def test_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(RegistryError, match="ConnectError") as caught:
        ConfluentRegistry(f"http://127.0.0.1:{port}").schema_of(1)
    assert caught.value.retryable


@pytest.mark.parametrize("page", [b"<html>Please log in</html>", b"", b"[]", b"{}", b'{"schema": ', b"null"])
def test_an_answer_of_something_else_is_not_the_message_s_fault(page: bytes) -> None:
    """What listens there is no registry but a proxy's page, say, or the answer was cut."""
    with serving(lambda _method, _path, _body: (200, page)) as address:
        registry = ConfluentRegistry(address)
        with pytest.raises(RegistryError, match="GET /schemas/ids/1: the answer is no JSON object with 'schema'") as caught:
            registry.schema_of(1)
        assert caught.value.retryable
        with pytest.raises(RegistryError, match="'id'"):
            registry.id_of(TRANSACTION)


def test_a_batch_waits_for_the_registry_but_not_for_an_unknown_id(stub: StubRegistry, url: str) -> None:
    registry = ConfluentRegistry(url)
    good = b"\x00" + registry.id_of(TRANSACTION).to_bytes(4, "big") + message_of(TRANSACTION, plain_transaction())[5:]
    unknown = b"\x00" + (999).to_bytes(4, "big") + good[5:]
    decoder = BatchDecoder(TRANSACTION, registry)
    stub.status = 503
    with pytest.raises(RegistryError):
        decoder.decode([good, unknown])
    stub.status = None
    decoded = decoder.decode([good, unknown])
    assert decoded.frame["message"].to_list() == [0]
    assert [(one.message, one.reason) for one in decoded.bad] == [(1, "schema_id")]


def test_what_is_no_address() -> None:
    with pytest.raises(RegistryError, match="SCHEMA_REGISTRY_URL"):
        open_registry("registry:8081")


def test_without_an_address_the_committed_ids_count() -> None:
    ids = open_registry(None)
    assert isinstance(ids, CommittedIds)
    assert (ids.id_of(TRANSACTION), ids.id_of(STATEMENT)) == (1, 2)
    with pytest.raises(UnknownSchemaError, match=r"schema id 77 .*known: 1, 2.*SCHEMA_REGISTRY_URL"):
        ids.schema_of(77)


def test_the_newest_committed_version_is_written(tmp_path: Path) -> None:
    entries = {"9": {"schema": TRANSACTION, "version": 1}, "3": {"schema": STATEMENT, "version": 1}}
    path = tmp_path / "ids.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    ids = CommittedIds(path)
    assert (ids.id_of(TRANSACTION), ids.schema_of(9)) == (9, current_schema(TRANSACTION))


def test_an_encoder_writes_the_registry_s_id(url: str) -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    record = CanonicalStatement(
        statement_id="w", source="hdfc", kind=StatementKind.WATERMARK, complete_through=now, ingested_at=now
    )
    assert split_header(WireEncoder(url).statement(record))[0] == 100
