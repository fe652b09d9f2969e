"""Ways of logging in, against real SSH servers: password, prompts, one-time codes, two proofs, key with passphrase, jump hosts."""

import time
from contextlib import ExitStack
from pathlib import Path

import paramiko
import pytest

from producers.errors import AuthenticationError, ConfigurationError
from producers.providers.sftp_drop.authentication import one_time_code
from producers.providers.sftp_drop.connector import build
from reconduit.sources import SecretRef, SourceConfig
from tests.fixtures.drop_feeds import NOW, content
from tests.fixtures.ssh_servers import SshServer, ssh_server

SEED = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "in").mkdir(parents=True)
    (folder / "in" / "day.xml").write_bytes(content())
    return folder


def poll(server: SshServer, tmp_path: Path, secrets: dict[str, str], **options: object) -> list[str]:
    references = {}
    for name, text in secrets.items():
        (tmp_path / name).write_text(text)
        references[name] = SecretRef(file=tmp_path / name)
    known_hosts = tmp_path / "known_hosts"
    if not known_hosts.exists():
        server.pin(known_hosts)
    config = SourceConfig(
        name="camt",
        connector="sftp_drop",
        base_url=f"sftp://me@127.0.0.1:{server.port}/in",
        options={"known_hosts": known_hosts, "completeness": "rename", "unterminated_seconds": 0, "connect_seconds": 60, **options},
        secrets=references,
    )
    return [record.txn_id for page in build(config).poll({}, NOW) for record in page.transactions]


def codes() -> list[list[str]]:
    """As servers do, the code of half a minute ago is good too: the step may end between the question and its answer."""
    return [["hunter2", one_time_code(SEED, time.time() - age, "test")] for age in (0, 30)]


def test_a_password(root, tmp_path):
    with ssh_server(root, methods="password", password="hunter2") as server:
        assert poll(server, tmp_path, {"password": "hunter2"}) == ["DE123:BR1"]
        with pytest.raises(AuthenticationError, match="refused") as raised:
            poll(server, tmp_path, {"password": "hunter3"})
        assert "hunter" not in str(raised.value)


def test_prompts_for_password_and_one_time_code(root, tmp_path):
    with ssh_server(root, methods="keyboard-interactive", prompts=["Password: ", "Your OTP: "], accepted=codes) as server:
        assert poll(server, tmp_path, {"password": "hunter2", "otp_seed": SEED}) == ["DE123:BR1"]


def test_a_key_and_then_a_prompt(root, tmp_path):
    methods = "publickey+keyboard-interactive"
    with ssh_server(root, methods=methods, prompts=["Kennwort:"], accepted=lambda: [["hunter2"]]) as server:
        key = server.key.read_text()
        assert poll(server, tmp_path, {"private_key": key, "password": "hunter2"}) == ["DE123:BR1"]
        with pytest.raises(AuthenticationError, match="one more proof"):
            (tmp_path / "password").unlink()
            poll(server, tmp_path, {"private_key": key})


def test_a_question_that_nobody_foresaw_is_not_answered_with_the_password(root, tmp_path):
    asked: list[str] = []
    with ssh_server(root, methods="keyboard-interactive", prompts=["Mother's maiden name?"], accepted=lambda: [asked]) as server:
        with pytest.raises(AuthenticationError, match="maiden name"):
            poll(server, tmp_path, {"password": "hunter2"})
        mapped = {"maiden": "password"}
        asked.append("hunter2")
        assert poll(server, tmp_path, {"password": "hunter2"}, prompts=mapped) == ["DE123:BR1"]


@pytest.mark.parametrize("kind", [paramiko.RSAKey, paramiko.ECDSAKey])
def test_a_key_with_a_passphrase(root, tmp_path, monkeypatch, kind):
    key = kind.generate(2048) if kind is paramiko.RSAKey else kind.generate()
    key.write_private_key_file(str(tmp_path / "locked"), password="open sesame")
    monkeypatch.setattr("tests.fixtures.ssh_servers._KEY", key)
    with ssh_server(root) as server:
        secrets = {"private_key": (tmp_path / "locked").read_text(), "passphrase": "open sesame"}
        assert poll(server, tmp_path, secrets) == ["DE123:BR1"]
        with pytest.raises(ConfigurationError, match="passphrase"):
            poll(server, tmp_path, secrets | {"passphrase": "wrong"})


def test_two_jump_hosts_each_with_its_key_pinned(root, tmp_path):
    with ExitStack() as stack:
        drop, first, second = (stack.enter_context(ssh_server(root)) for _ in range(3))
        hops = [f"ssh://me@127.0.0.1:{server.port}" for server in (first, second)]
        known_hosts = drop.pin(first.pin(tmp_path / "known_hosts"))
        secrets = {"private_key": drop.key.read_text()}
        with pytest.raises(ConfigurationError, match=rf"no key for \[127.0.0.1\]:{second.port}"):
            poll(drop, tmp_path, secrets, jump=hops)
        second.pin(known_hosts)
        assert poll(drop, tmp_path, secrets, jump=hops) == ["DE123:BR1"]
        assert (first.forwarded[-1], second.forwarded) == (("127.0.0.1", second.port), [("127.0.0.1", drop.port)])


def test_one_time_codes_are_those_of_rfc_6238():
    # Appendix B, time 59 and 1111111109, SHA-1; the last six of its eight digits.
    assert [one_time_code(SEED, seconds, "x") for seconds in (59, 1111111109)] == ["287082", "081804"]
    with pytest.raises(ConfigurationError):
        one_time_code("not base32!", 0, "x")
