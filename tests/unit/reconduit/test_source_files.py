from pathlib import Path

import pytest
from pydantic import SecretStr

from reconduit.errors import SettingsError
from reconduit.sources import SecretRef, SourceConfig, load_sources

ROOT = Path(__file__).parents[3]

MINIMAL = "sources:\n  - {name: hdfc, connector: hdfc}\n"


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "sources.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_a_source_is_when_nothing_more_is_said(tmp_path: Path) -> None:
    (source,) = load_sources(write(tmp_path, MINIMAL))
    assert source == SourceConfig(name="hdfc", connector="hdfc")
    assert (source.transactions_topic, source.statements_topic) == ("hdfc_txns", "hdfc_statements")
    assert (source.tenant_id, source.partition_by, source.poll_seconds) == ("default", "reference_number", 60)


def test_file_order_is_kept(tmp_path: Path) -> None:
    path = write(tmp_path, "sources:\n" + "".join(f"  - {{name: {name}, connector: x}}\n" for name in ("c", "a", "b")))
    assert [source.name for source in load_sources(path)] == ["c", "a", "b"]


def test_the_demo_s_sources_are_read() -> None:
    found = sorted((ROOT / "deploy").glob("**/sources*.yaml"))
    if not found:
        pytest.skip("no sources file is committed below deploy/; the demo writes its own")
    for path in found:
        assert load_sources(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "top-level list"),
        ("sources: hdfc", "top-level list"),
        ("- hdfc", "top-level list"),
        ("sources: [", "is no YAML"),
        ("sources: [{connector: x}]", "source number 1: name: Field required"),
        ("sources: [7]", "source number 1:"),
        ("sources: [{name: hdfc}]", "source hdfc: connector: Field required"),
        ("sources: [{name: HDFC, connector: x}]", "source HDFC: name: String should match"),
        ("sources: [{name: a, connector: x, poll_seconds: 0}]", "source a: poll_seconds: Input should be greater"),
        ("sources: [{name: a, connector: x, pol_seconds: 5}]", "source a: pol_seconds: Extra inputs"),
        ("sources: [{name: a, connector: x, partition_by: txn_id}]", "source a: partition_by: "),
        ("sources: [{name: a, connector: x}, {name: a, connector: y}]", "source a is there twice"),
    ],
)
def test_a_wrong_file_is_named_with_source_and_field(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_sources(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


def test_a_secret_written_into_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    path = write(tmp_path, "sources: [{name: a, connector: x, secrets: {token: hunter2}}]")
    with pytest.raises(SettingsError) as caught:
        load_sources(path)
    assert "source a: secrets.token" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.yaml cannot be read: .*set RECONDUIT_SOURCES"):
        load_sources(tmp_path / "nowhere.yaml")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_bytes(b"sources: [\xff\xfe]")
    with pytest.raises(SettingsError, match="UTF-8"):
        load_sources(path)


def test_secrets_are_read_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HDFC_SECRET", "from env")
    path = tmp_path / "secret"
    path.write_text("from file\n", encoding="utf-8")
    assert SecretRef(env="HDFC_SECRET").resolve().get_secret_value() == "from env"
    secret = SecretRef(file=path).resolve()
    assert secret.get_secret_value() == "from file"
    assert "from file" not in repr(secret)


def test_a_secret_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HDFC_SECRET", raising=False)
    with pytest.raises(SettingsError, match="HDFC_SECRET is not set"):
        SecretRef(env="HDFC_SECRET").resolve()
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        SecretRef(file=tmp_path / "none").resolve()
    with pytest.raises(SettingsError, match="needs `env: NAME`, `file: PATH` or `vault: NAME`"):
        SecretRef().resolve()


def test_a_secret_that_is_no_text_is_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"hunter2\xff")
    with pytest.raises(SettingsError) as caught:
        SecretRef(file=path).resolve()
    assert str(caught.value) == f"secret file {path} is no UTF-8 text"
    assert caught.value.__cause__ is None


def test_a_reference_to_the_vault_opens_with_what_it_is_bound_to() -> None:
    config = SourceConfig(name="acme", connector="acme", secrets={"token": SecretRef(vault="api_token")})
    with pytest.raises(SettingsError, match="'api_token' is in the vault"):
        config.secrets["token"].resolve()
    bound = config.bound_to(lambda name: SecretStr(f"opened {name}"))
    assert bound.secrets["token"].resolve().get_secret_value() == "opened api_token"
    assert config.secrets["token"].resolve(lambda _: SecretStr("given")).get_secret_value() == "given"
    assert "opened" not in repr(bound)
