"""Trailers as written, ends of formats, and patterns of paths."""

import datetime as dt

import pytest
from pydantic import ValidationError

from producers.errors import ConfigurationError, FileFormatError
from producers.providers.sftp_drop.options import SftpDropOptions, parse_hop
from producers.providers.sftp_drop.patterns import folders_of, is_wanted
from producers.providers.sftp_drop.terminators import is_terminated
from producers.providers.sftp_drop.trailer import TrailerOptions, parse_trailer


def options(form: str, **more: object) -> TrailerOptions:
    return TrailerOptions.model_validate({"form": form, "fields": {"size": "bytes", "entries": "n"}, **more})


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("key_value", b"bytes=12\nn = 3\n\nother: x\n"),
        ("key_value", "\ufeffbytes: 12\r\nn:3".encode()),
        ("csv", b"n,bytes\r\n3,12\r\n"),
        ("json", b'{"n": 3, "bytes": 12, "list": [1], "none": null}'),
    ],
)
def test_each_form_tells_the_same(form, content):
    assert parse_trailer(content, options(form)) == {"size": "12", "entries": "3"}


def test_members_of_members_are_joined_by_dots():
    nested = options("json", fields={"size": "file.bytes"})
    assert parse_trailer(b'{"file": {"bytes": 7}}', nested) == {"size": "7"}


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("key_value", b"bytes 12"),
        ("key_value", b"bytes=12"),
        ("csv", b"n,bytes\n3"),
        ("json", b"[1]"),
        ("json", b"{"),
        ("json", b""),
        ("json", b"\xff"),
        ("key_value", b"n=" + b"1" * 70_000),
    ],
)
def test_what_is_no_trailer_is_refused(form, content):
    with pytest.raises(FileFormatError, match="trailer"):
        parse_trailer(content, options(form))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "done"},
        {"fields": {"size": "x"}},
        {"form": "json", "fields": {"credit": "c"}},
        {"form": "json", "fields": {"weight": "c"}},
    ],
)
def test_trailers_that_cannot_be_meant_are_refused(wrong):
    with pytest.raises(ValidationError):
        TrailerOptions.model_validate(wrong)


def test_the_trailer_of_a_file_is_named_by_its_name_or_stem():
    assert TrailerOptions().of("in/day.xml") == "in/day.xml.done"
    assert TrailerOptions(name="{stem}.ctl").of("in.v2/day.xml") == "in.v2/day.ctl"


@pytest.mark.parametrize(
    ("form", "whole", "cut"),
    [
        ("camt.053", b"<Document><a/></ns:Document>\r\n", b"<Document><a/></BkToCstmrStmt>"),
        ("mt940", b":20:X\r\n:62F:C260101EUR1,\r\n-}\r\n", b":20:X\r\n:61:2601010101C1,NTRF"),
        ("bai2", b"98,1,1,1/\r\n99,1,1,1/\r\n", b"98,1,1,1/\r\n"),
        ("nacha", b"8200\n9000001" + b"0" * 87 + b"\n" + b"9" * 94, b"9\n8200"),
        ("coda", b"8\r\n9" + b" " * 127, b"9\r\n8"),
        ("ofx", b"<OFX></ofx>\n", b"<OFX></BANKMSGSRSV1>"),
        ("cfonb120", b"04\n07" + b"0" * 118, b"07\n04"),
        ("csv", b"anything", None),
    ],
)
def test_ends_of_formats(tmp_path, form, whole, cut):
    path = tmp_path / "file"
    path.write_bytes(whole)
    assert is_terminated(path, form)
    if cut is not None:
        path.write_bytes(cut)
        assert not is_terminated(path, form)


def test_date_placeholders():
    days = [dt.date(2026, 1, 1), dt.date(2025, 12, 31), dt.date(2025, 12, 30)]
    assert folders_of("/out/{yyyy}/{MM}", days) == ["/out/2026/01", "/out/2025/12"]
    assert folders_of("/{yy}{DDD}", days[:2]) == ["/26001", "/25365"]
    assert folders_of("/plain", days) == ["/plain"]


def test_a_pattern_with_a_slash_is_held_against_the_whole_path():
    assert is_wanted("a/b/Day.XML", ["*.xml"], ["old/*"])
    assert not is_wanted("old/day.xml", ["*.xml"], ["old/*"])
    assert not is_wanted("a/day.xml", ["b/*.xml"], [])


def test_jump_hosts_and_prompts_are_checked_early():
    assert parse_hop("ssh://me@gate:2222")[:3] == ("gate", 2222, "me")
    for wrong in ("gate", "ssh://gate", "ssh://me@gate/folder", "ssh://me:pw@gate"):
        with pytest.raises(ConfigurationError):
            parse_hop(wrong)
        with pytest.raises(ValidationError):
            SftpDropOptions.model_validate({"known_hosts": "k", "jump": [wrong]})
    for wrong in ({"prompts": {"(": "password"}}, {"prompts": {"a": "private_key"}}, {"pgp": {"signers": {"ABCD1234": "f"}}}):
        with pytest.raises(ValidationError):
            SftpDropOptions.model_validate({"known_hosts": "k", **wrong})
