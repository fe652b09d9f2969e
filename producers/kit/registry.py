"""From the connector's name in the sources file to the function that builds it; modules are imported only when used."""

import importlib
from collections.abc import Callable
from typing import cast

from producers.errors import ConfigurationError
from producers.kit.contract import Connector
from reconduit.sources import SourceConfig

__all__ = ["CONNECTORS", "build_connector"]

_FEED = "producers.providers.feed.connector:build"

CONNECTORS = {
    "hdfc": "producers.providers.hdfc.connector:build",
    "icici": "producers.providers.icici.connector:build",
    "sbi": "producers.providers.sbi.connector:build",
    "razorpay": "producers.providers.razorpay.connector:build",
    "core": _FEED,
    "gateway": _FEED,
    "mobile": _FEED,
    "rest": "producers.providers.rest.connector:build",
    "sftp_drop": "producers.providers.sftp_drop.connector:build",
}
"""Factory `module:function` of each connector that is shipped."""


def build_connector(config: SourceConfig) -> Connector:
    """The connector of a source. `config.connector` is a name of `CONNECTORS`, or `module:function` of one of your own.

    Raises:
        ConfigurationError: there is no such connector, or its options are wrong.
    """
    path = config.connector if ":" in config.connector else CONNECTORS.get(config.connector)
    if path is None:
        names = ", ".join(sorted(CONNECTORS))
        raise ConfigurationError(f"source {config.name}: no connector {config.connector!r}; there are {names}, or module:function")
    module_name, _, function = path.partition(":")
    try:
        factory = getattr(importlib.import_module(module_name), function)
    except (ImportError, AttributeError) as error:
        raise ConfigurationError(f"source {config.name}: connector {path} cannot be loaded: {error}") from error
    return cast("Callable[[SourceConfig], Connector]", factory)(config)
