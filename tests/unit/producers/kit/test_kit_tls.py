"""TLS over a real socket: who is trusted, and who may come in."""

import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pydantic import SecretStr

from producers.errors import AuthenticationError, ConfigurationError, TransientError
from producers.kit.http.retry import RetryPolicy
from producers.kit.http.source_tls import source_tls
from producers.kit.http.transport import Transport
from reconduit.sources import SecretRef, SourceConfig

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Self-signed certificate and key of 127.0.0.1, as PEM files."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(pem), str(private)


@contextmanager
def tls_server(certificate: tuple[str, str], *, ask_client: bool = False) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    if ask_client:
        context.load_verify_locations(Path(certificate[0]))
        context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    secured.recv(65536)
                    secured.sendall(ANSWER)
            except OSError:
                connection.close()  # the handshake failed, which is what some tests are about

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


def test_an_unknown_certificate_is_terminal(certificate: tuple[str, str]) -> None:
    with tls_server(certificate) as url:
        transport = Transport(url)
        with pytest.raises(ConfigurationError, match="not trusted"):
            transport.json("GET", "/rows")
        transport.close()


def test_a_pinned_authority_is_trusted(certificate: tuple[str, str]) -> None:
    with tls_server(certificate) as url:
        transport = Transport(url, verify=certificate[0])
        assert transport.json("GET", "/rows") == []
        transport.close()


def test_mutual_tls_presents_the_client_certificate(certificate: tuple[str, str]) -> None:
    with tls_server(certificate, ask_client=True) as url:
        stranger = Transport(url, verify=certificate[0], retry=RetryPolicy(attempts=1))
        # The refusal may be lost with the connection; then it looks like any other that was cut.
        with pytest.raises((AuthenticationError, TransientError), match="GET https"):
            stranger.json("GET", "/rows")
        stranger.close()
        known = Transport(url, verify=certificate[0], cert=certificate)
        assert known.json("GET", "/rows") == []
        known.close()


def source(*names: str) -> SourceConfig:
    return SourceConfig(name="bank", connector="bank", secrets={name: SecretRef(vault=name) for name in names})


def test_the_certificate_and_the_authority_of_a_source_are_among_its_secrets(certificate: tuple[str, str]) -> None:
    pem, key = (SecretStr(Path(path).read_text()) for path in certificate)
    vault = {"tls_certificate": pem, "tls_key": key, "tls_authorities": pem}
    with tls_server(certificate, ask_client=True) as url:
        transport = Transport(url, tls=source_tls(source(*vault).bound_to(vault.__getitem__)))
        assert transport.json("GET", "/rows") == []
        transport.close()
        stranger = Transport(
            url, tls=source_tls(source("tls_authorities").bound_to(vault.__getitem__)), retry=RetryPolicy(attempts=1)
        )
        with pytest.raises((AuthenticationError, TransientError), match="GET https"):
            stranger.json("GET", "/rows")
        stranger.close()


def test_a_source_without_certificates_has_no_tls_of_its_own(certificate: tuple[str, str]) -> None:
    assert source_tls(source("token").bound_to(SecretStr)) is None
    with pytest.raises(ConfigurationError, match="bank: secret tls_key is there, but not tls_certificate"):
        source_tls(source("tls_key").bound_to(SecretStr))
    with pytest.raises(ConfigurationError, match="bank: tls_authorities"):
        source_tls(source("tls_authorities").bound_to(SecretStr))
