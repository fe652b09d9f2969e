from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import paramiko
import pytest

from deploy.local.sftp import SftpAccess


@contextmanager
def connected(
    access: SftpAccess, *, key: paramiko.PKey | None = None, user: str | None = None, password: str | None = None
) -> Iterator[paramiko.SFTPClient]:
    url = urlsplit(access.url)
    client = paramiko.SSHClient()
    client.load_host_keys(str(access.known_hosts))
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    if key is None and password is None:
        key = paramiko.Ed25519Key.from_private_key_file(str(access.private_key))
    try:
        client.connect(
            str(url.hostname),
            url.port or 22,
            username=user or url.username,
            pkey=key,
            password=password,
            allow_agent=False,
            look_for_keys=False,
            timeout=60,
            banner_timeout=60,
            auth_timeout=60,
        )
        with client.open_sftp() as sftp:
            yield sftp
    finally:
        client.close()


def test_the_right_key_reads_and_writes_the_folder(sftp_server: SftpAccess) -> None:
    assert sftp_server.folder is not None
    (sftp_server.folder / "out").mkdir()
    (sftp_server.folder / "out" / "statement.xml").write_bytes(b"<Document/>")
    with connected(sftp_server) as sftp:
        assert sftp.listdir("/out") == ["statement.xml"]
        assert sftp.stat("/out/statement.xml").st_size == 11
        with sftp.open("/out/statement.xml", "rb") as file:
            assert file.read() == b"<Document/>"
        with sftp.open("/out/new.part", "wb") as file:
            file.write(b"x" * 100_000)
        sftp.rename("/out/new.part", "/out/new")
        sftp.mkdir("/done")
        sftp.remove("/out/statement.xml")
        with pytest.raises(FileNotFoundError):
            sftp.stat("/out/statement.xml")
        sftp.open("/taken", "wb").close()
        with pytest.raises(OSError, match="Failure"):
            sftp.rename("/out/new", "/taken")
        sftp.posix_rename("/out/new", "/taken")
    assert (sftp_server.folder / "taken").stat().st_size == 100_000


def test_another_key_is_refused(sftp_server: SftpAccess) -> None:
    with (
        pytest.raises(paramiko.AuthenticationException),
        connected(sftp_server, key=paramiko.ECDSAKey.generate()),
    ):
        pytest.fail("it must not get here")


def test_another_user_and_a_password_are_refused(sftp_server: SftpAccess) -> None:
    with pytest.raises(paramiko.AuthenticationException), connected(sftp_server, user="root"):
        pytest.fail("it must not get here")
    with pytest.raises(paramiko.SSHException), connected(sftp_server, password="guess"):
        pytest.fail("it must not get here")


def test_a_server_with_another_host_key_is_refused(sftp_server: SftpAccess, tmp_path: Path) -> None:
    line = sftp_server.known_hosts.read_text().split()[0]
    other = paramiko.ECDSAKey.generate()
    (tmp_path / "known_hosts").write_text(f"{line} {other.get_name()} {other.get_base64()}\n")
    pinned = SftpAccess(url=sftp_server.url, private_key=sftp_server.private_key, known_hosts=tmp_path / "known_hosts")
    with pytest.raises(paramiko.SSHException), connected(pinned):
        pytest.fail("it must not get here")


@pytest.mark.parametrize("path", ["../client_key", "/../client_key", "/out/../../client_key", "/link"])
def test_nothing_outside_the_folder_can_be_read(sftp_server: SftpAccess, path: str) -> None:
    assert sftp_server.folder is not None
    (sftp_server.folder / "out").mkdir()
    (sftp_server.folder / "link").symlink_to(sftp_server.private_key)
    with connected(sftp_server) as sftp, pytest.raises(OSError), sftp.open(path, "rb") as file:
        file.read()
