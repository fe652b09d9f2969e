"""Telling formats apart: names that one parser has several of, and files that are no statement."""

import pytest

from producers.errors import ConfigurationError, FileFormatError
from producers.formats.registry import format_named
from producers.formats.sniff import sniff

NAMESPACE = "<?xml version='1.0'?><Document xmlns='urn:iso:std:iso:20022:tech:xsd:{}'>"


@pytest.mark.parametrize(
    ("name", "parser"),
    [("afb120", "cfonb120"), ("cfonb120", "cfonb120"), ("mt942", "mt940"), ("camt.052", "camt.053"), ("qfx", "ofx")],
)
def test_a_format_has_the_names_that_banks_give_it(name, parser):
    assert format_named(name).name == parser


def test_an_unknown_name_is_refused():
    with pytest.raises(ConfigurationError, match="afb160"):
        format_named("afb160")


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"0302        123456       01017COMPANY SA".ljust(160), "CFONB 160"),
        (b"0308        123456       01017COMPANY SA".ljust(160), "CFONB 160"),
        (b"3100000120181220E    300661077100020030401".ljust(240), "CFONB 240"),
        (NAMESPACE.format("pain.001.001.09").encode(), "payment orders"),
        (NAMESPACE.format("pain.008.001.02").encode("utf-16"), "payment orders"),
        (NAMESPACE.format("pain.002.001.03").encode(), "status report"),
        (NAMESPACE.format("pacs.008.001.02").encode(), "between banks"),
        (b"PK\x03\x04\x14\0\0\0\x08\0day.sta", "zip archive"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "gz file"),
        (b"-----BEGIN PGP MESSAGE-----\n\nhQ", "PGP message"),
        (b"%PDF-1.7\n", "PDF"),
    ],
)
def test_what_is_no_statement_is_named_in_the_refusal(head, what):
    with pytest.raises(FileFormatError, match=f"recognised, not a statement: .*{what}"):
        sniff(head)
