"""What a file says is what is read: random statements, every line end, every cut, every chunking."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import FileFormatError
from producers.formats import camt053, mt940
from producers.formats.contract import Event, StatementEnd, StatementParser
from schemas.records import Proof
from tests.fixtures import statement_files as files


class Dribble(io.BytesIO):
    """A stream that gives a few bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self._size = size

    def read(self, size: int | None = -1) -> bytes:
        return super().read(self._size if size is None or size < 0 else min(size, self._size))


def read(parse: StatementParser, content: bytes) -> list[Event]:
    return list(parse(io.BytesIO(content)))


def ends(events: list[Event]) -> list[StatementEnd]:
    return [event for event in events if isinstance(event, StatementEnd)]


@given(files.statements)
@settings(max_examples=60)
@pytest.mark.parametrize(("parse", "write"), [(mt940.parse, files.mt940), (camt053.parse, files.camt)], ids=["mt940", "camt"])
def test_a_written_statement_is_read_back_and_proved(parse, write, statement):
    opening, entries = statement
    events = read(parse, write(opening, entries))
    assert files.told(events) == entries
    (end,) = ends(events)
    assert end.proof is Proof.PROVED
    assert end.complete
    assert end.opening.amount_minor == opening
    assert end.closing.amount_minor == files.closing_of(opening, entries)
    assert (end.computed.entries, end.start.account_id, end.start.currency, end.start.sequence) == (len(entries), "DE123", "EUR", 7)


@given(files.statements, st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.integers(1, 64))
@settings(max_examples=60)
def test_mt940_is_the_same_with_any_line_end_mark_and_chunking(statement, line_end, mark, size):
    content = files.mt940(*statement, end=line_end)
    changed = (b"\xef\xbb\xbf" if mark else b"") + content
    assert list(mt940.parse(Dribble(changed, size))) == read(mt940.parse, files.mt940(*statement))


@given(files.statements, st.integers(1, 64), st.sampled_from(["utf-8-sig", "utf-16"]))
@settings(max_examples=30)
def test_camt_is_the_same_with_any_encoding_and_chunking(statement, size, encoding):
    content = files.camt(*statement)
    changed = content.decode().replace("UTF-8", encoding.removesuffix("-sig")).encode(encoding)
    assert list(camt053.parse(Dribble(changed, size))) == read(camt053.parse, content)


@pytest.mark.parametrize(("parse", "write"), [(mt940.parse, files.mt940), (camt053.parse, files.camt)], ids=["mt940", "camt"])
@given(statement=files.statements.filter(lambda drawn: drawn[1] != []))
@settings(max_examples=3)
def test_no_cut_passes_as_complete(parse, write, statement):
    whole = write(*statement)
    entries = files.told(read(parse, whole))
    for size in range(len(whole)):
        try:
            events = read(parse, whole[:size])
        except FileFormatError:
            continue
        # A cut that leaves the same balances and entries (the last line end, a trailing zero of the last amount) loses nothing.
        proved = [end for end in ends(events) if end.proof is Proof.PROVED and end.complete]
        assert not proved or files.told(events) == entries, whole[:size]


@given(files.statements.filter(lambda drawn: drawn[1] != []), st.data())
@settings(max_examples=40)
@pytest.mark.parametrize(("parse", "write"), [(mt940.parse, files.mt940), (camt053.parse, files.camt)], ids=["mt940", "camt"])
def test_any_changed_byte_is_read_or_refused_and_never_raises_anything_else(parse, write, statement, data):
    content = bytearray(write(*statement))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        events = read(parse, bytes(content))
    except FileFormatError as error:
        assert str(error)
    else:
        assert ends(events)


@given(st.binary(max_size=400))
@pytest.mark.parametrize("parse", [mt940.parse, camt053.parse], ids=["mt940", "camt"])
def test_arbitrary_bytes_are_refused(parse, content):
    with pytest.raises(FileFormatError):
        read(parse, content)
