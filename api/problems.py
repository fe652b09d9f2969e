"""Every error as RFC 9457 problem details: JSON for programs, a written page for people."""

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from api.errors import ApiError, UnauthorizedError
from api.session import COOKIE
from api.templating import render

__all__ = ["PROBLEM_RESPONSES", "Problem", "install_problem_handlers", "problem_response"]

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger(__name__)


class Problem(BaseModel):
    """Problem details as in RFC 9457."""

    type: str = Field(description="URI reference of the kind of problem; resolves to its description on this server")
    title: str
    status: int
    detail: str
    instance: str = Field(description="path of the request")
    errors: list[dict[str, Any]] | None = Field(default=None, description="each parameter that is wrong, for status 422")


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: {}}}
    for status in (400, 401, 404, 409, 422, 500, 503)
}


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/v1/")


def problem_response(
    request: Request,
    *,
    status: int,
    slug: str,
    detail: str,
    errors: list[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The answer to a request that failed: problem+json, or for a browser a page that says the same."""
    title = HTTPStatus(status).phrase
    if _wants_page(request):
        template = "login.html" if status == 401 else "problem.html"
        # Whoever comes for the first time has done nothing wrong: only a session that has ended is worth a notice.
        notice = "Your session has ended. Sign in again." if COOKIE in request.cookies else None
        page = render(template, title=title, status=status, detail=detail, errors=errors or [], notice=notice)
        return Response(page, status_code=status, media_type="text/html", headers=headers)
    problem = Problem(type=f"/problems/{slug}", title=title, status=status, detail=detail, instance=request.url.path, errors=errors)
    return JSONResponse(problem.model_dump(exclude_none=True), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def _slug_of(status: int) -> str:
    return HTTPStatus(status).phrase.lower().replace(" ", "-").replace("'", "")


async def _api_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    headers = {"WWW-Authenticate": 'Bearer realm="reconduit"'} if isinstance(error, UnauthorizedError) else {}
    if error.status == 503:
        headers["Retry-After"] = "5"
    if error.status >= 500:
        _log.warning("request failed", path=request.url.path, problem=error.slug, detail=str(error), cause=repr(error.__cause__))
    return problem_response(request, status=error.status, slug=error.slug, detail=str(error), headers=headers)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    details = {
        404: "There is nothing at this path; GET /v1/openapi.json lists what there is.",
        405: f"{request.method} is not possible here; GET /v1/openapi.json tells what is.",
    }
    return problem_response(
        request,
        status=error.status_code,
        slug=_slug_of(error.status_code),
        detail=details.get(error.status_code, str(error.detail)),
        headers=dict(error.headers or {}),
    )


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [{"parameter": ".".join(map(str, e["loc"][1:])), "message": e["msg"]} for e in error.errors()]
    wrong = "; ".join(f"{e['parameter']}: {e['message']}" for e in errors)
    return problem_response(request, status=422, slug="invalid-parameters", detail=wrong, errors=jsonable_encoder(errors))


async def _unexpected(request: Request, error: Exception) -> Response:
    _log.error("request failed unexpectedly", path=request.url.path, exc_info=error)
    return problem_response(
        request, status=500, slug="internal-error", detail="The server failed; its log has the cause. Nothing was changed."
    )


def install_problem_handlers(app: FastAPI) -> None:
    """Make every error of `app` an answer of this module; unexpected ones show no inner detail."""
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unexpected)
