"""What the commands of `reconduit sources` share: a transaction on the registry, checked input, and how values are shown."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError

if TYPE_CHECKING:
    import psycopg

__all__ = ["Key", "actor", "checked", "connected", "moment", "opened", "print_json", "read_mapping", "share"]

Key = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of an integration.")]

_Model = TypeVar("_Model", bound=BaseModel)


@contextmanager
def connected() -> "Iterator[psycopg.Connection[Any]]":
    """A connection to the database that the environment names; its transaction ends with the context.

    Raises:
        SettingsError: Postgres does not answer, or has no tables of this version.
    """
    import psycopg

    from reconduit.errors import SettingsError
    from reconduit.settings import load_settings

    try:
        with psycopg.connect(load_settings().dsn(), connect_timeout=5) as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise SettingsError(f"Postgres: {type(error).__name__}; check DATABASE_URL and the server") from error
    except psycopg.errors.UndefinedTable as error:
        raise SettingsError("the database has no tables of this version yet; run `reconduit migrate`") from error


@contextmanager
def opened() -> "Iterator[tuple[psycopg.Connection[Any], str]]":
    """As `connected`, with the tenant."""
    from schemas.records import DEFAULT_TENANT

    with connected() as connection:
        yield connection, DEFAULT_TENANT


def actor() -> str:
    """Who asks: the name of the user on this machine."""
    import getpass

    return getpass.getuser()


def checked(model: type[_Model], fields: Mapping[str, Any]) -> _Model:
    """What was typed, as a model.

    Raises:
        BadParameter: a value cannot be meant; the message names it.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise typer.BadParameter("; ".join(_told(e["loc"], e["msg"]) for e in error.errors(include_input=False))) from None


def _told(where: tuple[int | str, ...], message: str) -> str:
    # What is wrong with several fields together has no place of its own.
    said = message.removeprefix("Value error, ")
    return f"{'.'.join(map(str, where))}: {said}" if where else said


def read_mapping(path: Path, what: str) -> dict[str, Any]:
    """A mapping from a YAML or JSON file.

    Args:
        path: the file.
        what: is in it, for messages.

    Raises:
        SettingsError: it cannot be read, or holds no mapping.
    """
    import yaml

    from reconduit.errors import SettingsError

    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{what} file {path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{what} file {path} is neither YAML nor JSON: {error}") from error
    if not isinstance(document, dict):
        raise SettingsError(f"{what} file {path} must be a mapping of {what}")
    # They are kept as JSON, which has no dates: YAML makes one of what looks like it.
    mapping: dict[str, Any] = json.loads(json.dumps(document, default=str))
    return mapping


def print_json(value: Any) -> None:
    """A value for programs and people."""
    typer.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def share(ppm: int | None) -> str:
    """Millionths as a share of one; `-` for none yet."""
    return "-" if ppm is None else f"{ppm / 1_000_000:.2f}"


def moment(value: dt.datetime | None) -> str:
    """A time in UTC to the second; `-` for none."""
    return "-" if value is None else value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
