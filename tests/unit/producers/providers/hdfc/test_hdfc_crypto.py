"""HDFC's JOSE messages: a published vector, a message made by another implementation, and everything that must be refused."""

import base64
import json
from itertools import pairwise

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.providers.hdfc.crypto import Jose, decrypt, encrypt, key_thumbprint, sign, verify
from producers.providers.hdfc.errors import JoseFormatError, JoseIntegrityError

# The RSA key of RFC 7515, appendix A.2.1: published, so no secret.
_N = (
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs"
    "D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV"
    "MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
)
_D = (
    "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0"
    "BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYT"
    "CBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ"
)
_JWS = (
    "eyJhbGciOiJSUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZ"
    "cAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-e"
    "OkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
)
# Made by Java's own RSA-OAEP (SHA-256, MGF1 with SHA-256) and AES-GCM for the key above.
_JWE = (
    "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIiwidHlwIjoiSldFIn0."
    "bcsd4GBRq9LVA6XsxSveTka2MyV9u9_CnkkyOsXlG3w-9uzqIlCP4QLdFU-0G_UoPTjCD9jTrkk37hLddCSnpq6GfPu2mWtZtuClraqoD8JX1EarnDRx"
    "1GkGN7cewDeZI29SglCbLfbgAQZWqzlfRu5L9wj4bkNRBrHp8nWJw1pmgzJ2FxyKgQWfhkcGVV7KzBvREWKwnPeyqqL2wpI2loVfZOHgK3R3CTDULYG3"
    "lgnFnL8oAbJ6U6w60EgUDHXwmZ_V1dOqtjKWtE4gW37wpF9BvQj__blDg1tpZSZ_s1545-vjiHGHIyu0UHXyAFCuQuIBGSvvEYW5oPXlZNQrYA"
    ".AQwXIi04Q05ZZG96.RG0R_YdS0WL-UQuw9FJwvoaS.sajsPNNdQOs8U0dq1RItvg"
)
_THUMBPRINT = "b9E8JDWjYefFiM0X9V9a098Bd6ZsFyemogCEX016uIw"  # of the key above, by Java too
_PAYLOAD = b'{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}'


def _integer(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


@pytest.fixture(scope="module")
def rfc_key() -> RSAPrivateKey:
    n, e, d = _integer(_N), 65537, _integer(_D)
    p, q = rsa.rsa_recover_prime_factors(n, e, d)
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), rsa.RSAPublicNumbers(e, n)
    )
    return numbers.private_key()


@pytest.fixture(scope="module")
def other_key() -> RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def test_known_signature_of_rfc_7515(rfc_key: RSAPrivateKey):
    assert verify(_JWS, rfc_key.public_key(), "any") == _PAYLOAD


def test_signing_gives_the_known_signature(rfc_key: RSAPrivateKey):
    """RS256 is deterministic: over another header it is another signature, which the RFC's own verification rule accepts."""
    token = sign(_PAYLOAD, rfc_key, "k1")
    header, payload, _ = token.split(".")
    assert payload == _JWS.split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {"alg": "RS256", "kid": "k1"}
    assert verify(token, rfc_key.public_key(), "k1") == _PAYLOAD
    assert token == sign(_PAYLOAD, rfc_key, "k1")


def test_message_of_another_implementation(rfc_key: RSAPrivateKey):
    assert decrypt(_JWE, rfc_key, "any") == b'{"ALL_RECORDS":[]}'


def test_thumbprint_by_another_implementation(rfc_key: RSAPrivateKey):
    assert key_thumbprint(rfc_key.public_key()) == _THUMBPRINT


def test_round_trip_of_both_layers(rfc_key: RSAPrivateKey, other_key: RSAPrivateKey):
    client = Jose(rfc_key, other_key.public_key())
    bank = Jose(other_key, rfc_key.public_key())
    sealed = client.seal(b'{"a": 1}')
    assert bank.open(sealed) == b'{"a": 1}'
    assert client.seal(b'{"a": 1}') != sealed, "content key and IV are fresh for each message"
    with pytest.raises(JoseIntegrityError, match="kid"):
        client.open(sealed)


def test_header_of_the_outer_layer(rfc_key: RSAPrivateKey):
    header = encrypt(b"x", rfc_key.public_key(), "bank-1").split(".")[0]
    fields = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))
    assert fields == {"alg": "RSA-OAEP-256", "enc": "A256GCM", "typ": "JWE", "kid": "bank-1"}


@pytest.mark.parametrize("part", range(5))
def test_a_changed_bit_in_any_part_is_noticed(rfc_key: RSAPrivateKey, part: int):
    parts = encrypt(b"the payout is 100.00", rfc_key.public_key(), "k").split(".")
    middle = len(parts[part]) // 2
    parts[part] = parts[part][:middle] + ("A" if parts[part][middle] != "A" else "B") + parts[part][middle + 1 :]
    with pytest.raises((JoseIntegrityError, JoseFormatError)):
        decrypt(".".join(parts), rfc_key, "k")


def test_a_changed_payload_under_a_good_envelope_is_noticed(rfc_key: RSAPrivateKey, other_key: RSAPrivateKey):
    header, _, signature = sign(b'{"amount":"100.00"}', other_key, key_thumbprint(other_key.public_key())).split(".")
    payload = base64.urlsafe_b64encode(b'{"amount":"900.00"}').rstrip(b"=").decode()
    forged = f"{header}.{payload}.{signature}"
    token = encrypt(forged.encode(), rfc_key.public_key(), key_thumbprint(rfc_key.public_key()))
    with pytest.raises(JoseIntegrityError, match="signature"):
        Jose(rfc_key, other_key.public_key()).open(token)


def test_unsigned_and_unagreed_algorithms_are_refused(rfc_key: RSAPrivateKey):
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    with pytest.raises(JoseIntegrityError, match="alg"):
        verify(f"{none}.{_JWS.split('.')[1]}.", rfc_key.public_key(), "k")
    weaker = base64.urlsafe_b64encode(b'{"alg":"RSA1_5","enc":"A256GCM"}').rstrip(b"=").decode()
    with pytest.raises(JoseIntegrityError, match="alg"):
        decrypt(f"{weaker}.AA.AA.AA.AA", rfc_key, "k")


@pytest.mark.parametrize("body", ["", "<html>maintenance</html>", "a.b.c.d.e", "eyJhbGciOiJSUzI1NiJ9"])
def test_what_is_no_jose_may_pass_by_itself(rfc_key: RSAPrivateKey, body: str):
    with pytest.raises(JoseFormatError) as caught:
        decrypt(body, rfc_key, "k")
    assert caught.value.retryable


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_a_message_cut_anywhere_is_never_accepted(cut: int):
    key = _KEY
    token = encrypt(b'{"ALL_RECORDS": []}' * 3, key.public_key(), "k")
    with pytest.raises((JoseFormatError, JoseIntegrityError)):
        decrypt(token[: cut % len(token)], key, "k")


_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def test_thumbprints_tell_keys_apart(rfc_key: RSAPrivateKey, other_key: RSAPrivateKey):
    prints = [key_thumbprint(key.public_key()) for key in (rfc_key, other_key, _KEY)]
    assert all(left != right for left, right in pairwise(sorted(prints)))
    assert all(len(text) == 43 and "=" not in text for text in prints)
