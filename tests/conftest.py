"""What every test may use: services that start when first asked for, databases, topics, an SFTP drop, Chromium."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.fixtures.services",
    "tests.fixtures.databases",
    "tests.fixtures.topics",
    "tests.fixtures.drops",
    "tests.fixtures.browser",
    "tests.fixtures.workers",
]

# A machine under load is slow, not wrong. CI takes the same examples every time; new ones are looked for where somebody can act.
settings.register_profile(
    "reconduit", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("reconduit")

_TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark tests by the folder they are in."""
    for item in items:
        if item.path.is_relative_to(_TESTS):
            tier = item.path.relative_to(_TESTS).parts[0]
            if tier in {"integration", "e2e", "chaos"}:
                item.add_marker(tier)
