import os
from hashlib import sha256
from pathlib import Path

import pytest

from producers.errors import ConfigurationError, ContractChangeError
from producers.kit.contract import RawObject
from producers.kit.files.object_store import FolderObjectStore


def raw(content: bytes) -> RawObject:
    return RawObject(sha256(content).hexdigest(), content)


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_what_is_put_comes_back_and_is_there_once(tmp_path: Path) -> None:
    store = FolderObjectStore(tmp_path / "objects")
    original = raw(b"\x00statement\xff")
    store.put(original)
    store.put(original)
    assert FolderObjectStore(tmp_path / "objects").get(original.sha256) == original.content
    (path,) = files(tmp_path)
    assert path.stat().st_mode & 0o077 == 0


def test_a_wrong_name_is_refused(tmp_path: Path) -> None:
    store = FolderObjectStore(tmp_path)
    with pytest.raises(ContractChangeError, match="another content"):
        store.put(RawObject("0" * 64, b"x"))
    with pytest.raises(ContractChangeError, match="no lower-case SHA-256"):
        store.get("../../etc/passwd")
    assert files(tmp_path) == []


def test_a_file_cut_by_a_crash_is_written_again(tmp_path: Path) -> None:
    store, original = FolderObjectStore(tmp_path), raw(b"whole content")
    store.put(original)
    (path,) = files(tmp_path)
    path.write_bytes(b"whole")
    with pytest.raises(ConfigurationError, match="was changed"):
        store.get(original.sha256)
    store.put(original)
    assert store.get(original.sha256) == b"whole content"


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigurationError, match="No space left"):
        FolderObjectStore(tmp_path).put(raw(b"x"))
    assert files(tmp_path) == []


def test_an_absent_original_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="0000"):
        FolderObjectStore(tmp_path).get("0" * 64)
