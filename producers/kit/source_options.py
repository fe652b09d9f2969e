"""A source's options and secrets, checked as every connector checks them: the error names the source and what is wrong in it."""

from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from producers.errors import ConfigurationError, MissingSecretError
from reconduit.sources import SourceConfig

__all__ = ["require_address", "require_secrets", "secret_texts", "validated_options"]

Options = TypeVar("Options", bound=BaseModel)


def validated_options(model: type[Options], config: SourceConfig) -> Options:
    """The source's `options:` as the connector's model.

    Raises:
        ConfigurationError: an option is missing, unknown or out of range; the message names it without its value.
    """
    try:
        return model.model_validate(config.options)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise ConfigurationError(f"source {config.name}: options: {wrong}") from None


def require_secrets(config: SourceConfig, names: Iterable[str], why: str = "") -> None:
    """Refuse a source that does not name these secrets.

    Raises:
        MissingSecretError: some are missing; `why` is added to the message.
    """
    missing = [name for name in names if name not in config.secrets]
    if missing:
        raise MissingSecretError(f"source {config.name}: secrets: {', '.join(missing)} missing{why}")


def require_address(config: SourceConfig) -> None:
    """Refuse a source without address.

    Raises:
        ConfigurationError: `base_url` is empty.
    """
    if not config.base_url:
        raise ConfigurationError(f"source {config.name}: base_url is missing")


def secret_texts(config: SourceConfig, names: Iterable[str]) -> dict[str, str]:
    """The secrets of these names, read now.

    Raises:
        MissingSecretError: the source does not name one of them.
        SettingsError: one cannot be read.
    """
    wanted = tuple(names)
    require_secrets(config, wanted)
    return {name: config.secrets[name].resolve().get_secret_value() for name in wanted}
