"""The body of a delivery, read no further than is allowed and no longer than is patient."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from starlette.requests import ClientDisconnect

from api.errors import BodyTooLargeError, BrokenBodyError, SlowBodyError

__all__ = ["read_body"]


async def read_body(chunks: AsyncIterator[bytes], headers: Mapping[str, str], *, most_bytes: int, seconds: float) -> bytes:
    """The whole body.

    Args:
        chunks: as they arrive.
        headers: by lower-case name.
        most_bytes: where it is cut off; what is announced to be longer is not read at all.
        seconds: for the whole of it, so that a byte now and then does not keep a connection for good.

    Raises:
        BodyTooLargeError: longer than allowed.
        SlowBodyError: not there in time.
        BrokenBodyError: cut off, or not as long as announced.
    """
    announced = _announced(headers.get("content-length"))
    if announced is not None and announced > most_bytes:
        raise BodyTooLargeError(f"a delivery may have {most_bytes} bytes")
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in chunks:
                body += chunk
                if len(body) > most_bytes:
                    raise BodyTooLargeError(f"a delivery may have {most_bytes} bytes")
    except TimeoutError:
        raise SlowBodyError(f"the body did not arrive within {seconds:g} s") from None
    except ClientDisconnect:
        raise BrokenBodyError("the body was cut off") from None
    if announced is not None and announced != len(body):
        raise BrokenBodyError("the body is not as long as Content-Length says")
    return bytes(body)


def _announced(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise BrokenBodyError("Content-Length is no number")
    return int(text)
