"""Text of files that name no charset: UTF-8 where it is valid, else cp1252 or cp852, as the file's own words tell."""

import re

from producers.formats.lines import decode

__all__ = ["TextDecoder"]

# Polish letters of cp852 that are signs or undefined in cp1252, inside of words. Its other letters are letters in cp1252 too,
# and 0x97 (S with acute) is cp1252's dash.
_POLISH = re.compile(
    rb"(?<=[A-Za-z])[\xa5\x86\xa9\x88\xa2\x98\xab\xbe\xa4\x8f\xa8\x9d\x8d\xbd]|[\xa5\x86\xa9\x88\xa2\x98\xab\xbe](?=[a-z])"
)
# Letters of cp1252 that no Polish text in cp852 has: the Western ones but for those with Polish letters in their place.
_WESTERN = re.compile(rb"[\xc0-\xd6\xd8-\xdf\xe1\xe2\xe5-\xf6\xf8-\xfd]")


class TextDecoder:
    """Decodes the lines of one file, and learns from them which charset it has."""

    __slots__ = ("_polish", "_western")

    def __init__(self) -> None:
        self._polish = self._western = 0

    def __call__(self, raw: bytes) -> str:
        """Text of a line; never fails, because ISO-8859-1 takes any byte."""
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            self._polish += len(_POLISH.findall(raw))
            self._western += len(_WESTERN.findall(raw))
            return raw.decode("cp852") if self._polish > self._western else decode(raw)

    def lines(self, raw: list[bytes]) -> list[str]:
        """Text of several lines, at the cost of one where they are UTF-8."""
        try:
            return b"\n".join(raw).decode("utf-8").split("\n")
        except UnicodeDecodeError:
            return [self(line) for line in raw]
