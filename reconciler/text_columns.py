"""The normalisation of references for whole columns. `reconciler.text` is the reference; a property test holds them equal."""

import polars as pl

from reconciler.text import NO_REFERENCE, normalise_reference

__all__ = ["normalise_references"]

_UNUSUAL = "[^0-9A-Za-z]"
"""What makes a reference more than letters and digits of ASCII, which only need capitals."""


def normalise_references(texts: pl.Series) -> pl.Series:
    """`normalise_reference` of each text; null where the text is null."""
    unusual = texts.str.contains(_UNUSUAL)
    capitals = texts.str.to_uppercase()
    nothing = capitals.is_in(list(NO_REFERENCE)) | (capitals.str.strip_chars("0") == "")
    normal = capitals.set(nothing, "")
    if not unusual.any():
        return normal
    return normal.scatter(unusual.arg_true(), [normalise_reference(text) for text in texts.filter(unusual).to_list()])
