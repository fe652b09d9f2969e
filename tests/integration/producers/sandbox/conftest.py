"""A running sandbox for the tests of this folder: every provider on a real socket."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from producers.kit.contract import Connector
from producers.kit.registry import build_connector
from producers.sandbox.faults import FaultPlan
from producers.sandbox.server import create_app, generate_credentials
from producers.sandbox.world import SeededWorld
from reconduit.sources import SourceConfig
from tests.fixtures.app_server import serving_app

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
SOURCES = Path(__file__).parents[4] / "deploy" / "demo" / "sources.yaml"


@dataclass
class RunningSandbox:
    world: SeededWorld
    clock: Callable[[], dt.datetime]
    faults: FaultPlan
    url: str
    credentials: Path

    def connector(self, name: str, **options: object) -> Connector:
        """The demo's source of that name, rendered for this sandbox; `options` go before the demo's."""
        listed = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))["sources"]
        source = next(entry for entry in listed if entry["name"] == name)
        source["base_url"] = source["base_url"].replace("http://127.0.0.1:8000", self.url)
        source["secrets"] = {key: {"file": str(self.credentials / ref["file"])} for key, ref in source["secrets"].items()}
        source["options"] = source.get("options", {}) | options
        return build_connector(SourceConfig.model_validate(source))


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    world, faults = SeededWorld(7, NOW.date(), 400), FaultPlan(7, enabled=False)
    credentials = tmp_path_factory.mktemp("credentials")
    app = create_app(world, lambda: NOW, generate_credentials(credentials), faults)
    with serving_app(app) as address:
        yield RunningSandbox(world, lambda: NOW, faults, address, credentials)
