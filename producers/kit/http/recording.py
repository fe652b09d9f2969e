"""HTTP recorded for support: every exchange of a source for which an operator switched it on, token requests included, masked.

`RECONDUIT_RECORD_HTTP` does so for a process, `record_http_until` for one integration and no longer than that. It sits below the
httpx client, so that it sees what really goes over the wire. Recording never gets in the way of an exchange: what cannot be
recorded is left out, with a word in the log.
"""

import codecs
import datetime as dt
import time
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import structlog

from producers.kit.http.masking import Masker
from producers.kit.http.recording_switch import recorded_until
from producers.kit.http.recordings import Recordings, recorded_sources
from reconduit.opened_secrets import opened_secrets
from reconduit.settings import load_settings

__all__ = ["RecordingTransport", "recorded"]

_MOST_BODY = 32 * 1024
_ALWAYS = dt.datetime.max.replace(tzinfo=dt.UTC)
_ZLIB_OR_GZIP = 32 + zlib.MAX_WBITS


def recorded(inner: httpx.BaseTransport, source: str) -> httpx.BaseTransport:
    """`inner`, with its exchanges recorded where the environment or the integration says so.

    What earlier recordings left behind goes by its age.

    Args:
        inner: sends.
        source: name of the source; without one nothing is recorded.

    Raises:
        SettingsError: the environment has a value that does not fit.
        ConfigurationError: the name cannot be that of a folder.
    """
    settings = load_settings()
    for name in recorded_sources(settings.objects):
        Recordings(settings.objects, name).prune()
    until = recorded_until(source)
    if settings.records_http_of(source):
        until = _ALWAYS
    if not source or until is None:
        return inner
    return RecordingTransport(inner, Recordings(settings.objects, source), Masker(opened_secrets), until=until)


class _Tee(httpx.SyncByteStream):
    """Hands on a body and keeps its beginning; tells when it is over, however it ends."""

    def __init__(self, stream: httpx.SyncByteStream, done: Callable[[bytes, int, str], None]) -> None:
        self._stream = stream
        self._done = done
        self._kept = bytearray()
        self._size = 0
        self._is_told = False
        self._failure = ""

    def __iter__(self) -> Iterator[bytes]:
        try:
            for chunk in self._stream:
                self._size += len(chunk)
                self._kept += chunk[: max(0, _MOST_BODY - len(self._kept))]
                yield chunk
        except Exception as error:
            self._failure = f"{type(error).__name__}: {error}"
            raise

    def close(self) -> None:
        self._stream.close()
        if not self._is_told:
            self._is_told = True
            self._done(bytes(self._kept), self._size, self._failure)


class RecordingTransport(httpx.BaseTransport):
    """Wraps another transport and records its exchanges.

    Args:
        inner: sends.
        recordings: where the exchanges are kept.
        masker: takes the secrets out.
        until: aware UTC time from which on nothing more is recorded.
        now: aware UTC time.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        recordings: Recordings,
        masker: Masker,
        *,
        until: dt.datetime = _ALWAYS,
        now: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._until = until
        self._recordings = recordings
        self._masker = masker
        self._now = now
        self._clock = clock
        self._log = structlog.stdlib.get_logger("recording")

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send; the exchange is recorded when its response is closed, or at once when there is none."""
        at, started = self._now(), self._clock()
        if at >= self._until:
            return self._inner.handle_request(request)
        sent = request.read()

        def keep(answer: dict[str, Any]) -> None:
            exchange = {
                "at": at.isoformat(),
                "seconds": round(self._clock() - started, 3),
                "method": request.method,
                "url": self._masker.text(str(request.url)),
                "request": {
                    "headers": self._masker.headers(request.headers.multi_items()),
                    "body": self._body(sent[:_MOST_BODY], len(sent), ""),
                },
            }
            self._recordings.add(exchange | answer)

        try:
            response = self._inner.handle_request(request)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            self._safely(lambda: keep({"error": self._masker.text(said)}))
            raise

        def over(kept: bytes, size: int, failure: str) -> None:
            packed = response.headers.get("Content-Encoding", "")
            answer: dict[str, Any] = {
                "response": {
                    "status": response.status_code,
                    "headers": self._masker.headers(response.headers.multi_items()),
                    "body": self._body(kept, size, packed),
                }
            }
            keep(answer | ({"error": self._masker.text(failure)} if failure else {}))

        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Tee(response.stream, lambda kept, size, failure: self._safely(lambda: over(kept, size, failure)))
        return response

    def close(self) -> None:
        """Close the wrapped transport."""
        self._inner.close()

    def _body(self, kept: bytes, size: int, packed: str) -> str:
        """A body as masked text; `kept` is its beginning, `size` its length in bytes."""
        is_cut = size > len(kept)
        if packed not in {"", "identity"}:
            try:
                unpacking = zlib.decompressobj(_ZLIB_OR_GZIP)
                kept = unpacking.decompress(kept, _MOST_BODY)
                is_cut = is_cut or not unpacking.eof
            except zlib.error:
                return f"[{size} bytes, packed as {self._masker.text(packed)}]"
        try:
            text = codecs.getincrementaldecoder("utf-8")().decode(kept, final=not is_cut)
        except UnicodeDecodeError:
            return f"[{size} bytes that are no text]"
        masked = self._masker.text(text, is_cut=is_cut)
        return f"{masked}[cut: {size} bytes in all]" if is_cut else masked

    def _safely(self, record: Callable[[], None]) -> None:
        try:
            record()
        except Exception as error:  # noqa: BLE001  a full disk must not stop the source
            self._log.warning("exchange not recorded", error=f"{type(error).__name__}: {error}")
