"""Requests ahead of the reader, on a thread of paramiko's that ends with the connection.

Left alone, that thread ends a cut connection with a traceback on stderr, or, with as many requests in flight as may be, waits for
their answers for ever (paramiko 5.1.0, `SFTPFile._prefetch_thread`). The reader gets the error of the connection as well.
"""

from contextlib import suppress
from typing import Any

import paramiko

__all__ = ["ReadAhead"]


class ReadAhead:
    """The requests ahead of one reader.

    Attributes:
        ended: every request was sent, or no more can be.
    """

    def __init__(self, remote: paramiko.SFTPFile) -> None:
        self._file: Any = remote  # for what the library's stubs leave out
        self.ended = False

    def begin(self, size: int, most: int) -> None:
        """Ask for the bytes from where the file stands to `size`, with at most `most` requests in flight."""
        send = self._file._prefetch_thread

        def send_quietly(*given: Any) -> None:
            with suppress(paramiko.SSHException, OSError, EOFError):
                send(*given)
            self.ended = True

        self._file._prefetch_thread = send_quietly
        self._file.prefetch(size, most)

    def give_up(self) -> None:
        """Once the connection is closed: let the thread end, whether it waits for answers or is about to send a request."""
        with self._file._prefetch_lock:
            self._file._prefetch_extents = _NoneInFlight()
            self._file.sftp = _Closed()


class _NoneInFlight(dict[int, tuple[int, int]]):
    """Requests in flight, of which there are none, not even the one that was being sent."""

    def __setitem__(self, number: int, extent: tuple[int, int]) -> None:
        """Forget it."""


class _Closed:
    """A connection that takes no requests."""

    def _async_request(self, *_request: object) -> int:
        raise EOFError("the connection is closed")
