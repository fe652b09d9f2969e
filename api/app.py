"""The application: routes, errors, authentication and security headers put together."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from api.access import Access, refuse_open_door
from api.authentication import Authentication
from api.context import Clock, build_context, utc_now
from api.database import Database
from api.problems import install_problem_handlers
from api.queries.sources import patience_for
from api.routes import deciding, explain, health, integrations, oauth, operators, page, sign_in, v1
from api.security_headers import SecurityHeaders
from api.webhooks import routes as webhooks
from reconduit.settings import Settings
from reconduit.sources import load_sources

__all__ = ["create_app"]

_DESCRIPTION = "What matched, what did not, and why; and what operators decide about it. Money in minor units, times in UTC."


class _Application(FastAPI):
    """FastAPI whose security headers stand outside even the handler of unexpected errors."""

    def build_middleware_stack(self) -> ASGIApp:
        return SecurityHeaders(super().build_middleware_stack())


def _patience(sources_file: Path) -> dict[str, dt.timedelta]:
    """How long each source of the sources file may go without a success.

    The file is the producers'; an API on another machine does not have it, and then a default counts.
    """
    if not sources_file.is_file():
        return {}
    return {source.name: patience_for(source.poll_seconds) for source in load_sources(sources_file)}


def create_app(settings: Settings, *, host: str = "127.0.0.1", no_auth: bool = False, now: Clock = utc_now) -> FastAPI:
    """The read API and the page.

    Args:
        settings: the database, the token, the sources file.
        host: address that the server will listen on; decides whether it may do without a token.
        no_auth: answer without a token, on loopback only.
        now: the clock, from which the age of open items counts.

    Raises:
        AccessRefusedError: no token, and not both loopback and `no_auth`.
        SettingsError: the sources file is there and wrong.
    """
    refuse_open_door(settings, host=host, no_auth=no_auth)
    access = Access.of(settings.api_token.get_secret_value() if settings.api_token else None)
    database = Database(settings.dsn())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        database.open()
        try:
            yield
        finally:
            database.close()

    app = _Application(
        title="Reconduit read API",
        version="1",
        description=_DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
    )
    app.state.context = build_context(database, access, now, _patience(settings.sources_file))
    app.add_middleware(Authentication, access=access, now=now)
    install_problem_handlers(app)
    for router in (
        v1.router,
        explain.router,
        operators.router,
        integrations.router,
        oauth.router,
        webhooks.router,
        health.router,
        sign_in.router,
        page.router,
        deciding.router,
    ):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name
