"""The test-kit passes a connector that is right, and each of its cases fails one that is wrong in that one thing."""

import pytest

from producers.kit.testing import ConnectorContract, faults
from tests.contract.producers.kit.rows_bank import RowsConnector, RowsContract
from tests.contract.producers.kit.wrong_connectors import WRONG, KeepsItsOwnPosition


class TestRowsConnector(RowsContract):
    """The connector that is right."""


@pytest.mark.parametrize(("connector", "case"), WRONG, ids=lambda value: getattr(value, "__name__", value))
def test_the_kit_catches(connector: type[RowsConnector], case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_BOUND_SECONDS", 1.5)
    monkeypatch.setattr(KeepsItsOwnPosition, "position", -1)
    suite = RowsContract()
    suite.build = lambda base_url: connector(base_url, suite.zone)  # type: ignore[method-assign]
    with pytest.raises(AssertionError):
        getattr(suite, f"test_{case}")()


def test_a_name_that_stands_for_another_connector_is_refused() -> None:
    for name in ("icici", "no_such_connector"):
        suite = RowsContract()
        suite.connectors = (name,)  # type: ignore[misc]
        with pytest.raises(AssertionError, match=name):
            suite.test_registered_connector()


def test_every_case_is_seen_to_fail() -> None:
    cases = {name.removeprefix("test_") for name in dir(ConnectorContract) if name.startswith("test_")}
    assert cases - {case for _, case in WRONG} == {"what_is_not_applicable", "registered_connector"}
