"""Requests ahead of the reader, on a thread of paramiko's that ends with the connection.

Left alone, that thread ends a cut connection with a traceback on stderr, or, with as many requests in flight as may be, waits for
their answers for ever (paramiko 5.1.0, `SFTPFile._prefetch_thread`). The reader gets the error of the connection as well.
"""

from contextlib import suppress
from typing import Any

import paramiko

__all__ = ["ReadAhead"]


class ReadAhead:
    """The requests ahead of one reader."""

    def __init__(self) -> None:
        self._file: Any = None  # for what the library's stubs leave out

    def begin(self, remote: paramiko.SFTPFile, size: int, most: int) -> None:
        """Ask for the bytes from where `remote` stands to `size`, with at most `most` requests in flight."""
        self._file = remote
        send = self._file._prefetch_thread

        def send_quietly(*given: Any) -> None:
            with suppress(paramiko.SSHException, OSError, EOFError):
                send(*given)

        self._file._prefetch_thread = send_quietly
        remote.prefetch(size, most)

    def give_up(self) -> None:
        """Once the connection is closed: nothing in flight is answered any more, so the thread need not wait for it."""
        if self._file is not None:
            with self._file._prefetch_lock:
                self._file._prefetch_extents.clear()
