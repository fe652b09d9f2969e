"""References as banks write them, without the placeholders that stand for a missing one."""

from reconciler.text import NO_REFERENCE

__all__ = ["clean_reference"]

# The bare keys are what field 61 has where field 86 tells the reference: `KREF+` in Germany, `EREF` of Rabobank.
_PLACEHOLDERS = NO_REFERENCE | {"KREF+", "EREF+", "KREF+NONREF", "NOT PROVIDED", "EREF", "MARF", "PREF"}
_LONGEST_PLACEHOLDER = max(map(len, _PLACEHOLDERS))
_ENDS_OF_REFERENCES = frozenset("123456789")


def clean_reference(text: str | None) -> str | None:
    """The reference, or None for NONREF, NOTPROVIDED, a bare `KREF+` (look in field 86), zeros and blanks."""
    if not text:
        return None
    plain = text.strip()
    # Most references end in a digit, and no placeholder does but for zeros.
    if plain[-1:] in _ENDS_OF_REFERENCES:
        return plain
    if not plain.strip("0") or (len(plain) <= _LONGEST_PLACEHOLDER and plain.upper() in _PLACEHOLDERS):
        return None
    return plain
