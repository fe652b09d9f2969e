"""Whether the end of a file is the end of its format: a slow writer pauses, and a file that only stopped growing is not complete.

This decides how long a file is waited for, not whether it is right: what a parser makes of it is the judge.
"""

import re
from pathlib import Path

from producers.errors import FileFormatError
from producers.formats.sniff import sniff_stream

__all__ = ["is_terminated"]

_TAIL = 4096
_ENDS = {
    "camt.053": re.compile(rb"</[\w:.-]*(Document|Envelope|message|BizMsgEnvlp|Body|Msg|RequestPayload)\s*>\s*(-->)?\s*\Z"),
    "mt940": re.compile(rb"(\A|[\r\n])\s*-\}?[^\r\n]*\s*\Z|:62[FM]:|:90[CD]:"),
    "bai2": re.compile(rb"(\A|[\r\n])99,[^\r\n]*\s*\Z"),
    "nacha": re.compile(rb"(\A|[\r\n])9[^\r\n]{0,93}\s*\Z"),
    "coda": re.compile(rb"(\A|[\r\n])9[^\r\n]{0,127}\s*\Z"),
    "ofx": re.compile(rb"</OFX>\s*\Z", re.IGNORECASE),
    "paypal.stl": re.compile(rb'(\A|[\r\n])"?(FF|FC|RF|RC)\b[^\r\n]*\s*\Z'),
    "cfonb120": re.compile(rb"(\A|[\r\n])07[^\r\n]{0,118}\s*\Z"),
}
"""Last record of each format that has one: camt its root's end tag, MT940 `-` or the closing balance, BAI2 99, NACHA and CODA 9,
OFX its end tag, CFONB 07, PayPal's report FF or RF, or the count
behind it. Formats without a last record (QIF, delimited files) end anywhere."""


def is_terminated(path: Path, declared: str | None) -> bool:
    """Whether the file ends as its format does. A file of no known format counts as ended: waiting would not make it one.

    Args:
        path: the local copy.
        declared: name of the feed's format; by default the content tells.
    """
    with path.open("rb") as stream:
        try:
            form = declared or sniff_stream(stream).name
        except FileFormatError:
            return path.stat().st_size > 0
        ends = _ENDS.get(form)
        if ends is None:
            return True
        stream.seek(max(0, path.stat().st_size - _TAIL))
        tail = stream.read().replace(b"\0", b"")
    return ends.search(tail) is not None
