"""Recorded exchanges: no secret in them, whatever encoding carries it; bounded; never in the way."""

import base64
import datetime as dt
import gzip
import json
import os
import stat
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from producers.errors import ConfigurationError, TransientError
from producers.kit.auth.oauth import ClientCredentials
from producers.kit.fake_provider import FakeProvider, FakeRequest, FakeResponse
from producers.kit.http.masking import Masker
from producers.kit.http.recording import RecordingTransport
from producers.kit.http.recording_switch import record_until
from producers.kit.http.recordings import Recordings
from producers.kit.http.retry import RetryPolicy
from producers.kit.http.secret_forms import SHORTEST
from producers.kit.http.transport import Transport
from reconduit.cli import app
from reconduit.sources import SecretRef

SECRET = "s3cr3t/Value+1"
PACKED = gzip.compress(b" " * 50_000)
NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)


def base64_of(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda text: text,
    "json": lambda text: json.dumps(text)[1:-1],
    "json, slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "json, all escaped": lambda text: "".join(f"\\u{unit:04x}" for unit in array("H", text.encode("utf-16-le"))),
    "url": lambda text: quote(text, safe=""),
    "url, small": lambda text: quote(text, safe="").replace("%2B", "%2b").replace("%2F", "%2f"),
    "url, all escaped": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "form": quote_plus,
    "base64": base64_of,
    "base64 with a user": lambda text: base64_of(f"me:{text}"),
    "base64 in the middle": lambda text: base64_of(f"a{text}b"),
    "base64, for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
}
secrets_of_any_kind = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=SHORTEST, max_size=24).filter(
    lambda text: text.strip() == text and not set(text) <= set('*"[]{}: 0123456789')
)
encodings = st.sampled_from(sorted(ENCODINGS))


def strings_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for part in value.values() for text in strings_in(part)]  # the keys are words of ours
    if isinstance(value, list):
        return [text for part in value for text in strings_in(part)]
    return [value] if isinstance(value, str) else []


class Chunks(httpx.SyncByteStream):
    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks

    def __iter__(self) -> Any:
        yield from self.chunks


@settings(max_examples=80, deadline=None)
@given(secret=secrets_of_any_kind, first=encodings, second=encodings)
@example(secret=SECRET, first="json", second="base64 in the middle")
@example(secret="C:\\new", first="json", second="base64")
def test_no_secret_is_in_a_recording_in_any_encoding(
    tmp_path_factory: pytest.TempPathFactory, secret: str, first: str, second: str
) -> None:
    hidden = ENCODINGS[second](ENCODINGS[first](secret))
    in_headers = hidden.encode().decode("latin-1").replace("\x85", "").strip()

    def answer(request: httpx.Request) -> httpx.Response:
        body = json.dumps({"status": 7, "echo": hidden, "note": f"<{hidden}>"})
        headers = {"X-Any": quote(hidden), "Location": f"/next?q={quote(hidden)}"}
        return httpx.Response(200, headers=headers, stream=Chunks(body.encode()))

    recordings = Recordings(tmp_path_factory.mktemp("objects"), "acme")
    transport = RecordingTransport(httpx.MockTransport(answer), recordings, Masker(lambda: [secret]))
    with httpx.Client(transport=transport, base_url="http://127.0.0.1") as client:
        client.post(
            f"/rows/{quote(hidden, safe='')}",
            params={"q": hidden},
            headers=[(b"X-Other", in_headers.encode("latin-1")), (b"User-Agent", in_headers.encode("latin-1"))],
            content=f"a={quote(hidden)}&b={hidden}".encode(),
        )
    (exchange,) = recordings.read()
    text = "\n".join(strings_in(exchange))
    undone = [secret, hidden, quote(hidden), quote(hidden, safe=""), quote_plus(hidden), json.dumps(hidden)[1:-1]]
    assert [form for form in undone if form in text] == []
    assert (exchange["method"], exchange["response"]["status"]) == ("POST", 200)


@pytest.fixture
def recorded_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recordings:
    monkeypatch.setenv("RECONDUIT_RECORD_HTTP", "other, acme")
    monkeypatch.setenv("RECONDUIT_OBJECTS", str(tmp_path))
    monkeypatch.setenv("ACME_SECRET", SECRET)
    return Recordings(tmp_path, "acme")


