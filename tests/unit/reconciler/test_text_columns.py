"""References normalised in columns are what the one function makes of each."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from reconciler.text import NO_REFERENCE, normalise_reference
from reconciler.text_columns import normalise_references

_usual = st.text("0aZ9", max_size=4)
_unusual = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
_references = st.one_of(st.none(), _usual, _unusual, st.sampled_from([*sorted(NO_REFERENCE), "nonref", "PAY-1", "x\n", "0-0"]))


@given(references=st.lists(_references, max_size=12))
def test_a_column_is_normalised_as_each_of_its_texts_is(references: list[str | None]) -> None:
    column = pl.Series("reference", references, dtype=pl.String)
    expected = [None if text is None else normalise_reference(text) for text in references]
    assert normalise_references(column).to_list() == expected
    assert column.to_list() == references
