"""How many polls of each integration there were, by outcome: kept in the database, so that no restart sets them back."""

from typing import Any
from uuid import UUID

import psycopg

__all__ = ["COMPLETE", "count_poll"]

COMPLETE = "complete"
"""Outcome of a poll that ended with everything published; any other is a `reconduit.integrations.status.Failure`."""

_COUNT = """
INSERT INTO integration_poll AS p (integration_id, outcome, polls) VALUES (%s, %s, 1)
ON CONFLICT (integration_id, outcome) DO UPDATE SET polls = p.polls + 1
"""


def count_poll(connection: psycopg.Connection[Any], integration_id: UUID, outcome: str) -> None:
    """Count one more poll."""
    connection.execute(_COUNT, (integration_id, outcome))
