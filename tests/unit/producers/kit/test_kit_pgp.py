"""PGP messages: released only whole, verified, within the cap, and signed by a pinned key."""

import pytest
from pysequoia import Tsk, encrypt

from producers.errors import ConfigurationError, PgpError
from producers.kit.files.pgp import PgpKeys, is_pgp, open_message

OURS, NEXT, BANK, STRANGER = (Tsk.generate(f"{name}@example.com") for name in ("ours", "next", "bank", "stranger"))
TEXT = b":20:STATEMENT\r\n" * 100


def public(key):
    return key.extract_certificate()


def keys(*private, signers=(BANK,)) -> PgpKeys:
    certificates = [public(key) for key in signers]
    return PgpKeys(
        [str(key) for key in private or (OURS,)],
        None,
        [str(one) for one in certificates],
        [one.fingerprint for one in certificates],
    )


def message(content=TEXT, *, signer=BANK, to=OURS, armor=True) -> bytes:
    return encrypt(signer=signer and signer.signer(), recipients=[public(to)], bytes=content, armor=armor)


def opened(tmp_path, content: bytes, with_keys: PgpKeys | None = None, max_bytes: int = 1 << 20) -> bytes:
    (tmp_path / "message").write_bytes(content)
    output = tmp_path / "plain"
    try:
        open_message(tmp_path / "message", output, with_keys or keys(), max_bytes=max_bytes)
    except PgpError:
        assert sorted(path.name for path in tmp_path.iterdir()) == ["message"]
        raise
    return output.read_bytes()


def test_a_signed_message_is_opened(tmp_path):
    assert opened(tmp_path, message()) == TEXT


@pytest.mark.parametrize("key", [OURS, NEXT])
@pytest.mark.parametrize("signer", [BANK, STRANGER])
def test_two_keys_on_either_side_during_a_rollover(tmp_path, key, signer):
    assert opened(tmp_path, message(signer=signer, to=key), keys(OURS, NEXT, signers=(BANK, STRANGER))) == TEXT


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (message(signer=STRANGER), "no valid signatures"),
        (message(signer=None), "no valid signatures"),
        (message(to=STRANGER), "not released"),
        (message()[:-300] + b"\n-----END PGP MESSAGE-----\n", "not released"),
        (b"-----BEGIN PGP MESSAGE-----\n\nAAAA\n-----END PGP MESSAGE-----\n", "not released"),
    ],
)
def test_what_is_not_signed_not_ours_or_broken_is_not_released(tmp_path, content, told):
    with pytest.raises(PgpError, match=told):
        opened(tmp_path, content)


def test_an_altered_message_is_not_released(tmp_path):
    binary = bytearray(message(content=TEXT * 200, armor=False))
    binary[len(binary) // 2] ^= 1
    with pytest.raises(PgpError, match="not released"):
        opened(tmp_path, bytes(binary))


def test_a_signature_is_only_asked_for_where_signers_are_named(tmp_path):
    assert opened(tmp_path, message(signer=None), keys(signers=())) == TEXT


def test_more_than_the_cap_is_not_released(tmp_path):
    with pytest.raises(PgpError):
        opened(tmp_path, message(content=b"0" * 5_000_000))


def test_a_certificate_that_is_not_the_pinned_one_is_a_wrong_configuration(tmp_path):
    wrong = PgpKeys([str(OURS)], None, [str(public(STRANGER))], [public(BANK).fingerprint])
    with pytest.raises(ConfigurationError, match="pinned"):
        opened(tmp_path, message(), wrong)
    with pytest.raises(ConfigurationError, match="private key"):
        opened(tmp_path, message(), PgpKeys(["no key"]))


def test_what_is_a_message_is_told_from_the_first_bytes():
    assert is_pgp(message())
    assert is_pgp(message(armor=False))
    for other in (b"", b"<Document/>", b":20:X", b"\xc3\x9cberweisung;Betrag", "Äußerung".encode(), b"\xff\xfe<", b"PK\x03\x04"):
        assert not is_pgp(other)
