"""Refuses a document type before the XML parser can act on it: banks send none, attackers do (XXE, entity bombs)."""

import re
from typing import Any, BinaryIO

from lxml import etree

from producers.errors import FileFormatError

__all__ = ["GuardedStream", "refuse_doctype"]

_DOCTYPE = re.compile(rb"<!doctype", re.IGNORECASE)
_ROOT = re.compile(rb"<[A-Za-z_]")
_KEEP = 16
_LONGEST = 16 << 20
"""Longest stretch without the end of a tag. lxml limits texts to 10 MB, but reads a name or a tag that never ends for ever."""
_MESSAGE = "the file has a DOCTYPE, which no ISO 20022 message has; it is refused unread, because a DOCTYPE can pull in other files"


class GuardedStream:
    """A binary stream that stops at a tag without end, and at a DOCTYPE in front of the root element.

    The DOCTYPE is found in any encoding that spells it in ASCII or UTF-16.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._tail = b""
        self._in_prolog = True
        self._untagged = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes.

        Raises:
            FileFormatError: a DOCTYPE stands before the root element, or no tag ends within 16 MiB.
        """
        data = self._stream.read(size)
        end = data.rfind(b">")
        self._untagged = len(data) - end if end >= 0 else self._untagged + len(data)
        if self._untagged > _LONGEST:
            raise FileFormatError(f"{_LONGEST} bytes without the end of a tag: this is no statement")
        if self._in_prolog:
            seen = self._tail + data.replace(b"\0", b"")
            root = _ROOT.search(seen)
            if _DOCTYPE.search(seen, 0, root.start() if root else len(seen)):
                raise FileFormatError(_MESSAGE)
            self._in_prolog = root is None
            self._tail = seen[-_KEEP:]
        return data


def refuse_doctype(element: etree._Element) -> None:
    """The same for what the parser itself saw, in whatever encoding.

    Raises:
        FileFormatError: the document has a DOCTYPE.
    """
    information: Any = element.getroottree().docinfo
    if information.doctype:
        raise FileFormatError(_MESSAGE)
