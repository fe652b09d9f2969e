import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import ConfigurationError, ContractChangeError
from producers.providers.icici.crypto import decrypt_asymmetric, encrypt_asymmetric, open_hybrid, seal_hybrid

SAMPLES = Path(__file__).parents[6] / "shared/samples/providers/hand_written/icici"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)

# NIST SP 800-38A, F.2.1: AES-128-CBC, first two blocks.
NIST_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
NIST_IV = bytes.fromhex("000102030405060708090a0b0c0d0e0f")
NIST_PLAIN = bytes.fromhex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
NIST_CIPHER = bytes.fromhex("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2")


def envelope(data: bytes, session_key: bytes = NIST_KEY, **changes: str) -> dict[str, str]:
    sealed = KEY.public_key().encrypt(session_key, rsa_padding.PKCS1v15())
    return {
        "encryptedKey": base64.b64encode(sealed).decode(),
        "oaepHashingAlgorithm": "NONE",
        "iv": "",
        "encryptedData": base64.b64encode(data).decode(),
    } | changes


def nist_message() -> bytes:
    """The NIST ciphertext and one more block: PKCS#7 padding of a plain text that fills its last block."""
    last = Cipher(algorithms.AES(NIST_KEY), modes.CBC(NIST_CIPHER[-16:])).encryptor()
    return NIST_CIPHER + last.update(bytes([16]) * 16) + last.finalize()


def test_opens_a_known_message_with_the_iv_in_front() -> None:
    assert open_hybrid(envelope(NIST_IV + nist_message()), KEY) == NIST_PLAIN


def test_opens_a_known_message_with_the_iv_in_its_field() -> None:
    assert open_hybrid(envelope(nist_message(), iv=base64.b64encode(NIST_IV).decode()), KEY) == NIST_PLAIN


@pytest.mark.parametrize("algorithm", ["NONE", "SHA1"])
@settings(max_examples=15, deadline=None)
@given(plain=st.binary(max_size=100))
def test_opens_what_it_seals(algorithm: str, plain: bytes) -> None:
    assert open_hybrid(seal_hybrid(plain, KEY.public_key(), algorithm=algorithm), KEY) == plain


def test_no_session_key_or_iv_is_used_twice() -> None:
    first, second = (seal_hybrid(b"same", KEY.public_key()) for _ in range(2))
    ivs = [base64.b64decode(sealed["encryptedData"])[:16] for sealed in (first, second)]
    keys = [KEY.decrypt(base64.b64decode(s["encryptedKey"]), rsa_padding.PKCS1v15()) for s in (first, second)]
    assert ivs[0] != ivs[1]
    assert keys[0] != keys[1]


def test_has_the_documented_fields() -> None:
    sealed = seal_hybrid(b"{}", KEY.public_key(), request_id="req-1", service="AccountCIB")
    if not SAMPLES.is_dir():
        pytest.skip("the shared samples are not beside the repository")
    sample = json.loads((SAMPLES / "hybrid_envelope.json").read_text(encoding="utf-8"))
    assert sealed.keys() == sample.keys()
    assert {name: sealed[name] for name in ("requestId", "service", "oaepHashingAlgorithm", "iv")} == {
        name: sample[name] for name in ("requestId", "service", "oaepHashingAlgorithm", "iv")
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"encryptedKey": "not base64!"},
        {"encryptedKey": base64.b64encode(bytes(256)).decode()},
        {"encryptedData": ""},
        {"encryptedData": base64.b64encode(bytes(20)).decode()},
        {"oaepHashingAlgorithm": "SHA1"},
        {"oaepHashingAlgorithm": "SHA512"},
        {"iv": base64.b64encode(bytes(7)).decode()},
    ],
)
def test_a_damaged_envelope_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(ContractChangeError):
        open_hybrid(envelope(NIST_IV + nist_message(), **changes), KEY)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(ContractChangeError, match="encryptedData"):
        open_hybrid({"encryptedKey": ""}, KEY)


def test_a_changed_last_block_is_refused() -> None:
    changed = bytearray(NIST_IV + nist_message())
    changed[-17] ^= 0x01
    with pytest.raises(ContractChangeError, match="cannot be opened"):
        open_hybrid(envelope(bytes(changed)), KEY)


def test_requests_open_only_with_the_bank_s_key() -> None:
    body = encrypt_asymmetric(b'{"ACCOUNTNO":"1"}', KEY.public_key())
    assert decrypt_asymmetric(body, KEY) == b'{"ACCOUNTNO":"1"}'
    assert not opens_as(body, OTHER, b'{"ACCOUNTNO":"1"}')
    with pytest.raises(ContractChangeError):
        decrypt_asymmetric(b"{}", KEY)


def opens_as(body: bytes, key: RSAPrivateKey, plain: bytes) -> bool:
    """PKCS#1 v1.5 may answer a wrong key with random bytes instead of an error."""
    try:
        return decrypt_asymmetric(body, key) == plain
    except ContractChangeError:
        return False


def test_a_request_must_fit_one_block() -> None:
    encrypt_asymmetric(bytes(245), KEY.public_key())
    with pytest.raises(ConfigurationError, match="245"):
        encrypt_asymmetric(bytes(246), KEY.public_key())