def test_a_source_is_recorded_with_its_token_requests_and_without_its_secrets(recorded_source: Recordings) -> None:
    secret = SecretRef(env="ACME_SECRET").resolve()

    def handler(request: FakeRequest) -> FakeResponse:
        if request.path == "/token":
            return FakeResponse(body=b'{"access_token": "AT-0123456789abcdef", "expires_in": 300, "token_type": "bearer"}')
        body = {"rows": [{"account": "50200012345678", "iban": "DE89370400440532013000", "amount": 12.50, "code": "E7"}]}
        said = request.headers.get("authorization", "")
        return FakeResponse(
            body=json.dumps(body | {"debug": said, "note": SECRET}).encode(), headers={"Set-Cookie": "sid=abcdefgh"}
        )

    with FakeProvider(handler) as provider:
        auth = ClientCredentials(f"{provider.base_url}/token", "me", secret)
        transport = Transport(provider.base_url, auth=auth, metrics_source="acme", headers={"apikey": "key-of-acme"})
        value = transport.json("GET", "/rows", params={"account": "50200012345678", "sig": "0a1b2c"})
        transport.close()
    assert value["note"] == SECRET, "what the connector gets is untouched"
    token, rows = recorded_source.read()
    assert token["response"]["status"] == rows["response"]["status"] == 200
    text = json.dumps([token, rows])
    for hidden in (
        SECRET,
        quote_plus(SECRET),
        base64_of(f"me:{quote_plus(SECRET)}"),
        "AT-0123456789abcdef",
        "key-of-acme",
        "0a1b2c",
        "abcdefgh",
    ):
        assert hidden not in text
    for hidden in ("50200012345678", "DE89370400440532013000"):
        assert hidden not in text
        assert f"****{hidden[-4:]}" in rows["response"]["body"]
    assert '"amount": 12.5, "code": "E7"' in rows["response"]["body"], "what support needs is there"
    assert '"token_type": "bearer"' in token["response"]["body"]
    assert ["set-cookie", "***"] in rows["response"]["headers"]
    assert ["content-length", "***"] not in rows["response"]["headers"]
    assert rows["url"].endswith("/rows?account=****5678&sig=***")


def test_nothing_is_recorded_unless_it_is_switched_on(recorded_source: Recordings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONDUIT_RECORD_HTTP", "other")
    with FakeProvider(lambda _: FakeResponse(body=b"[]")) as provider:
        for name in ("acme", ""):
            transport = Transport(provider.base_url, metrics_source=name)
            transport.json("GET", "/rows")
            transport.close()
    assert recorded_source.read() == []


def test_an_integration_is_recorded_until_its_time_is_over(recorded_source: Recordings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONDUIT_RECORD_HTTP", "other")
    now = dt.datetime.now(dt.UTC)
    with FakeProvider(lambda _: FakeResponse(body=b"[]")) as provider:
        for until, kept in ((now - dt.timedelta(hours=1), 0), (now + dt.timedelta(hours=1), 1), (None, 1)):
            record_until("acme", until)
            transport = Transport(provider.base_url, metrics_source="acme")
            transport.json("GET", "/rows")
            transport.close()
            assert len(recorded_source.read()) == kept


def test_a_recording_ends_in_the_middle_of_a_connection(tmp_path: Path) -> None:
    recordings, wall = Recordings(tmp_path, "acme"), [NOW]
    inner = httpx.MockTransport(lambda _: httpx.Response(200, stream=Chunks(b"[]")))
    until = NOW + dt.timedelta(hours=1)
    transport = RecordingTransport(inner, recordings, Masker(list), until=until, now=lambda: wall[0])
    with httpx.Client(transport=transport, base_url="http://127.0.0.1") as client:
        for moment in (NOW, until - dt.timedelta(seconds=1), until, until + dt.timedelta(days=1)):
            wall[0] = moment
            assert client.get("/rows").content == b"[]"
    assert len(recordings.read()) == 2


def test_a_failed_exchange_is_recorded_and_a_full_disk_stops_nothing(recorded_source: Recordings, tmp_path: Path) -> None:
    transport = Transport("http://127.0.0.1:1", metrics_source="acme", retry=RetryPolicy(attempts=1))
    with pytest.raises(TransientError):
        transport.json("GET", "/rows")
    transport.close()
    (exchange,) = recorded_source.read()
    assert exchange["error"].startswith("ConnectError")
    recorded_source.clear()
    (tmp_path / "recordings" / "acme").write_text("no folder")
    with FakeProvider(lambda _: FakeResponse(body=b"[]")) as provider:
        transport = Transport(provider.base_url, metrics_source="acme")
        assert transport.json("GET", "/rows") == []
        transport.close()


def exchange_with(answer: httpx.Response, tmp_path: Path) -> dict[str, Any]:
    recordings = Recordings(tmp_path, "acme")
    transport = RecordingTransport(httpx.MockTransport(lambda _: answer), recordings, Masker(lambda: [SECRET]))
    with httpx.Client(transport=transport, base_url="http://127.0.0.1") as client:
        client.get("/rows")
    (exchange,) = recordings.read()
    return exchange


def test_a_long_body_is_cut_and_no_piece_of_a_secret_stays_at_the_cut(tmp_path: Path) -> None:
    limit = 32 * 1024
    for inside in range(1, len(SECRET)):
        folder = tmp_path / str(inside)
        body = b" " * (limit - inside) + SECRET.encode() + b" " * 1000
        said = exchange_with(httpx.Response(200, stream=Chunks(body)), folder)["response"]["body"]
        assert said.endswith(f"[cut: {len(body)} bytes in all]")
        assert said.partition("[cut")[0].strip() == ""


@pytest.mark.parametrize(
    ("headers", "content", "says"),
    [
        ({"Content-Encoding": "gzip"}, gzip.compress(b'{"a": "' + SECRET.encode() + b'"}'), '{"a": "***"}'),
        ({"Content-Encoding": "gzip"}, PACKED, f"[cut: {len(PACKED)} bytes in all]"),
        ({"Content-Encoding": "br"}, b"\x0b\x02\x80" + SECRET.encode(), "[17 bytes, packed as br]"),
        ({}, b"\xff\xfe" + SECRET.encode(), "[16 bytes that are no text]"),
        ({}, base64_of(base64_of(base64_of(SECRET))).encode(), None),
    ],
    ids=["gzip", "gzip, long", "brotli", "bytes", "base64 of base64 of base64"],
)
def test_bodies_of_all_kinds(tmp_path: Path, headers: dict[str, str], content: bytes, says: str | None) -> None:
    recordings = Recordings(tmp_path, "acme")
    answer = httpx.Response(200, headers=headers, stream=Chunks(content))
    transport = RecordingTransport(httpx.MockTransport(lambda _: answer), recordings, Masker(lambda: [SECRET]))
    with httpx.Client(transport=transport, base_url="http://127.0.0.1") as client, client.stream("GET", "/rows") as response:
        for _ in response.iter_raw():
            pass
    said = recordings.read()[0]["response"]["body"]
    assert SECRET not in said
    assert says is None or said.strip() == says


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from('"\\{}[]:,=&?<> tokensecretAZ019%u+/-_'), max_size=300))
def test_masking_takes_any_text_and_masks_what_it_masked_no_further(text: str) -> None:
    masker = Masker(lambda: [SECRET])
    once = masker.text(text)
    assert Masker(lambda: [SECRET]).text(once) == once or "left out" in once


