"""Signing in to the page: the token in a form, or a one-time link; and signing out."""

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.context import Context, Here
from api.errors import BadFilterError
from api.forms import read_form
from api.session import COOKIE, SESSION_SECONDS, new_session
from api.templating import render

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

_MAX_FORM_BYTES = 4096


def _start_session(here: Context, response: Response) -> Response:
    response.set_cookie(
        COOKIE,
        new_session(here.access, int(here.now().timestamp())),
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="strict",
        path="/",
    )
    return response


@router.get("/login")
def show_login(here: Here, ticket: str = "") -> Response:
    """The form; or, with the ticket of a one-time link, a session."""
    if not ticket:
        return HTMLResponse(render("login.html", notice=None))
    if not here.tickets.redeem(ticket, int(here.now().timestamp())):
        notice = "This link was used already or has expired. Sign in with the token instead."
        return HTMLResponse(render("login.html", notice=notice), status_code=401)
    # A page instead of a redirect: a browser does not send a Strict cookie on a redirect that another site began.
    return _start_session(here, HTMLResponse(render("signed_in.html")))


@router.post("/login")
async def sign_in(here: Here, request: Request) -> Response:
    """Start a session for whoever knows the token."""
    try:
        presented = (await read_form(request, _MAX_FORM_BYTES)).get("token", [""])[0].strip()
    except BadFilterError:
        presented = ""  # larger than any token
    if not here.access.admits(presented):
        page = await run_in_threadpool(render, "login.html", notice="That is not the token. Nothing was changed.")
        return HTMLResponse(page, status_code=401)
    return _start_session(here, RedirectResponse("/", status_code=303))


@router.post("/logout")
def sign_out() -> Response:
    """Forget the session in this browser."""
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response
