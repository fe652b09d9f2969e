"""The Link header of listings."""

from urllib.parse import urlencode

from fastapi import Request, Response

from api.filters import ListFilter

__all__ = ["link_next"]


def link_next(request: Request, response: Response, filters: ListFilter, cursor: str | None) -> None:
    """Name the next page's address in the answer's Link header (RFC 8288); nothing on the last page."""
    if cursor is not None:
        query = urlencode({**filters.query(), "limit": filters.limit, "cursor": cursor})
        response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