def test_hostile_text_takes_no_time() -> None:
    masker = Masker(lambda: [SECRET])
    for piece in ("token", '"token', "<token ", "&token=", '"token":"\\', "AB12 ", "%25", "\\u0041", "QUJD"):
        assert SECRET not in masker.text(piece * (32 * 1024 // len(piece)) + SECRET)


def test_the_ring_is_bounded_in_number_bytes_and_age_and_private(tmp_path: Path) -> None:
    wall = [NOW]

    def ring(**limits: Any) -> Recordings:
        return Recordings(tmp_path, "acme", now=lambda: wall[0], **limits)

    for number in range(5):
        wall[0] += dt.timedelta(seconds=1)
        ring(most=3).add({"number": number})
    assert [exchange["number"] for exchange in ring().read()] == [2, 3, 4]
    wall[0] += dt.timedelta(seconds=1)
    ring(most_bytes=3 * len('{"number": 0}') - 1).add({"number": 5})
    assert [exchange["number"] for exchange in ring().read()] == [4, 5]
    (first, second) = sorted((tmp_path / "recordings" / "acme").iterdir())
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.parent.stat().st_mode) == 0o700
    os.utime(first, times=(NOW.timestamp() - 8 * 86_400,) * 2)
    os.utime(second, times=(NOW.timestamp() - 6 * 86_400,) * 2)
    wall[0] = NOW
    ring().prune()
    assert [exchange["number"] for exchange in ring().read()] == [5]
    ring().clear()
    assert ring().read() == []


def test_a_source_cannot_name_a_folder_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="folder"):
        Recordings(tmp_path, "../../etc")


def test_tokens_stay_hidden_where_they_come_again(tmp_path: Path) -> None:
    masker = Masker(list)
    assert "eyJhbGciOi" not in masker.text('{"id_token": "eyJhbGciOi.x.y", "n": 1}')
    assert masker.text("debug eyJhbGciOi.x.y!") == "debug ***!"
    assert masker.headers([("X-Api-Key", "k-12345678"), ("X-Else", "whatever"), ("Date", "k-12345678")]) == [
        ["X-Api-Key", "***"],
        ["X-Else", "***"],
        ["Date", "***"],
    ]


def test_the_command_lists_shows_and_clears(recorded_source: Recordings) -> None:
    command = ["sources", "recording", "acme"]
    with FakeProvider(lambda _: FakeResponse(body=b"[]")) as provider:
        transport = Transport(provider.base_url, metrics_source="acme")
        transport.json("GET", "/rows")
        transport.close()
    listed = CliRunner().invoke(app, command)
    assert listed.stdout.split()[0] == "1"
    assert listed.stdout.rstrip().endswith(f"GET {provider.base_url}/rows  200")
    assert json.loads(CliRunner().invoke(app, [*command, "--show", "1"]).stdout) == recorded_source.read()[0]
    assert CliRunner().invoke(app, [*command, "--show", "2"]).exit_code == 2
    assert CliRunner().invoke(app, [*command, "--clear"]).exit_code == 0
    nothing = CliRunner().invoke(app, command)
    assert nothing.exit_code == 1
    assert "reconduit sources record acme" in nothing.output
    assert "RECONDUIT_RECORD_HTTP=acme" in nothing.output
