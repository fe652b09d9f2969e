import pytest

from producers.errors import ConfigurationError
from producers.kit.registry import build_connector
from reconduit.sources import SourceConfig


def test_an_unknown_connector_is_named_with_those_that_exist() -> None:
    with pytest.raises(ConfigurationError, match=r"acme.*'nobank'.*hdfc.*razorpay"):
        build_connector(SourceConfig(name="acme", connector="nobank"))


@pytest.mark.parametrize("path", ["no.such.module:build", "producers.kit.registry:no_such_function"])
def test_a_factory_that_cannot_be_loaded_is_named(path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"acme.*cannot be loaded"):
        build_connector(SourceConfig(name="acme", connector=path))


def test_a_connector_of_ones_own_is_a_dotted_path() -> None:
    config = SourceConfig(name="acme", connector="builtins:id")
    assert build_connector(config) == id(config)
