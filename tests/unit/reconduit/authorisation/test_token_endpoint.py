"""Requests to a token endpoint: how the client proves who it is, and what every answer means."""

import base64
import datetime as dt
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from pydantic import SecretStr, ValidationError

from producers.kit.fake_provider import FakeProvider, FakeRequest, FakeResponse
from reconduit.authorisation.client import OAuthClient
from reconduit.authorisation.client_assertion import ASSERTION_TYPE, client_assertion
from reconduit.authorisation.errors import (
    AuthorisationError,
    ClientSettingsError,
    GrantRefusedError,
    TokenAnswerError,
    TokenEndpointError,
)
from reconduit.authorisation.token_answer import Answer, read_answer
from reconduit.authorisation.token_endpoint import TokenEndpoint
from reconduit.vault.errors import SecretMissingError

TOKENS = json.dumps(
    {"access_token": "a-canary", "token_type": "bearer", "expires_in": "3600", "refresh_token": "r-canary"}
).encode()


def client(url: str, **settings: Any) -> OAuthClient:
    given = {"grant": "client_credentials", "token_url": f"{url}/token", "client_id": "me&you", "scopes": ("a", "b")}
    return OAuthClient.model_validate(given | settings)


def endpoint(made: OAuthClient, secrets: Mapping[str, str]) -> TokenEndpoint:
    def read(name: str) -> SecretStr:
        if name not in secrets:
            raise SecretMissingError(f"{name} is not stored")
        return SecretStr(secrets[name])

    return TokenEndpoint(made, read, seconds=4, now=lambda: 1_800_000_000.0)


def pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def form_of(request: FakeRequest) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body.decode()).items()}


def test_each_grant_and_each_way_to_authenticate() -> None:
    secrets = {"client_secret": "s3cret/ü", "username": "ops", "password": "pa55"}
    with FakeProvider(lambda _: FakeResponse(body=TOKENS)) as provider:
        endpoint(client(provider.base_url), secrets).obtain()
        endpoint(client(provider.base_url, client_auth="body", grant="password"), secrets).obtain()
        public = client(provider.base_url, client_auth="none", token_parameters={"audience": "x"})
        endpoint(public, {}).refresh(SecretStr("r1"))
        endpoint(public, {}).exchange_code(SecretStr("c1"), SecretStr("v1"), "https://me/cb")
    basic, password, refresh, code = provider.requests
    assert base64.b64decode(basic.headers["authorization"].removeprefix("Basic ")) == b"me%26you:s3cret%2F%C3%BC"
    assert form_of(basic) == {"grant_type": "client_credentials", "scope": "a b"}
    assert "authorization" not in password.headers
    assert form_of(password) == {
        "grant_type": "password",
        "scope": "a b",
        "username": "ops",
        "password": "pa55",
        "client_id": "me&you",
        "client_secret": "s3cret/ü",
    }
    assert form_of(refresh) == {"audience": "x", "grant_type": "refresh_token", "refresh_token": "r1", "client_id": "me&you"}
    assert form_of(code)["code_verifier"] == "v1"
    assert [request.query for request in provider.requests] == [{}] * 4


@pytest.mark.parametrize("algorithm", ["PS256", "RS256", "ES256"])
def test_a_signed_assertion_verifies_and_is_good_once(algorithm: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else rsa.generate_private_key(65537, 2048)
    made = client("https://bank.example", client_auth="private_key_jwt", signing_algorithm=algorithm, signing_key_id="k7")
    first, second = (client_assertion(made, SecretStr(pem(key)), 1_800_000_000) for _ in range(2))
    header, claims, signature = (base64.urlsafe_b64decode(part + "==") for part in first.split("."))
    assert json.loads(header) == {"alg": algorithm, "typ": "JWT", "kid": "k7"}
    read = json.loads(claims)
    assert (read["iss"], read["sub"], read["aud"]) == ("me&you", "me&you", "https://bank.example/token")
    assert read["exp"] - read["iat"] == 120
    assert first != second
    message = first.rpartition(".")[0].encode()
    public = key.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        assert len(signature) == 64
        numbers = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
        public.verify(numbers, message, ec.ECDSA(hashes.SHA256()))
    else:
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32) if algorithm == "PS256" else padding.PKCS1v15()
        public.verify(signature, message, scheme, hashes.SHA256())


def test_an_assertion_is_sent_instead_of_a_secret() -> None:
    key = pem(rsa.generate_private_key(65537, 2048))
    with FakeProvider(lambda _: FakeResponse(body=TOKENS)) as provider:
        endpoint(client(provider.base_url, client_auth="private_key_jwt"), {"signing_key": key}).obtain()
        with pytest.raises(ClientSettingsError, match="no key for ES256") as wrong:
            endpoint(
                client(provider.base_url, client_auth="private_key_jwt", signing_algorithm="ES256"), {"signing_key": key}
            ).obtain()
        with pytest.raises(ClientSettingsError, match="signing_key is not stored"):
            endpoint(client(provider.base_url, client_auth="private_key_jwt"), {}).obtain()
    (request,) = provider.requests
    assert form_of(request)["client_assertion_type"] == ASSERTION_TYPE
    assert form_of(request)["client_assertion"].count(".") == 2
    assert "PRIVATE" not in str(wrong.value)


class Certificate(NamedTuple):
    pem: str
    key: str


def certificate(name: str) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Certificate(built.public_bytes(Encoding.PEM).decode(), pem(key))


SERVER, CUSTOMER = certificate("bank"), certificate("customer")


