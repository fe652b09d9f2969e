"""File names on somebody else's server are data: which ones are read, which are uploads under way, which are refused."""

import unicodedata

__all__ = ["is_control", "is_unfinished", "refusal"]

_UNFINISHED = (".part", ".tmp", ".filepart", ".partial", ".crdownload", ".swp")
_CONTROL = (".done", ".ok", ".ctl")
_MAX_BYTES = 255


def is_unfinished(name: str) -> bool:
    """True for uploads under way (WinSCP writes `.filepart`) and hidden files. `name` may have folders before it."""
    last = name.rsplit("/", 1)[-1]
    return last.startswith(".") or last.lower().endswith(_UNFINISHED)


def is_control(name: str) -> bool:
    """True for files that only tell about others; they are never read as data."""
    return name.lower().endswith(_CONTROL)


def refusal(name: str) -> str | None:
    """Why a name, without its folders, is refused; None when it is fine.

    It never becomes a local path; it is still refused when it could mislead a person or a tool that reads it: separators,
    control characters, invisible and direction-changing characters, more than 255 bytes, lone surrogates.
    """
    if "/" in name or "\\" in name or name in {"", ".", ".."}:
        return "it is a path, not a name"
    if any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in name):
        return "it has control, invisible or direction-changing characters"
    if len(name.encode("utf-8")) > _MAX_BYTES:
        return f"it is longer than {_MAX_BYTES} bytes"
    return None
