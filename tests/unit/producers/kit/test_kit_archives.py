"""Archives: what is unpacked, and every way in which one is refused."""

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from producers.errors import ArchiveError
from producers.kit.files.archives import ArchiveLimits, archive_kind, unpack

LIMITS = ArchiveLimits()


def zipped(members: list[tuple[str, bytes]]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def opened(tmp_path: Path, content: bytes, limits: ArchiveLimits = LIMITS, name: str = "a.zip"):
    path = tmp_path / "packed"
    path.write_bytes(content)
    landing = tmp_path / "landing"
    landing.mkdir(exist_ok=True)
    try:
        return [(member.name, member.path.read_bytes()) for member in unpack(path, name, landing, limits)]
    finally:
        assert not list(landing.glob("*.part"))


def test_members_come_in_order_with_their_bytes(tmp_path):
    members = [("b/day.xml", b"two"), ("a.xml", b"one"), ("empty", b"")]
    assert opened(tmp_path, zipped(members)) == members
    assert opened(tmp_path, gzip.compress(b"data"), name="in/DAY.STA.GZ") == [("DAY.STA", b"data")]


def test_what_is_an_archive_is_told_from_the_content(tmp_path):
    path = tmp_path / "x"
    for content, kind in [
        (zipped([("a", b"x")]), "zip"),
        (gzip.compress(b""), "gz"),
        (b"<Document/>", None),
        (b"", None),
        (zipped([("[Content_Types].xml", b"x"), ("xl/workbook.xml", b"x")]), None),
    ]:
        path.write_bytes(content)
        assert archive_kind(path) == kind


@pytest.mark.parametrize("name", ["../up", "a/../../up", "/etc/passwd", "\\\\host\\x", "a\\..\\..\\up", "C:\\x", "a\nb"])
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    with pytest.raises(ArchiveError, match="leads out"):
        opened(tmp_path, zipped([("good.xml", b"x"), (name, b"x")]))


def test_nested_encrypted_linked_double_and_empty_archives_are_refused(tmp_path):
    for inner in (zipped([("a", b"x")]), gzip.compress(b"x"), b"7z\xbc\xaf\x27\x1c..."):
        with pytest.raises(ArchiveError, match="archive itself"):
            opened(tmp_path, zipped([("inner", inner)]))
    with pytest.raises(ArchiveError, match="archive itself"):
        opened(tmp_path, gzip.compress(gzip.compress(b"x")))
    encrypted = bytearray(zipped([("a", b"x")]))
    encrypted[6] |= 1
    encrypted[encrypted.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ArchiveError, match="ask for PGP"):
        opened(tmp_path, bytes(encrypted))
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ArchiveError, match="link"):
        opened(tmp_path, packed.getvalue())
    with pytest.raises(ArchiveError, match="no member"):
        opened(tmp_path, zipped([]))


def test_bombs_stop_at_the_limits_that_hold_for_all_members_together(tmp_path):
    limits = ArchiveLimits(members=3, bytes=1000, ratio=20, ratio_from_bytes=500)
    with pytest.raises(ArchiveError, match="more than 1000 bytes"):
        opened(tmp_path, zipped([("a", bytes(range(200)) * 3), ("b", bytes(range(200)) * 3)]), limits)
    with pytest.raises(ArchiveError, match="4 members"):
        opened(tmp_path, zipped([(str(number), b"x") for number in range(4)]), limits)
    with pytest.raises(ArchiveError, match="20 times"):
        opened(tmp_path, gzip.compress(b"0" * 990), limits)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_cut_or_damaged_archive_is_refused_or_gives_only_what_was_packed(tmp_path, data):
    members = [("one.xml", b"first member" * 20), ("two.xml", b"second member" * 20)]
    whole = bytearray(zipped(members))
    if data.draw(st.booleans()):
        del whole[data.draw(st.integers(0, len(whole) - 1)) :]
    else:
        whole[data.draw(st.integers(4, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = opened(tmp_path, bytes(whole))
    except ArchiveError:
        return
    assert {content for _, content in found} <= {content for _, content in members} | {bytes(whole)}