@pytest.fixture
def mutual_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A token endpoint that wants the customer's certificate."""
    folder = tmp_path_factory.mktemp("tls")
    (folder / "server.pem").write_text(SERVER.pem + SERVER.key)

    class Tokens(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(TOKENS)))
            self.end_headers()
            self.wfile.write(TOKENS)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    context.load_verify_locations(cadata=CUSTOMER.pem)
    context.verify_mode = ssl.CERT_REQUIRED
    server = HTTPServer(("127.0.0.1", 0), Tokens)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # a refused handshake is what some tests are about
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_mutual_tls_with_texts_from_the_vault(mutual_tls: str) -> None:
    secrets = {"tls_certificate": CUSTOMER.pem, "tls_key": CUSTOMER.key, "tls_authorities": SERVER.pem}
    made = client(mutual_tls, client_auth="tls")
    assert endpoint(made, secrets).obtain().body == TOKENS
    together = secrets | {"tls_certificate": CUSTOMER.pem + CUSTOMER.key}
    assert endpoint(made, {name: text for name, text in together.items() if name != "tls_key"}).obtain().status == 200


@pytest.mark.parametrize(
    ("secrets", "expected", "says"),
    [
        ({"tls_authorities": SERVER.pem}, ClientSettingsError, "no tls_certificate"),
        ({"tls_certificate": CUSTOMER.pem, "tls_key": CUSTOMER.key}, ClientSettingsError, "not trusted"),
        ({"tls_certificate": SERVER.pem, "tls_key": SERVER.key, "tls_authorities": SERVER.pem}, AuthorisationError, "POST https"),
        ({"tls_certificate": CUSTOMER.pem, "tls_key": SERVER.key}, ClientSettingsError, "private key without passphrase"),
        ({"tls_certificate": "canary", "tls_authorities": SERVER.pem}, ClientSettingsError, "no PEM certificate"),
        ({"tls_certificate": CUSTOMER.pem, "tls_authorities": "canary"}, ClientSettingsError, "tls_authorities"),
    ],
)
def test_tls_that_does_not_fit(mutual_tls: str, secrets: dict[str, str], expected: type[Exception], says: str) -> None:
    with pytest.raises(expected, match=says) as caught:
        endpoint(client(mutual_tls, client_auth="tls"), secrets).obtain()
    assert "canary" not in str(caught.value)
    assert "BEGIN" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "expected", "says"),
    [
        (Answer(400, b'{"error": "invalid_grant", "error_description": "canary"}'), GrantRefusedError, "invalid_grant"),
        (Answer(401, b"your secret canary is wrong"), GrantRefusedError, "without an OAuth error code"),
        (Answer(400, b'{"error": "canary"}'), GrantRefusedError, "without an OAuth error code"),
        (Answer(200, b'{"error": "invalid_grant"}'), GrantRefusedError, "invalid_grant"),
        (Answer(429, b"{}", 9), TokenEndpointError, "429"),
        (Answer(503, b"canary"), TokenEndpointError, "503"),
        (Answer(200, b"<html>canary"), TokenEndpointError, "HTML"),
        (Answer(200, b""), TokenEndpointError, "empty"),
        (Answer(200, b'["canary"]'), TokenAnswerError, "no JSON object"),
        (Answer(200, b'{"token": "canary"}'), TokenAnswerError, "access_token"),
        (Answer(200, b'{"access_token": "canary", "token_type": "mac"}'), TokenAnswerError, "Bearer"),
        (Answer(302, b""), TokenAnswerError, "address of the token endpoint"),
    ],
)
def test_what_an_answer_without_tokens_means(answer: Answer, expected: type[Exception], says: str) -> None:
    with pytest.raises(expected, match=says) as caught:
        read_answer(answer, "token request")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "life", "refresh_life"),
    [
        ({"expires_in": 60}, 60, None),
        ({"expires_in": "1800", "x_refresh_token_expires_in": 8726400}, 1800, 8726400),
        ({}, 300, None),
        ({"expires_in": "soon", "refresh_expires_in": 0}, 300, None),
        ({"expires_in": -1, "refresh_token_expires_in": "31"}, 300, 31),
        ({"expires_in": 1e300}, 316_224_000, None),
    ],
)
def test_how_long_tokens_last(fields: dict[str, object], life: float, refresh_life: float | None) -> None:
    tokens = read_answer(Answer(200, json.dumps({"access_token": "a"} | fields).encode()), "token request")
    assert (tokens.life_seconds, tokens.refresh_life_seconds, tokens.refresh) == (life, refresh_life, None)


def test_an_endpoint_that_does_not_answer_is_tried_again_later() -> None:
    with FakeProvider(lambda _: FakeResponse(body=b"x" * 300_000)) as provider:
        url = provider.base_url
        with pytest.raises(TokenEndpointError, match="longer than"):
            endpoint(client(url, client_auth="none"), {}).obtain()
    with pytest.raises(TokenEndpointError, match="ConnectError") as caught:
        endpoint(client(url, client_auth="none"), {}).obtain()
    assert caught.value.retryable


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"token_url": "http://bank.example/token"}, "plain http"),
        ({"token_url": "https://me:pw@bank.example/token"}, "carries credentials"),
        ({"token_url": "https://bank.example/token#x"}, "fragment"),
        ({"grant": "authorization_code"}, "needs authorise_url"),
        ({"token_parameters": {"code": "x"}}, "cannot be set by hand"),
        ({"client_secret": "x"}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_be_meant(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        client("https://bank.example", **settings)
