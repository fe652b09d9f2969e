"""What every scheme promises: genuine deliveries pass, anything altered does not, secrets rotate, old deliveries are refused."""

import datetime as dt
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from reconduit.signatures import Delivery, keyed_hash, scheme_of
from reconduit.signatures.errors import RefusedDeliveryError, SchemeError
from tests.unit.reconduit.signatures.signing import NOW, URL, mac, signed_delivery

BODY = b'{"id": "evt_1", "event_id": "evt_1", "type": "payout.paid",  "n": 0}'
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
SETTINGS: dict[str, dict[str, Any]] = {"square": {"notification_url": URL}}
KEYED = ("quickbooks", "razorpay", "square", "standard", "stripe", "xero")
TIMED = ("standard", "stripe")


def _refusal(provider: str, delivery: Delivery, *secrets: str) -> str:
    with pytest.raises(RefusedDeliveryError) as caught:
        scheme_of(provider, SETTINGS.get(provider, {})).verify(delivery, [SecretStr(secret) for secret in secrets or (SECRET,)])
    assert not any(secret in str(caught.value) for secret in secrets)
    return caught.value.refusal


@pytest.mark.parametrize("provider", KEYED)
def test_any_active_secret_will_do_and_no_other(provider: str) -> None:
    scheme = scheme_of(provider, SETTINGS.get(provider, {}))
    delivery = signed_delivery(provider, SECRET, BODY)
    alone = scheme.verify(delivery, [SecretStr(SECRET)])
    assert scheme.verify(delivery, [SecretStr(OTHER), SecretStr(SECRET)]) == alone
    assert scheme.verify(delivery, [SecretStr(SECRET), SecretStr(OTHER)]) == alone
    assert _refusal(provider, delivery, OTHER) == "forged"
    assert _refusal(provider, Delivery({}, BODY, NOW), SECRET) == "missing"


@pytest.mark.parametrize("provider", KEYED)
@settings(max_examples=15)
@given(position=st.integers(0, len(BODY) - 1), flip=st.integers(1, 255))
def test_one_changed_byte_is_a_forgery(provider: str, position: int, flip: int) -> None:
    body = bytearray(BODY)
    body[position] ^= flip
    assert _refusal(provider, replace(signed_delivery(provider, SECRET, BODY), body=bytes(body))) == "forged"


@pytest.mark.parametrize("provider", KEYED)
@pytest.mark.parametrize("damage", [lambda text: text[:-4], lambda text: "é" + text, lambda _: ",", lambda _: "=" * 5000])
def test_a_damaged_signature_is_refused_and_nothing_else_is_raised(provider: str, damage: Any) -> None:
    good = signed_delivery(provider, SECRET, BODY)
    for name in good.headers:
        if "signature" in name:
            assert _refusal(provider, replace(good, headers={**good.headers, name: damage(good.headers[name])})) in {
                "forged",
                "malformed",
            }


@pytest.mark.parametrize("provider", TIMED)
@pytest.mark.parametrize(("seconds", "fits"), [(-301, False), (-300, True), (0, True), (300, True), (301, False)])
def test_the_replay_window_is_closed_in_both_directions(provider: str, seconds: int, fits: bool) -> None:
    delivery = signed_delivery(provider, SECRET, BODY, at=NOW + dt.timedelta(seconds=seconds))
    if fits:
        scheme_of(provider, {}).verify(delivery, [SecretStr(SECRET)])
    else:
        assert _refusal(provider, delivery) == "stale"
        # The time is signed: moving it is a forgery.
        fresh = signed_delivery(provider, OTHER, BODY).headers
        moved = {name: fresh[name] if "timestamp" in name else value for name, value in delivery.headers.items()}
        moved = {name: value.replace("t=17", "t=18") if name == "stripe-signature" else value for name, value in moved.items()}
        assert _refusal(provider, replace(delivery, headers=moved)) == "forged"


def test_stripe_takes_any_v1_of_several_and_no_other_scheme() -> None:
    seconds = str(int(NOW.timestamp()))
    good = mac(SECRET, f"{seconds}.".encode() + BODY).hex()
    scheme = scheme_of("stripe", {})
    scheme.verify(Delivery({"stripe-signature": f"t={seconds},v1={'0' * 64},v1={good}"}, BODY, NOW), [SecretStr(SECRET)])
    assert _refusal("stripe", Delivery({"stripe-signature": f"t={seconds},v0={good}"}, BODY, NOW)) == "malformed"
    assert _refusal("stripe", Delivery({"stripe-signature": f"t={seconds},t=0,v1={good}"}, BODY, NOW)) == "malformed"


def test_every_signature_is_compared_with_every_secret() -> None:
    seen: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        seen.append((one, other))
        return one == other

    delivery = signed_delivery("razorpay", SECRET, BODY)
    with mock.patch.object(keyed_hash.hmac, "compare_digest", compare):
        scheme_of("razorpay", {}).verify(delivery, [SecretStr(SECRET), SecretStr(OTHER), SecretStr("third")])
    assert len(seen) == 3


def test_events_are_known_by_their_signed_id() -> None:
    for provider in ("square", "stripe", "quickbooks"):
        verified = scheme_of(provider, SETTINGS.get(provider, {})).verify(
            signed_delivery(provider, SECRET, BODY), [SecretStr(SECRET)]
        )
        assert (verified.event_key, verified.content_key, verified.event_type) == ("id:evt_1", None, "payout.paid")


def test_an_unsigned_id_counts_together_with_the_body() -> None:
    scheme = scheme_of("razorpay", {})
    first, second = (
        scheme.verify(signed_delivery("razorpay", SECRET, BODY, event_id=event_id), [SecretStr(SECRET)]) for event_id in ("a", "b")
    )
    assert (first.event_key, second.event_key) == ("id:a", "id:b")
    assert first.content_key == second.content_key != None  # noqa: E711 - one chain


@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[]", b'{"id": null}', b'{"id": "' + b"x" * 300 + b'"}', b'{"id": "a\\u0000b"}']
)
def test_without_a_usable_id_what_is_signed_is_the_identity(body: bytes) -> None:
    scheme = scheme_of("stripe", {})
    at_once, later = (
        scheme.verify(signed_delivery("stripe", SECRET, body, at=NOW + dt.timedelta(seconds=s)), [SecretStr(SECRET)])
        for s in (0, 9)
    )
    assert at_once.event_key.startswith("sha256:")
    # The same words said again later are another event.
    assert at_once.event_key != later.event_key


def test_one_cloud_event_of_a_list_is_known_by_its_id() -> None:
    scheme = scheme_of("quickbooks", {})
    one = scheme.verify(signed_delivery("quickbooks", SECRET, b"[" + BODY + b"]"), [SecretStr(SECRET)])
    two = scheme.verify(signed_delivery("quickbooks", SECRET, b"[" + BODY + b"," + BODY + b"]"), [SecretStr(SECRET)])
    assert one.event_key == "id:evt_1"
    assert two.event_key.startswith("sha256:")


@pytest.mark.parametrize(
    ("provider", "wrong", "said"),
    [
        ("nobody", {}, "no webhook scheme"),
        ("stripe", {"tolerance_seconds": 0}, "tolerance_seconds"),
        ("square", {}, "notification_url"),
        ("razorpay", {"secret": "x"}, "secret"),
        ("custom", {"scheme": "hmac", "signature_header": "X", "signed": "{timestamp}"}, "fits every body"),
        ("custom", {"scheme": "hmac", "signature_header": "X", "timestamp_header": "T"}, "proves nothing"),
        ("custom", {"scheme": "hmac", "signature_header": "X", "algorithm": "sha1"}, "algorithm"),
        ("custom", {"scheme": "hmac", "signature_header": "X", "signed": "{id}{body}"}, "id_header"),
        ("custom", {"scheme": "public_key", "signature_header": "X", "algorithm": "rs1"}, "algorithm"),
    ],
)
def test_unusable_settings_are_refused(provider: str, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(SchemeError, match=said):
        scheme_of(provider, wrong)


@pytest.mark.parametrize(
    ("provider", "secret", "extra"),
    [
        ("razorpay", " \n", {}),
        ("stripe", "", {}),
        ("adyen", "no hex", {}),
        ("standard", "whsec_", {}),
        ("custom", "short", {"scheme": "shared_header", "secret_header": "X-Key"}),
        ("custom", "no key", {"scheme": "public_key", "signature_header": "X", "algorithm": "ed25519"}),
    ],
)
def test_unusable_secrets_are_refused(provider: str, secret: str, extra: dict[str, Any]) -> None:
    scheme = scheme_of(provider, extra)
    with pytest.raises(SchemeError):
        scheme.check_secrets([SecretStr("0" * 32), SecretStr(secret)] if provider == "razorpay" else [SecretStr(secret)])


def test_a_shared_header_is_compared_whole() -> None:
    scheme = scheme_of("custom", {"scheme": "shared_header", "secret_header": "X-Hook-Key", "id_field": "eventId"})
    secret = SecretStr("a-secret-of-enough-length")
    body = b'{"eventId": "e-7"}'
    assert scheme.verify(Delivery({"x-hook-key": "a-secret-of-enough-length"}, body, NOW), [secret]).event_key == "id:e-7"
    with pytest.raises(RefusedDeliveryError):
        scheme.verify(Delivery({"x-hook-key": "a-secret-of-enough-lengtx"}, body, NOW), [secret])
    assert scheme.needed_headers == ()
