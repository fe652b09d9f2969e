"""References as banks write them, without the placeholders that stand for a missing one."""

from reconciler.text import NO_REFERENCE

__all__ = ["clean_reference"]

_PLACEHOLDERS = NO_REFERENCE | {"KREF+", "EREF+", "KREF+NONREF", "NOT PROVIDED"}


def clean_reference(text: str | None) -> str | None:
    """The reference, or None for NONREF, NOTPROVIDED, a bare `KREF+` (look in field 86), zeros and blanks."""
    if text is None:
        return None
    plain = text.strip()
    if not plain.strip("0") or plain.upper() in _PLACEHOLDERS:
        return None
    return plain
