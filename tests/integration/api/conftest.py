"""The application over a seeded database, and clients of it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import create_app
from reconduit.settings import Settings
from tests.fixtures.app_server import serving_app
from tests.integration.api.seeding import NOW, seed

TOKEN = "a-token-of-the-tests-" + "x" * 20


def settings_for(url: str, token: str | None = TOKEN) -> Settings:
    return Settings(
        database_url=SecretStr(url),
        api_token=None if token is None else SecretStr(token),
        sources_file=Path("no-such-file.yaml"),
    )


@pytest.fixture(scope="module")
def seeded_url(module_database_url: str) -> str:
    seed(module_database_url)
    return module_database_url


@pytest.fixture(scope="module")
def app(seeded_url: str) -> FastAPI:
    return create_app(settings_for(seeded_url), now=lambda: NOW)


@pytest.fixture(scope="module")
def base_url(app: FastAPI) -> Iterator[str]:
    with serving_app(app) as url:
        yield url


@pytest.fixture
def anonymous(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, timeout=60) as client:
        yield client


@pytest.fixture
def client(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        yield client
