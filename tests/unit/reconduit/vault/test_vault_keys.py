"""Keys of the vault: their forms, their secrecy, and learning a new one without a restart."""

import base64
import os
from pathlib import Path

import pytest
from pydantic import SecretStr

from reconduit.vault.errors import VaultKeyError
from reconduit.vault.keys import EnvironmentKeys, FileKeys, ManagedKeys, add_key
from reconduit.vault.settings import VaultSettings, configured_keys

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
OLD_TEXT, NEW_TEXT = (base64.b64encode(key).decode() for key in (OLD, NEW))


def key_file(path: Path, *lines: str) -> Path:
    part = path.with_name("part")
    part.write_text("\n".join(lines) + "\n")
    part.chmod(0o600)
    part.replace(path)
    return path


def test_the_first_key_of_the_environment_seals_and_the_others_open() -> None:
    keys = EnvironmentKeys(SecretStr(f"new:{NEW_TEXT}, old:{OLD_TEXT}"), "KEYS")
    assert keys.current() == ("new", NEW)
    assert keys.key("old") == OLD


def test_a_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    path = key_file(tmp_path / "keys", f"old:{OLD_TEXT}")
    keys = FileKeys(path)
    assert keys.current() == ("old", OLD)
    key_file(path, f"new:{NEW_TEXT}", f"old:{OLD_TEXT}")
    assert keys.current() == ("new", NEW)
    assert keys.key("old") == OLD


def test_a_made_key_seals_and_those_before_still_open(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    add_key(path, "k1")
    assert path.stat().st_mode & 0o777 == 0o600
    keys = FileKeys(path)
    first = keys.current()
    add_key(path, "k2")
    assert keys.current()[0] == "k2"
    assert keys.key("k1") == first[1]
    assert keys.current()[1] != first[1]
    with pytest.raises(VaultKeyError, match="k2 is there twice"):
        add_key(path, "k2")
    assert keys.current()[0] == "k2"
    with pytest.raises(VaultKeyError, match="cannot be written"):
        add_key(tmp_path / "none" / "keys", "k1")


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = key_file(tmp_path / "keys", f"old:{OLD_TEXT}")
    path.chmod(0o604)
    with pytest.raises(VaultKeyError, match="chmod 600"):
        FileKeys(path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not of the form"),
        ("k1", "not of the form"),
        (f":{OLD_TEXT}", "not of the form"),
        (f"k1:{OLD_TEXT[:-4]}", "bytes"),
        ("k1:?" + OLD_TEXT, "no base64"),
        (f"k1:{OLD_TEXT},k1:{NEW_TEXT}", "twice"),
    ],
)
def test_a_malformed_key_is_refused_and_not_shown(text: str, says: str) -> None:
    with pytest.raises(VaultKeyError, match=says) as caught:
        EnvironmentKeys(SecretStr(text), "KEYS")
    assert OLD_TEXT[:10] not in str(caught.value)


def test_an_unknown_key_is_named_with_the_way_out(tmp_path: Path) -> None:
    path = key_file(tmp_path / "keys", f"old:{OLD_TEXT}")
    for keys in (FileKeys(path), EnvironmentKeys(SecretStr(f"old:{OLD_TEXT}"), "KEYS")):
        with pytest.raises(VaultKeyError, match=r"'lost'.*put the key back"):
            keys.key("lost")


def test_the_file_comes_before_the_environment_and_none_is_an_error(tmp_path: Path) -> None:
    path = key_file(tmp_path / "keys", f"file:{OLD_TEXT}")
    both = VaultSettings(key_file=path, keys=SecretStr(f"env:{NEW_TEXT}"))
    assert configured_keys(both).current()[0] == "file"
    assert configured_keys(VaultSettings(keys=SecretStr(f"env:{NEW_TEXT}"))).current()[0] == "env"
    with pytest.raises(VaultKeyError, match="RECONDUIT_VAULT_KEY_FILE"):
        configured_keys(VaultSettings(key_file=None, keys=None))
    with pytest.raises(VaultKeyError, match="cannot be read"):
        configured_keys(VaultSettings(key_file=tmp_path / "none"))


def test_a_key_service_opens_each_key_once() -> None:
    asked: list[str] = []

    class Service:
        def unwrap(self, key_id: str, wrapped: bytes) -> bytes:
            asked.append(key_id)
            return wrapped[::-1]

    keys = ManagedKeys(Service(), {"new": NEW[::-1], "old": OLD[::-1], "short": os.urandom(5)})
    assert [keys.current(), keys.current(), keys.key("old")] == [("new", NEW), ("new", NEW), OLD]
    assert asked == ["new", "old"]
    with pytest.raises(VaultKeyError, match="5 bytes"):
        keys.key("short")
    with pytest.raises(VaultKeyError, match="no key 'lost'"):
        keys.key("lost")


def test_no_text_of_a_provider_shows_a_key(tmp_path: Path) -> None:
    keys = FileKeys(key_file(tmp_path / "keys", f"old:{OLD_TEXT}"))
    environment = EnvironmentKeys(SecretStr(f"old:{OLD_TEXT}"), "KEYS")
    settings = VaultSettings(keys=SecretStr(f"old:{OLD_TEXT}"))
    for shown in (repr(keys), repr(environment), repr(settings), settings.model_dump_json()):
        assert OLD_TEXT[:10] not in shown
        assert repr(OLD)[2:20] not in shown
