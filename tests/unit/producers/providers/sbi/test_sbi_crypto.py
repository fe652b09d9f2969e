import base64
import datetime as dt
import json
import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from producers.errors import ContractChangeError
from producers.providers.sbi.crypto import (
    access_token,
    decrypt,
    encrypt,
    new_request_reference,
    new_session_key,
    open_access_token,
    sign,
    verify,
)
from producers.providers.sbi.options import RsaPadding

SAMPLES = Path(__file__).parents[6] / "shared/samples/providers/hand_written/sbi"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SESSION_KEY = "0123456789abcdefghijklmnopqrstuv"

PLAIN = b'{"SOURCE_ID":"XX"}'
MESSAGE = "mtLCzj0UIVJh7ZrARsdK/j/xVED7hzJKVOh5ijXdZ+sLLA=="


def test_opens_and_makes_the_known_message() -> None:
    assert encrypt(PLAIN, SESSION_KEY) == MESSAGE
    assert decrypt(MESSAGE, SESSION_KEY) == PLAIN


def test_the_message_is_counter_mode_with_the_iv_from_the_key() -> None:
    ecb = Cipher(algorithms.AES(SESSION_KEY.encode()), modes.ECB()).encryptor()  # GCM by its definition, without GCM
    iv = SESSION_KEY[:12].encode()
    stream = b"".join(ecb.update(iv + counter.to_bytes(4, "big")) for counter in (2, 3))
    expected = bytes(left ^ right for left, right in zip(PLAIN, stream, strict=False))
    assert base64.b64decode(MESSAGE)[: len(PLAIN)] == expected
    assert len(base64.b64decode(MESSAGE)) == len(PLAIN) + 16


@pytest.mark.parametrize("position", [0, 17, 18, 33])
def test_a_changed_message_is_refused(position: int) -> None:
    changed = bytearray(base64.b64decode(MESSAGE))
    changed[position] ^= 1
    with pytest.raises(ContractChangeError, match="decrypted"):
        decrypt(base64.b64encode(changed).decode(), SESSION_KEY)


def test_a_message_of_another_call_is_refused() -> None:
    with pytest.raises(ContractChangeError):
        decrypt(MESSAGE, new_session_key())
    with pytest.raises(ContractChangeError):
        decrypt("no base64!", SESSION_KEY)


@pytest.mark.parametrize("padding", ["PKCS1", "OAEP_SHA1", "OAEP_SHA256"])
def test_the_session_key_opens_with_the_same_padding(padding: RsaPadding) -> None:
    token = access_token(SESSION_KEY, KEY.public_key(), padding)
    assert open_access_token(token, KEY, padding) == SESSION_KEY
    with pytest.raises(ContractChangeError):
        open_access_token(token, OTHER, padding)


def test_a_signature_fits_one_document_and_one_key() -> None:
    signature = sign(PLAIN, KEY)
    verify(PLAIN, signature, KEY.public_key())
    for plain, made, key in ((PLAIN + b" ", signature, KEY), (PLAIN, signature, OTHER), (PLAIN, "", KEY), (PLAIN, "?", KEY)):
        with pytest.raises(ContractChangeError, match="DIGI_SIGN"):
            verify(plain, made, key.public_key())


def test_session_keys_are_fresh() -> None:
    keys = {new_session_key() for _ in range(50)}
    assert len(keys) == 50
    assert all(re.fullmatch(r"[A-Za-z0-9]{32}", key) for key in keys)


def test_the_reference_number_has_its_shape() -> None:
    made = new_request_reference("XX", dt.datetime(2026, 11, 20, 13, 0, 15, tzinfo=dt.UTC))
    assert re.fullmatch(r"SBIXX26324183015\d{9}", made)
    if SAMPLES.is_dir():
        sample = json.loads((SAMPLES / "gen6_request_envelope.json").read_text(encoding="utf-8"))
        assert made[:16] == sample["REQUEST_REFERENCE_NUMBER"][:16]
        assert len(made) == len(sample["REQUEST_REFERENCE_NUMBER"])
