"""File names on somebody else's server are data: which ones are read, which are uploads under way, which are refused."""

import unicodedata
from fnmatch import fnmatchcase

__all__ = ["is_unfinished", "refusal", "wanted"]

_UNFINISHED = (".part", ".tmp", ".filepart", ".partial", ".crdownload", ".swp", ".done", ".ok", ".ctl")
_MAX_BYTES = 255


def is_unfinished(name: str) -> bool:
    """True for uploads under way (WinSCP writes `.filepart`), control files and hidden files."""
    return name.startswith(".") or name.lower().endswith(_UNFINISHED)


def wanted(name: str, pattern: str) -> bool:
    """True when the name fits the feed's pattern, letter case ignored: banks change between `.CSV` and `.csv`."""
    return fnmatchcase(name.lower(), pattern.lower())


def refusal(name: str) -> str | None:
    """Why a name is refused, None when it is fine.

    The name never becomes a local path; it is still refused when it could mislead a person or a tool that reads it: separators,
    control characters, invisible and direction-changing characters, more than 255 bytes, lone surrogates.
    """
    if "/" in name or "\\" in name or name in {"", ".", ".."}:
        return "it is a path, not a name"
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in name):
        return "it has control, invisible or direction-changing characters"
    if len(name.encode("utf-8")) > _MAX_BYTES:
        return f"it is longer than {_MAX_BYTES} bytes"
    return None
