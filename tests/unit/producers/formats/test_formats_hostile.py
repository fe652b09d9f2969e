"""Hostile and damaged files, the same for every format: a typed error or a true result, of bounded bytes, and nothing else."""

import io
import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import FileFormatError
from producers.formats.contract import BadEntry, Entry, Event, ParseOptions, StatementEnd
from producers.formats.registry import FORMATS
from producers.formats.sniff import sniff
from schemas.records import Proof
from tests.fixtures.long_files import WRITERS, GeneratedStream

NAMES = tuple(name for name in FORMATS if name in WRITERS)
XML = ("camt.053", "ofx")
CANNOT_TELL = ("qif", "csv", "html")
"""Formats without an end or a total: a file that is cut between two entries looks whole."""
ENTRIES = 4
OPTIONS = ParseOptions(default_account="A", default_currency="EUR")


def whole(name: str) -> bytes:
    return "".join(WRITERS[name](ENTRIES)).encode()


def read(name: str, content: bytes) -> list[Event] | None:
    """Events, None for the typed error; anything else that is raised fails the test."""
    try:
        return list(FORMATS[name].parse(io.BytesIO(content), OPTIONS))
    except FileFormatError as error:
        assert str(error)
        return None


def amounts(events: list[Event]) -> list[int]:
    return [event.amount_minor for event in events if isinstance(event, Entry)]


def is_proved(events: list[Event]) -> bool:
    return any(event.proof is Proof.PROVED for event in events if isinstance(event, StatementEnd))


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_file_is_read(name):
    """Otherwise the damage below would prove nothing."""
    events = read(name, whole(name))
    assert amounts(events) == [1] * ENTRIES
    assert is_proved(events) == (name not in {"ofx", "qif"})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("twentieth", range(20))
def test_cut_short_it_is_refused_or_proves_nothing(name, twentieth):
    content = whole(name)
    events = read(name, content[: len(content) * twentieth // 20])
    if events is not None and len(amounts(events)) < ENTRIES and name not in CANNOT_TELL:
        assert not is_proved(events)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_nul_is_refused(name):
    for content in (b"\0" * 4096, b""):
        assert not read(name, content)
        with pytest.raises(FileFormatError):
            sniff(content)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("noise", [b"\0", b"\0" * 300, b"\xff\xfe", b"\x1a", b"\x80" * 200, b"\n" * 50, b"&#0;", b"]]>"])
def test_noise_anywhere_takes_no_entry_away_unseen(name, noise):
    content = whole(name)
    for twentieth in range(21):
        at = len(content) * twentieth // 20
        events = read(name, content[:at] + noise + content[at:])
        if events is not None and is_proved(events):
            told = sum(isinstance(event, Entry | BadEntry) for event in events)
            assert told >= ENTRIES


@pytest.mark.parametrize("name", NAMES)
def test_a_byte_order_mark_changes_nothing(name):
    assert amounts(read(name, b"\xef\xbb\xbf" + whole(name))) == [1] * ENTRIES
    assert sniff(b"\xef\xbb\xbf" + whole(name)).name == name


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("charset", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp037"])
def test_another_charset_is_read_or_refused_and_never_half_read(name, charset):
    events = read(name, whole(name).decode().encode(charset))
    assert not events or amounts(events) in ([], [1] * ENTRIES)
    assert not events or not amounts(events) or not any(isinstance(event, BadEntry) for event in events)


@pytest.mark.parametrize("name", XML)
@pytest.mark.parametrize(
    "attack",
    [
        b"<!DOCTYPE x>",
        b"<!doctype x SYSTEM 'file:///etc/passwd'>",
        b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>",
        b"<!DOCTYPE x [<!ENTITY a 'aaaa'>" + b"<!ENTITY b '&a;&a;&a;&a;'>" * 2000 + b"]>",
    ],
    ids=["doctype", "external subset", "external entity", "bomb"],
)
def test_a_document_type_is_refused(name, attack):
    content = whole(name)
    begin = content.index(b"<OFX>" if name == "ofx" else b"<Document")
    assert read(name, content[:begin] + attack + content[begin:]) is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("piece", [b"<a>", b"<a ", b"&", b"(", b"[", b'"', b"{1:", b":86:", b"88,", b"/"])
def test_depth_and_repetition_are_bounded(name, piece):
    content = whole(name)
    middle = len(content) // 2
    for hostile in (content[:middle] + piece * 50_000 + content[middle:], piece * 50_000):
        events = read(name, hostile)
        assert events is None or len(events) < 200, "repetition makes no events of its own"


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"csv", "html"}])
@pytest.mark.parametrize("filler", ["A", " ", "<a>"])
def test_a_line_without_end_is_given_up_after_a_bounded_part_of_it(name, filler):
    content = whole(name).decode()

    def endless() -> Iterator[str]:
        yield content[: len(content) // 2]
        while True:
            yield filler * (1 << 16)

    stream = GeneratedStream(endless)
    with pytest.raises(FileFormatError):
        for _ in FORMATS[name].parse(stream, OPTIONS):
            pass
    assert stream.given <= 24 << 20


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NAMES), st.randoms(use_true_random=False), st.integers(1, 12))
def test_damaged_bytes_end_in_events_or_the_typed_error(name, chance: random.Random, count):
    content = bytearray(whole(name))
    for _ in range(count):
        content[chance.randrange(len(content))] = chance.choice(b"\0\r\n\t ,;:/<>&-+{}09AZaz\x80\xc3\xff")
    events = read(name, bytes(content))
    assert events is None or all(amount >= 0 for amount in amounts(events))
