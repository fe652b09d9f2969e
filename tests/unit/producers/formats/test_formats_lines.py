"""Lines of a stream: the same ones however the stream is cut into reads, and none longer than allowed."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import FileFormatError
from producers.formats.lines import numbered_lines

PIECES = st.lists(st.sampled_from([b"a", b"bc", b"\r", b"\n", b"\r\n", b"\x0b", b"\x85", b"\xc5", b"\x82"]), max_size=30)


class Trickle(io.BytesIO):
    """A stream that gives a few bytes at a time."""

    def __init__(self, content: bytes, sizes: list[int]) -> None:
        super().__init__(content)
        self._sizes = sizes

    def read(self, size: int | None = -1, /) -> bytes:
        self._sizes = [*self._sizes[1:], self._sizes[0]]
        return super().read(self._sizes[-1])


@settings(max_examples=200, deadline=None)
@given(PIECES, st.lists(st.integers(1, 7), min_size=1, max_size=5))
def test_lines_are_those_of_the_whole_however_it_is_read(pieces, sizes):
    content = b"".join(pieces)
    lines = list(numbered_lines(Trickle(content, sizes), 1 << 20))
    assert lines == list(enumerate(content.splitlines(), 1))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 12), max_size=12), st.integers(1, 9), st.integers(1, 40))
def test_the_first_line_that_is_too_long_is_named_and_those_before_it_are_given(lengths, limit, size):
    content = b"".join(b"x" * length + b"\n" for length in lengths)
    given_lines = []
    too_long = next((number for number, length in enumerate(lengths, 1) if length > limit), None)
    try:
        for number, line in numbered_lines(Trickle(content, [size]), limit):
            given_lines.append((number, len(line)))
    except FileFormatError as error:
        assert too_long is not None
        assert str(error).startswith(f"line {too_long}: ")
    else:
        assert too_long is None
    assert given_lines == list(enumerate(lengths, 1))[: None if too_long is None else too_long - 1]


def test_utf_16_is_refused_and_a_mark_is_dropped():
    with pytest.raises(FileFormatError, match="UTF-16"):
        list(numbered_lines(Trickle("a\n".encode("utf-16"), [1]), 99))
    assert list(numbered_lines(Trickle(b"\xef\xbb\xbfa\n", [1]), 99)) == [(1, b"a")]
