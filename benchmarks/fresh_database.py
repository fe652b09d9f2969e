"""A database of its own for one measured run, with Reconduit's tables."""

import psycopg

from schemas.migrate import upgrade

__all__ = ["fresh_database"]


def fresh_database(url: str, name: str) -> str:
    """Create a database beside the one at `url` and its tables; returns its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    found = url.rsplit("/", 1)[0] + f"/{name}"
    upgrade(found)
    return found
