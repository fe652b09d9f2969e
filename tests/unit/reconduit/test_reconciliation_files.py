from pathlib import Path

import pytest

from reconciler.reconciliation import Shape
from reconduit.errors import SettingsError
from reconduit.reconciliations import load_reconciliations

ROOT = Path(__file__).parents[3]


def rules(name: str) -> str:
    return f"name: {name}\nversion: 1\nshape: keyed\nsides: [{{name: a, sources: [a]}}, {{name: b, sources: [b]}}]\n"


def test_every_yaml_file_in_order_of_its_name(tmp_path: Path) -> None:
    for file, name in (("2.yaml", "first"), ("1.yaml", "second"), ("notes.txt", "none")):
        (tmp_path / file).write_text(rules(name), encoding="utf-8")
    assert [one.name for one in load_reconciliations(tmp_path)] == ["second", "first"]


def test_the_digest_is_of_what_the_file_says(tmp_path: Path) -> None:
    path = tmp_path / "1.yaml"
    path.write_text(rules("one"), encoding="utf-8")
    (before,) = load_reconciliations(tmp_path)
    path.write_text(rules("one") + "calendar: {grace: 2}\n", encoding="utf-8")
    (after,) = load_reconciliations(tmp_path)
    assert before.digest != after.digest


@pytest.mark.parametrize("folder", ["", "missing"])
def test_a_folder_without_files(tmp_path: Path, folder: str) -> None:
    with pytest.raises(SettingsError, match=r"no reconciliation file .*set RECONDUIT_RECONCILIATIONS"):
        load_reconciliations(tmp_path / folder)


def test_two_files_of_one_name(tmp_path: Path) -> None:
    for file in ("1.yaml", "2.yaml"):
        (tmp_path / file).write_text(rules("same"), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"2\.yaml: another file describes reconciliation same already"):
        load_reconciliations(tmp_path)


def test_a_wrong_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "1.yaml"
    path.write_text(rules("one") + "colour: blue\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_reconciliations(tmp_path)
    assert str(path) in str(caught.value)
    assert "colour" in str(caught.value)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "1.yaml").write_bytes(b"name: \xff\xfe")
    with pytest.raises(SettingsError, match=r"1\.yaml.*UTF-8"):
        load_reconciliations(tmp_path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "1.yaml").mkdir()
    with pytest.raises(SettingsError, match=r"1\.yaml cannot be read: Is a directory"):
        load_reconciliations(tmp_path)


def test_the_demo_s_reconciliations_have_every_shape() -> None:
    found = load_reconciliations(ROOT / "deploy" / "demo" / "reconciliations")
    assert {one.shape for one in found} == set(Shape)
