"""The sandbox's server: every provider's API and the feeds on one port of 127.0.0.1, and the truth beside them.

| path | what |
|---|---|
| `/hdfc`, `/icici`, `/sbi`, `/razorpay` | the providers' own APIs |
| `/feeds/core`, `/feeds/gateway`, `/feeds/mobile` | `records`, see `producers.sandbox.feeds` |
| `/_sandbox/truth` | what a perfect reconciler would say of all that is visible now |
| `/_sandbox/faults` | GET the state of fault injection, PUT `{"enabled": false}` to change it |
| `/_sandbox/health` | 200 once the server answers |
"""

import datetime as dt
import importlib
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import uvicorn
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, ConfigDict

from producers.sandbox.credentials import generate_all
from producers.sandbox.faults import FaultMiddleware, FaultPlan
from producers.sandbox.feeds import FEEDS, feed_routes
from producers.sandbox.model import Truth, TruthBreak, TruthMatch, World
from producers.sandbox.quotas import QuotaMiddleware

__all__ = ["PROVIDERS", "create_app", "generate_credentials", "listen", "sandbox_clock", "serve"]

PROVIDERS = ("hdfc", "icici", "sbi", "razorpay")
"""Providers with an API, each a module in `producers.sandbox.providers`."""

Clock = Callable[[], dt.datetime]

_SHUTDOWN_SECONDS = 3


class _ProviderModule(Protocol):
    def routes(self, world: World, clock: Clock, credentials: Mapping[str, str]) -> APIRouter: ...

    def generate_credentials(self, directory: Path) -> Mapping[str, str]: ...


class _FaultSwitch(BaseModel):
    model_config = ConfigDict(extra="forbid")

    enabled: bool


def _provider(name: str) -> _ProviderModule:
    return cast("_ProviderModule", importlib.import_module(f"producers.sandbox.providers.{name}"))


def generate_credentials(directory: Path, providers: Iterable[str] = PROVIDERS) -> dict[str, Mapping[str, str]]:
    """New credentials of the providers and feeds, by name; written to `directory/NAME/SECRET`, readable by the owner only."""
    return generate_all(directory, {name: _provider(name).generate_credentials for name in providers})


def sandbox_clock(as_of: dt.date) -> Clock:
    """The time of the computer, but never before the world's end: a world of tomorrow is complete today."""
    end = dt.datetime.combine(as_of, dt.time(), dt.UTC)
    return lambda: max(dt.datetime.now(dt.UTC), end)


def create_app(
    world: World,
    clock: Clock,
    credentials: Mapping[str, Mapping[str, str]],
    faults: FaultPlan,
    providers: Sequence[str] = PROVIDERS,
) -> FastAPI:
    """The sandbox's application.

    Args:
        world: whose money everybody tells.
        clock: the sandbox's time, aware UTC.
        credentials: of each provider and feed, by name, as `generate_credentials` returns them.
        faults: what goes wrong.
        providers: which providers have an API here.
    """
    app = FastAPI(title="Reconduit sandbox", docs_url=None, redoc_url=None, openapi_url=None)
    for name in providers:
        app.include_router(_provider(name).routes(world, clock, credentials[name]), prefix=f"/{name}")
    for name in FEEDS:
        app.include_router(feed_routes(name, world, clock, credentials[name]), prefix=f"/feeds/{name}")
    app.include_router(_own_routes(world, clock, faults), prefix="/_sandbox")
    app.add_middleware(FaultMiddleware, plan=faults)
    app.add_middleware(QuotaMiddleware)
    return app


def _own_routes(world: World, clock: Clock, faults: FaultPlan) -> APIRouter:
    router = APIRouter()

    @router.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok", "now": clock().isoformat()}

    @router.get("/truth")
    def truth() -> dict[str, Any]:
        return _truth_json(world.truth(clock()))

    @router.get("/faults")
    def fault_state() -> dict[str, Any]:
        return {"enabled": faults.enabled, "injected": dict(sorted(faults.injected.items()))}

    @router.put("/faults")
    def switch_faults(switch: _FaultSwitch) -> dict[str, Any]:
        faults.enabled = switch.enabled
        return fault_state()

    return router


def _truth_json(truth: Truth) -> dict[str, Any]:
    """`{matches: [{reconciliation, label, members: [[source, txn_id]], visible_at}], breaks: [... with type]}`."""
    return {
        "matches": [_label_json(match) for match in truth.matches],
        "breaks": [{"type": found.type, **_label_json(found)} for found in truth.breaks],
    }


def _label_json(label: TruthMatch | TruthBreak) -> dict[str, Any]:
    return {
        "reconciliation": label.reconciliation,
        "label": label.label,
        "members": sorted(map(list, label.members)),
        "visible_at": label.visible_at.isoformat(),
    }


def listen(port: int = 0) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 takes a free one. Connections made before `serve` wait in its backlog.

    Raises:
        OSError: the port is taken.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def serve(app: FastAPI, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT; open requests get three seconds to end."""
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=_SHUTDOWN_SECONDS)
    uvicorn.Server(config).run(sockets=[listener])
