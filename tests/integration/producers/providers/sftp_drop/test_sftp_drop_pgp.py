"""PGP over a real server: the plain bytes are the identity, and nothing unsigned or unencrypted gets in."""

from pathlib import Path

import pytest
from pysequoia import Tsk, encrypt

from tests.fixtures.drop_feeds import Drop, content

OURS, BANK = Tsk.generate("ours@example.com"), Tsk.generate("bank@example.com")


@pytest.fixture
def signers(drop: Drop, tmp_path: Path) -> dict[str, object]:
    (tmp_path / "ours").write_text(str(OURS))
    (tmp_path / "bank").write_text(str(BANK.extract_certificate()))
    drop.secrets["pgp_private_key"] = tmp_path / "ours"
    fingerprint = BANK.extract_certificate().fingerprint.upper()
    return {"pgp": {"signers": {fingerprint: str(tmp_path / "bank")}}}


def sealed(plain: bytes, signer: Tsk | None = BANK) -> bytes:
    return encrypt(signer=signer and signer.signer(), recipients=[OURS.extract_certificate()], bytes=plain)


def test_the_same_file_encrypted_anew_is_skipped_and_the_original_is_the_plain_one(drop: Drop, signers):
    drop.put("day.xml.pgp", sealed(content()))
    (page,) = drop.settle(**signers)
    assert ([record.txn_id for record in page.transactions], page.raw[0].content) == (["DE123:BR1"], content())
    drop.put("day.xml.pgp", sealed(content()), modified=1_769_000_100)
    drop.put("other.xml.pgp", sealed(content()), modified=1_769_000_100)
    assert drop.settle(**signers) == []


def test_unsigned_and_unencrypted_files_are_quarantined_and_the_rest_is_read(drop: Drop, signers):
    drop.put("a.pgp", sealed(content(), signer=None))
    drop.put("b.xml", content())
    drop.put("c.pgp", sealed(content("R3")))
    pages = drop.settle(**signers)
    assert [bad.position.split("@")[0] for page in pages for bad in page.bad] == ["a.pgp", "b.xml"]
    assert "takes only PGP messages" in pages[1].bad[0].detail
    assert [record.txn_id for page in pages for record in page.transactions] == ["DE123:BR3"]
    assert [bad.reason for page in Drop(drop.access).settle() for bad in page.bad] == ["malformed_file", "malformed_file"]
