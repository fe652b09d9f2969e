"""Every connector that ships is held against the contract: whoever adds a name to the registry adds its cases."""

import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from producers.kit.registry import CONNECTORS
from producers.kit.testing import ConnectorContract

CONTRACTS = Path(__file__).parents[2]
ROOT = CONTRACTS.parents[1]


def collected(above: type[ConnectorContract]) -> Iterator[type[ConnectorContract]]:
    """The subclasses that pytest collects, since their names begin with `Test`."""
    for below in above.__subclasses__():
        if below.__name__.startswith("Test"):
            yield below
        yield from collected(below)


@pytest.fixture(scope="module")
def held() -> set[str]:
    """Names that the contract's subclasses under tests/contract say they build."""
    for path in CONTRACTS.rglob("test_*.py"):
        if "Contract)" in path.read_text(encoding="utf-8"):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    return {name for suite in collected(ConnectorContract) for name in suite.connectors}


@pytest.mark.parametrize("name", sorted(CONNECTORS))
def test_a_connector_that_ships_is_held_against_the_contract(name: str, held: set[str]) -> None:
    assert name in held, f"{name} is in the registry, but no subclass of ConnectorContract has it among its `connectors`"


def test_no_contract_is_for_a_connector_that_does_not_ship(held: set[str]) -> None:
    assert held <= CONNECTORS.keys()
