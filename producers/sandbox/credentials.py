"""Credentials that the sandbox makes up at its start: one folder per provider, one file per secret, for the owner's eyes only."""

import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from producers.sandbox.feeds import FEEDS

__all__ = ["Generator", "generate_all", "write_secret"]

Generator = Callable[[Path], Mapping[str, str]]
"""Makes a provider's credentials and writes them to the folder; returns what its routes need."""


def write_secret(path: Path, value: str) -> None:
    """Write a secret that nobody else can read, not even for a moment."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(value)


def generate_all(directory: Path, generators: Mapping[str, Generator]) -> dict[str, Mapping[str, str]]:
    """Credentials of every provider and feed, by name, also in files `directory/NAME/SECRET`.

    Args:
        directory: made when it is not there.
        generators: by provider; the feeds need none, each has a bearer `token`.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = {name: generate(_folder(directory, name)) for name, generate in generators.items()}
    return made | _feed_tokens(directory, FEEDS)


def _feed_tokens(directory: Path, feeds: Sequence[str]) -> dict[str, Mapping[str, str]]:
    tokens: dict[str, Mapping[str, str]] = {}
    for feed in feeds:
        token = secrets.token_urlsafe(24)
        write_secret(_folder(directory, feed) / "token", token)
        tokens[feed] = {"token": token}
    return tokens


def _folder(directory: Path, name: str) -> Path:
    folder = directory / name
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder
