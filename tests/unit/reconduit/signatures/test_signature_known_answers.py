"""Known answers that others published, so that a scheme agrees with its provider and not only with itself."""

import base64
import datetime as dt
import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from reconduit.signatures import Delivery, scheme_of
from reconduit.signatures.errors import RefusedDeliveryError

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
SAMPLES = Path(__file__).parents[5] / "shared/samples/providers"


def test_standard_webhooks_example() -> None:
    # The example of the Standard Webhooks specification.
    body = b'{"test": 2432232314}'
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = dt.datetime.fromtimestamp(1614265330 + 10, dt.UTC)
    verified = scheme_of("standard", {}).verify(Delivery(headers, body, at), [secret])
    assert verified.event_key == "id:msg_p5jXN8AQM9LWM0D4loKWxJek"
    with pytest.raises(RefusedDeliveryError):
        scheme_of("standard", {}).verify(Delivery(headers, body + b" ", at), [secret])


def _adyen(value: int) -> bytes:
    # Adyen's worked example of the HMAC calculation.
    item = {
        "pspReference": "7914073381342284",
        "merchantAccountCode": "TestMerchant",
        "merchantReference": "TestPayment-1407325143704",
        "amount": {"value": value, "currency": "EUR"},
        "eventCode": "AUTHORISATION",
        "success": "true",
        "additionalData": {"hmacSignature": "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="},
    }
    return json.dumps({"live": "false", "notificationItems": [{"NotificationRequestItem": item}]}).encode()


def test_adyen_example() -> None:
    key = SecretStr("44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056")
    verified = scheme_of("adyen", {}).verify(Delivery({}, _adyen(1130), NOW), [key])
    assert verified.event_type == "AUTHORISATION"
    with pytest.raises(RefusedDeliveryError, match="fits no active secret"):
        scheme_of("adyen", {}).verify(Delivery({}, _adyen(1131), NOW), [key])


def test_adyen_refuses_a_batch_with_one_forged_item() -> None:
    key = SecretStr("44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056")
    items = [json.loads(_adyen(value))["notificationItems"][0] for value in (1130, 500_000)]
    body = json.dumps({"notificationItems": items}).encode()
    with pytest.raises(RefusedDeliveryError):
        scheme_of("adyen", {}).verify(Delivery({}, body, NOW), [key])


@pytest.mark.parametrize(
    ("key", "data", "expected"),
    [
        # RFC 4231, test cases 1 and 2, as SHA-256 and as SHA-512.
        (
            b"\x0b" * 20,
            b"Hi There",
            {
                "sha256": "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                "sha512": "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4"
                "be9d914eeb61f1702e696c203a126854",
            },
        ),
        (b"Jefe", b"what do ya want for nothing?", {"sha256": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"}),
    ],
)
def test_custom_hmac_on_rfc_4231(key: bytes, data: bytes, expected: dict[str, str]) -> None:
    for algorithm, signature in expected.items():
        settings = {"scheme": "hmac", "signature_header": "X-Signature", "algorithm": algorithm, "secret_encoding": "hex"}
        delivery = Delivery({"x-signature": signature}, data, NOW)
        scheme_of("custom", settings).verify(delivery, [SecretStr(key.hex())])


def test_custom_ed25519_on_rfc_8032() -> None:
    # RFC 8032, 7.1, test 3: a message of two bytes. The prefix makes the raw key a SubjectPublicKeyInfo (RFC 8410).
    raw = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
    der = bytes.fromhex("302a300506032b6570032100") + raw
    pem = SecretStr(f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(der).decode()}\n-----END PUBLIC KEY-----\n")
    signature = (
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
        "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    )
    scheme = scheme_of("custom", {"scheme": "public_key", "algorithm": "ed25519", "signature_header": "X-Sig"})
    scheme.verify(Delivery({"x-sig": signature}, b"\xaf\x82", NOW), [pem])
    with pytest.raises(RefusedDeliveryError):
        scheme.verify(Delivery({"x-sig": signature}, b"\xaf\x83", NOW), [pem])


def test_paypal_sample_signed_offline() -> None:
    folder = SAMPLES / "paypal/offline_selfsigned"
    if not folder.is_dir():
        pytest.skip(f"no samples at {folder}")
    transmission, moment, webhook, _crc = (folder / "message.txt").read_text().strip().split("|")
    headers = {
        "paypal-transmission-id": transmission,
        "paypal-transmission-time": moment,
        "paypal-transmission-sig": (folder / "transmission_sig.txt").read_text().strip(),
        # An address that a forger would choose; it must not matter.
        "paypal-cert-url": "https://example.invalid/cert.pem",
    }
    at = dt.datetime.fromisoformat(moment) + dt.timedelta(minutes=1)
    scheme = scheme_of("paypal", {"webhook_id": webhook})
    body = (folder / "body.json").read_bytes()
    for key in ("cert.pem", "pub.pem"):
        verified = scheme.verify(Delivery(headers, body, at), [SecretStr((folder / key).read_text())])
        assert (verified.event_key, verified.event_type) == (f"id:{transmission}", "PAYMENT.SALE.COMPLETED")
    with pytest.raises(RefusedDeliveryError, match="fits no active key"):
        scheme.verify(Delivery(headers, body + b"\n", at), [SecretStr((folder / "cert.pem").read_text())])
