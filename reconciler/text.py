"""When two references are the same text: one normalisation, used for keys, evidence and partitions alike."""

import re
import unicodedata

__all__ = ["NO_REFERENCE", "normalise_reference"]

NO_REFERENCE = frozenset({"", "NONREF", "NOTPROVIDED", "NONE", "NULL", "NA"})
"""Placeholders that banks send where a reference is missing (MT940 field 61, ISO 20022)."""

_SEPARATORS = re.compile(r"[\s\-_/.:#]+")


def normalise_reference(text: str) -> str:
    r"""Canonical form of a reference: NFKC, no invisible characters, upper case, no separators.

    `" inv-00 42\u200b"` becomes `"INV0042"`. Homoglyphs of other scripts are kept apart on purpose: they never match by
    themselves. Placeholders such as NONREF, and runs of zeros, become the empty string. A canonical form is its own canonical form.
    """
    if text.isascii() and text.isalnum():
        normal = text.upper()
    else:
        compatible = unicodedata.normalize("NFKC", text)
        visible = "".join(character for character in compatible if unicodedata.category(character) not in {"Cf", "Cc"})
        # Composed once more: what was taken out may have kept a letter from its accent, and capitals may decompose.
        normal = unicodedata.normalize("NFKC", _SEPARATORS.sub("", visible).upper())
    return "" if normal in NO_REFERENCE or not normal.strip("0") else normal
