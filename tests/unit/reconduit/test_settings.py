import pytest

from reconduit.errors import SettingsError
from reconduit.settings import Settings, load_settings

VARIABLES = [str(field.alias) for field in Settings.model_fields.values()]


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def test_nothing_needs_to_be_set_and_everything_is_local() -> None:
    settings = load_settings()
    assert settings.kafka_bootstrap_servers == "127.0.0.1:9092"
    assert settings.dsn() == "postgresql://127.0.0.1:5432/reconduit"
    assert (settings.schema_registry_url, settings.api_token, settings.metrics_port) == (None, None, None)


def test_every_setting_is_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "KAFKA_BOOTSTRAP_SERVERS": "kafka:1",
        "DATABASE_URL": "postgresql+psycopg://me:pw@db/x",
        "SCHEMA_REGISTRY_URL": "http://registry",
        "RECONDUIT_SOURCES": "a.yaml",
        "RECONDUIT_RECONCILIATIONS": "b",
        "RECONDUIT_OBJECTS": "c",
        "RECONDUIT_API_TOKEN": "token",
        "RECONDUIT_METRICS_PORT": "9100",
        "RECONDUIT_LOG_LEVEL": "DEBUG",
        "RECONDUIT_KAFKA_MOCK": "1",
        "RECONDUIT_RECORD_HTTP": "hdfc",
    }
    assert set(given) == set(VARIABLES)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    settings, defaults = load_settings(), Settings.model_fields
    assert all(getattr(settings, name) != field.default for name, field in defaults.items())
    assert settings.dsn() == "postgresql://me:pw@db/x"


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://me:hunter2@db/x")
    monkeypatch.setenv("RECONDUIT_API_TOKEN", "hunter3")
    assert "hunter" not in repr(load_settings()) + str(load_settings())


def test_wrong_values_are_named_but_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONDUIT_METRICS_PORT", "hunter2")
    monkeypatch.setenv("RECONDUIT_KAFKA_MOCK", "hunter3")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert "RECONDUIT_METRICS_PORT" in str(caught.value)
    assert "RECONDUIT_KAFKA_MOCK" in str(caught.value)
    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize("port", ["-1", "70000"])
def test_a_port_that_nobody_can_listen_on(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("RECONDUIT_METRICS_PORT", port)
    with pytest.raises(SettingsError, match="RECONDUIT_METRICS_PORT"):
        load_settings()
