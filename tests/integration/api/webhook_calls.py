"""Deliveries straight into the application: no socket, so that ten thousand take seconds and broken ones can be made."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import create_app
from reconduit.integrations.model import IntegrationDraft
from reconduit.integrations.registry import create_integration, find_integration, set_enabled
from reconduit.vault import open_vault
from reconduit.webhooks.endpoints import put_endpoint
from schemas.records import DEFAULT_TENANT
from tests.integration.api.conftest import settings_for

__all__ = ["SECRET", "Hook", "make_hook", "post", "started", "use_vault_key"]

SECRET = "the-webhook-secret"


@dataclass(frozen=True, slots=True)
class Hook:
    """An open endpoint."""

    url: str
    integration_id: UUID
    provider: str = "razorpay"
    secrets: list[str] = field(default_factory=lambda: [SECRET])
    source: str = "shop"

    @property
    def path(self) -> str:
        return f"/v1/webhooks/{self.provider}/{self.source}"


def use_vault_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECONDUIT_VAULT_KEYS", f"k1:{base64.b64encode(bytes(32)).decode()}")


def make_hook(
    url: str, *secrets: str, provider: str = "razorpay", settings: dict[str, Any] | None = None, source: str = "shop"
) -> Hook:
    """An enabled integration with an open endpoint."""
    vault = open_vault(lambda: psycopg.connect(url))
    with psycopg.connect(url) as connection:
        if connection.execute("SELECT 1 FROM integration").fetchone() is None:
            draft = IntegrationDraft(name=source, connector="razorpay", base_url="http://127.0.0.1:9/")
            create_integration(connection, DEFAULT_TENANT, draft, actor="test")
            set_enabled(connection, DEFAULT_TENANT, source, wanted=True, actor="test")
        made = find_integration(connection, DEFAULT_TENANT, source)
        given = [SecretStr(secret) for secret in secrets or (SECRET,)]
        put_endpoint(connection, vault, made, provider, settings or {}, given, actor="test")
    return Hook(url, made.integration_id, provider, list(secrets or (SECRET,)), source)


@asynccontextmanager
async def started(url: str) -> AsyncIterator[FastAPI]:
    """The application, running."""
    app = create_app(settings_for(url))
    async with app.router.lifespan_context(app):
        yield app


async def post(
    app: FastAPI,
    path: str,
    headers: dict[str, str],
    chunks: Sequence[bytes] = (b"",),
    *,
    pause: float = 0.0,
    vanishes: bool = False,
) -> tuple[int, bytes, int]:
    """POST in chunks; returns status, body of the answer, and how many chunks were read."""
    sent: list[Any] = []
    waiting = list(chunks)
    read = 0

    async def receive() -> dict[str, Any]:
        nonlocal read
        if pause and read:
            await asyncio.sleep(pause)
        if not waiting and vanishes:
            return {"type": "http.disconnect"}
        read += 1
        chunk = waiting.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(waiting) or vanishes}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"127.0.0.1"), *((name.encode(), value.encode("latin-1")) for name, value in headers.items())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent if message["type"] == "http.response.body")
    return sent[0]["status"], body, read
