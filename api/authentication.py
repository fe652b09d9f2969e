"""Authentication before everything: a path that is not on the short open list needs the token or a session."""

import re
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access import Access, is_loopback
from api.context import Clock
from api.errors import ApiError, ForeignOriginError, UnauthorizedError, UnknownHostError
from api.problems import problem_response
from api.session import COOKIE, session_is_valid

__all__ = ["OPEN_PATHS", "Authentication"]

OPEN_PATHS = frozenset({"/livez", "/readyz", "/login", "/oauth/callback"})
"""Open to everybody: they tell nothing about the data. `/static/` and `/problems/` are open too. The callback of OAuth asks for the
cookie of whoever began the authorisation instead, because browsers keep the session's cookie back when another site sends them."""
_OPEN_PREFIXES = ("/static/", "/problems/")
_DELIVERY = re.compile(r"/v1/webhooks/[^/]+/[^/]+")
"""POST to these is open to the world: a signature shows who delivers (`api.webhooks`)."""
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Authentication:
    """ASGI middleware: default deny, so that a new route is closed until somebody opens it."""

    def __init__(self, app: ASGIApp, access: Access, now: Clock) -> None:
        self._app = app
        self._access = access
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request with a problem, or pass it on."""
        if scope["type"] == "http":
            request = Request(scope)
            error = self._objection(request)
            if error is not None:
                challenge = {"WWW-Authenticate": 'Bearer realm="reconduit"'} if error.status == 401 else {}
                response = problem_response(request, status=error.status, slug=error.slug, detail=str(error), headers=challenge)
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _objection(self, request: Request) -> ApiError | None:
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        if self._access.token is None and not is_loopback(host):
            return UnknownHostError("without a token only requests to 127.0.0.1, [::1] or localhost are answered")
        if request.method not in _SAFE_METHODS and self._is_foreign(request):
            return ForeignOriginError("this form was sent from another site; open the page itself and sign in there")
        path = request.url.path
        if self._access.token is None or path in OPEN_PATHS or path.startswith(_OPEN_PREFIXES):
            return None
        if request.method == "POST" and _DELIVERY.fullmatch(path):
            return None
        return self._doubt(request)

    def _doubt(self, request: Request) -> UnauthorizedError | None:
        scheme, _, presented = request.headers.get("authorization", "").partition(" ")
        if presented:
            admitted = scheme.lower() == "bearer" and self._access.admits(presented.strip())
            return None if admitted else UnauthorizedError("the bearer token is not the one in RECONDUIT_API_TOKEN")
        cookie = request.cookies.get(COOKIE)
        if cookie is None:
            return UnauthorizedError("send `Authorization: Bearer TOKEN`, or sign in at /login")
        if not session_is_valid(self._access, cookie, int(self._now().timestamp())):
            return UnauthorizedError("the session has ended; sign in again at /login")
        return None

    @staticmethod
    def _is_foreign(request: Request) -> bool:
        # Browsers send Sec-Fetch-Site to loopback and over HTTPS; elsewhere Origin has to do. Programs send neither.
        site = request.headers.get("sec-fetch-site")
        if site is not None:
            return site not in {"same-origin", "none"}
        origin = request.headers.get("origin")
        return origin is not None and urlsplit(origin).netloc != request.headers.get("host")
