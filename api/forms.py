"""Reading a form that one of our own pages sent."""

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs

from fastapi import Request

from api.errors import BadFilterError

__all__ = ["read_form"]


async def read_form(request: Request, most_bytes: int) -> Mapping[str, Sequence[str]]:
    """The fields of a URL-encoded form, each with all its values.

    Raises:
        BadFilterError: the form is larger than `most_bytes`.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise BadFilterError(f"the form is larger than {most_bytes} bytes")
    return parse_qs(body.decode("utf-8", "replace"))
