"""Signs deliveries as providers do, written apart from the code that checks them."""

import base64
import datetime as dt
import hashlib
import hmac

from reconduit.signatures import Delivery

__all__ = ["NOW", "URL", "mac", "signed_delivery"]

NOW = dt.datetime(2026, 11, 21, 12, 0, tzinfo=dt.UTC)
URL = "https://books.example/v1/webhooks/square/shop"


def mac(secret: str, content: bytes) -> bytes:
    return hmac.new(secret.encode(), content, hashlib.sha256).digest()


def signed_delivery(provider: str, secret: str, body: bytes, *, at: dt.datetime = NOW, event_id: str = "evt_1") -> Delivery:
    """A delivery of `body` as `provider` would sign it at `at`, received at NOW."""
    seconds = str(int(at.timestamp()))
    if provider == "razorpay":
        headers = {"x-razorpay-signature": mac(secret, body).hex(), "x-razorpay-event-id": event_id}
    elif provider == "stripe":
        headers = {"stripe-signature": f"t={seconds},v0=00,v1={mac(secret, seconds.encode() + b'.' + body).hex()}"}
    elif provider == "square":
        headers = {"x-square-hmacsha256-signature": base64.b64encode(mac(secret, URL.encode() + body)).decode()}
    elif provider == "quickbooks":
        headers = {"intuit-signature": base64.b64encode(mac(secret, body)).decode()}
    elif provider == "xero":
        headers = {"x-xero-signature": base64.b64encode(mac(secret, body)).decode()}
    else:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signature = hmac.new(key, f"{event_id}.{seconds}.".encode() + body, hashlib.sha256).digest()
        headers = {
            "webhook-id": event_id,
            "webhook-timestamp": seconds,
            "webhook-signature": f"v1,{base64.b64encode(signature).decode()}",
        }
    return Delivery(headers, body, NOW)
