"""Cursors: what was written is read, anything else is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cursor import CursorSigner
from api.errors import BadCursorError

SIGNER = CursorSigner(b"k" * 32)
texts = st.lists(st.text(), min_size=1, max_size=6)
queries = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=4)


@given(texts, queries)
def test_what_was_written_is_read(values: list[str], query: dict[str, str]) -> None:
    assert SIGNER.read(SIGNER.write(values, query), query) == values


@given(texts, queries, queries)
def test_another_query_is_refused(values: list[str], query: dict[str, str], other: dict[str, str]) -> None:
    if query != other:
        with pytest.raises(BadCursorError):
            SIGNER.read(SIGNER.write(values, query), other)


@given(st.text())
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadCursorError):
        SIGNER.read(text, {})


@given(texts)
def test_another_key_is_refused(values: list[str]) -> None:
    with pytest.raises(BadCursorError):
        CursorSigner(b"o" * 32).read(SIGNER.write(values, {}), {})
