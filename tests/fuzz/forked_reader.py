"""Runs the reader of workbooks in a fork of the fuzzer, because a new interpreter for each file takes nearly all of the time."""

import contextlib
import os
import signal
import sys
from tempfile import TemporaryFile
from typing import BinaryIO

from producers.errors import FileFormatError
from producers.formats import workbook_reader

__all__ = ["run_forked_reader"]

_DIED = 70
_DEADLY = (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL)


def run_forked_reader(stream: BinaryIO, rows: BinaryIO) -> None:
    """Write the rows of the workbook `stream` to `rows`, as `producers.formats.spreadsheet` has it done by a process of its own.

    Raises:
        FileFormatError: the child found no workbook, or did not survive it.
    """
    with TemporaryFile() as content:
        content.write(stream.read())
        content.seek(0)
        child = os.fork()
        if child == 0:
            _become_the_reader(content, rows)
        _, status = os.waitpid(child, 0)
    if status:
        raise FileFormatError(f"the workbook cannot be read (status {status})")


def _become_the_reader(content: BinaryIO, rows: BinaryIO) -> None:
    code = _DIED
    with contextlib.suppress(BaseException):
        for number in _DEADLY:
            # libFuzzer's own handlers would take the end of the child for a crash of ours.
            signal.signal(number, signal.SIG_DFL)
        for file, descriptor in ((content, 0), (rows, 1)):
            os.dup2(file.fileno(), descriptor)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        # The fuzzer's own objects may hold what it has not printed yet.
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        code = workbook_reader.main()
        sys.stdout.flush()
    os._exit(code)
