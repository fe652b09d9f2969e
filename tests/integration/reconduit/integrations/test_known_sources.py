"""Whose topics are read: the sources file's, the integrations', and those of integrations that were removed."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from producers.kit.contract import Page
from producers.kit.cursors import CursorStore
from reconduit.integrations.errors import CommandRefusedError
from reconduit.integrations.known_sources import known_sources
from reconduit.integrations.model import IntegrationChange, IntegrationDraft
from reconduit.integrations.registry import change_integration, create_integration, delete_integration
from reconduit.sources import SourceConfig
from schemas.records import DEFAULT_TENANT


@pytest.fixture
def connection(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database_url, autocommit=True) as opened:
        yield opened


def make(connection: psycopg.Connection[Any], name: str, partition_by: Any = "reference_number") -> None:
    draft = IntegrationDraft(name=name, connector="core", partition_by=partition_by)
    create_integration(connection, DEFAULT_TENANT, draft, actor="test")


def publish(url: str, name: str) -> None:
    """Leave what a published page leaves."""
    store = CursorStore(url, SourceConfig(name=name, connector="core"))
    store.commit_page(store.load(), Page({"page": 1}))
    store.close()


def told(connection: psycopg.Connection[Any], *from_file: SourceConfig) -> list[tuple[str, str]]:
    return [(one.name, one.partition_by) for one in known_sources(connection, from_file)]


def test_the_file_stands_before_the_registry(connection: psycopg.Connection[Any]) -> None:
    make(connection, "shop", "settlement_id")
    make(connection, "bank")
    own = SourceConfig(name="bank", connector="core", partition_by="account_id")
    assert told(connection) == [("bank", "reference_number"), ("shop", "settlement_id")]
    assert told(connection, own) == [("bank", "account_id"), ("shop", "settlement_id")]


def test_topics_that_hold_records_are_read_on_after_the_integration_is_gone(
    connection: psycopg.Connection[Any], database_url: str
) -> None:
    make(connection, "shop", "settlement_id")
    make(connection, "typo")
    publish(database_url, "shop")
    delete_integration(connection, DEFAULT_TENANT, "shop")
    delete_integration(connection, DEFAULT_TENANT, "typo")
    assert told(connection) == [("shop", "settlement_id")]
    with pytest.raises(CommandRefusedError, match="partitioned by settlement_id"):
        make(connection, "shop")
    make(connection, "shop", "settlement_id")
    assert told(connection) == [("shop", "settlement_id")]


def test_partitioning_may_change_until_something_is_published(connection: psycopg.Connection[Any], database_url: str) -> None:
    make(connection, "shop")
    other = IntegrationChange(partition_by="settlement_id")
    assert change_integration(connection, DEFAULT_TENANT, "shop", other, actor="test").partition_by == "settlement_id"
    publish(database_url, "shop")
    assert change_integration(connection, DEFAULT_TENANT, "shop", other, actor="test").partition_by == "settlement_id"
    with pytest.raises(CommandRefusedError, match="another name"):
        change_integration(connection, DEFAULT_TENANT, "shop", IntegrationChange(partition_by="account_id"), actor="test")
