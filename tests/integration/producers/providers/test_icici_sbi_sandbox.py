"""ICICI and SBI read from the sandbox as the demo runs it: the seeded world, its quotas and its faults."""

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from producers.errors import ProducerError
from producers.kit.contract import Connector, Cursor, Page
from producers.kit.registry import build_connector
from producers.sandbox.faults import FaultPlan
from producers.sandbox.server import create_app, generate_credentials
from producers.sandbox.world import SeededWorld
from reconduit.sources import SourceConfig, load_sources
from tests.fixtures.app_server import serving_app

SOURCES = Path(__file__).parents[4] / "deploy/demo/sources.yaml"
AS_OF = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
NAMES = ("icici", "sbi")
WORLD = SeededWorld(7, AS_OF, 1000)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, SourceConfig]]:
    """The demo's own source entries, rendered for a running sandbox."""
    directory = tmp_path_factory.mktemp("credentials")
    credentials = generate_credentials(directory, NAMES)
    faults = FaultPlan(seed=3, per_thousand=300, slow_seconds=0.1)
    with serving_app(create_app(WORLD, lambda: NOW, credentials, faults, NAMES)) as address:
        yield {config.name: _rendered(config, address, directory) for config in load_sources(SOURCES) if config.name in NAMES}
    assert faults.injected, "the sandbox injected no fault, so this test shows nothing of them"


def _rendered(config: SourceConfig, address: str, directory: Path) -> SourceConfig:
    fields: dict[str, Any] = config.model_dump()
    fields["base_url"] = config.base_url.replace("http://127.0.0.1:8000", address)
    fields["secrets"] = {name: {"file": directory / str(ref.file)} for name, ref in config.secrets.items()}
    return SourceConfig.model_validate(fields)


def poll_until_complete(config: SourceConfig) -> list[Page]:
    """As the runner does: a retryable error ends a poll, and the next one starts from the confirmed cursor."""
    pages: list[Page] = []
    cursor: Cursor = {}
    for _ in range(10):
        connector: Connector
        with closing(build_connector(config)) as connector:
            try:
                for page in connector.poll(cursor, NOW):
                    pages.append(page)
                    cursor = page.cursor
            except ProducerError as error:
                assert error.retryable, error
                continue
            return pages
    raise AssertionError("ten polls were not enough")


@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_the_world_arrives_once_as_it_is(name: str, sandbox: dict[str, SourceConfig]) -> None:
    pages = poll_until_complete(sandbox[name])
    [account] = WORLD.accounts(name)
    lines = {f"{account}:{line.line_id}": line for line in WORLD.bank_lines(name, account, NOW)}
    records = {record.txn_id: record for page in pages for record in page.transactions}
    assert len(lines) > 50
    assert records.keys() == lines.keys()
    assert not [bad for page in pages for bad in page.bad]
    for txn_id, line in lines.items():
        found = records[txn_id]
        assert (found.amount_minor, found.direction.value, found.booked_at, found.value_date) == (
            line.amount_minor,
            line.direction,
            line.booked_at,
            line.value_date,
        )
        assert found.reference_number == line.reference, line.narration
