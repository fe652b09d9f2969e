"""The secrets that this process has opened, so that what is written for people can leave them out."""

from pydantic import SecretStr

__all__ = ["note_opened", "opened_secrets"]

_opened: dict[str, SecretStr] = {}


def note_opened(secret: SecretStr) -> SecretStr:
    """Remember a secret for as long as the process lives; returns it."""
    _opened.setdefault(secret.get_secret_value(), secret)
    return secret


def opened_secrets() -> tuple[str, ...]:
    """Their values in clear, in the order in which they were opened."""
    return tuple(_opened)
