"""Settings of a process, from environment variables (and a secrets directory); nothing is read from argv or a URL."""

from pathlib import Path
from typing import TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from reconduit.errors import SettingsError

__all__ = ["Settings", "load_settings", "settings_of"]

S = TypeVar("S", bound=BaseSettings)


class Settings(BaseSettings):
    """What every Reconduit process may be told. Each field is an environment variable, named by its alias."""

    model_config = SettingsConfigDict(extra="ignore", populate_by_name=True)

    kafka_bootstrap_servers: str = Field(alias="KAFKA_BOOTSTRAP_SERVERS", default="127.0.0.1:9092")
    database_url: SecretStr = Field(alias="DATABASE_URL", default=SecretStr("postgresql://127.0.0.1:5432/reconduit"))
    """libpq URL, `postgresql://user:password@host:port/dbname`; psycopg 3 is the driver everywhere."""
    schema_registry_url: str | None = Field(alias="SCHEMA_REGISTRY_URL", default=None)
    """A Confluent-compatible registry; without one the committed id map `schemas/ids.json` is used."""
    sources_file: Path = Field(alias="RECONDUIT_SOURCES", default=Path("deploy/demo/sources.yaml"))
    reconciliations: Path = Field(alias="RECONDUIT_RECONCILIATIONS", default=Path("deploy/demo/reconciliations"))
    """Folder of reconciliation files, one YAML file each."""
    objects: Path = Field(alias="RECONDUIT_OBJECTS", default=Path(".local/objects"))
    """Folder of the object store that keeps untouched originals."""
    api_token: SecretStr | None = Field(alias="RECONDUIT_API_TOKEN", default=None)
    metrics_port: int | None = Field(alias="RECONDUIT_METRICS_PORT", default=None, ge=0, le=65_535)
    """Port on 127.0.0.1 for `/metrics` of a producer or consumer; none when unset."""
    record_http: str = Field(alias="RECONDUIT_RECORD_HTTP", default="")
    """Sources, separated by commas, whose HTTP exchanges are recorded for support; `*` for all. Secrets are masked."""
    log_level: str = Field(alias="RECONDUIT_LOG_LEVEL", default="INFO")
    kafka_mock: bool = Field(alias="RECONDUIT_KAFKA_MOCK", default=False)
    """The broker is librdkafka's mock cluster: classic group protocol, small topics, no admin calls."""

    def records_http_of(self, source: str) -> bool:
        """Whether the exchanges of a source are recorded."""
        named = {name.strip() for name in self.record_http.split(",")}
        return source in named or "*" in named

    def dsn(self) -> str:
        """The database URL in clear, for psycopg."""
        return self.database_url.get_secret_value().replace("postgresql+psycopg://", "postgresql://", 1)


def load_settings() -> Settings:
    """The settings that every process has. Raises as `settings_of`."""
    return settings_of(Settings)


def settings_of(kind: type[S]) -> S:
    """Settings of one kind, from the environment.

    Raises:
        SettingsError: a variable has a value that does not fit; the message names each one, never its value.
    """
    try:
        return kind()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise SettingsError(f"environment: {wrong}") from None
