"""Adyen's scheme: each item of the body carries an HMAC-SHA256 of eight of its fields; nothing else of the body is signed.

Source: Adyen, "Verify HMAC signatures" for standard webhooks: the values of pspReference, originalReference, merchantAccountCode,
merchantReference, amount.value, amount.currency, eventCode and success joined by colons; the key is hexadecimal, the signature
base64 in additionalData.hmacSignature. An answer that does not say `[accepted]` is delivered again.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

import orjson
from pydantic import BaseModel, ConfigDict, SecretStr

from reconduit.signatures.content import decode_signature
from reconduit.signatures.delivery import Delivery, Verified, identified
from reconduit.signatures.errors import RefusedDeliveryError
from reconduit.signatures.keyed_hash import any_equal, secret_bytes

__all__ = ["AdyenScheme"]

_MOST_ITEMS = 100


class AdyenScheme(BaseModel):
    """Standard webhooks of Adyen in JSON.

    No time is signed, so there is no replay window: duplicates are known by what is signed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scheme: Literal["adyen"] = "adyen"
    acknowledgement: ClassVar[bytes] = b"[accepted]"

    @property
    def needed_headers(self) -> tuple[str, ...]:
        """Lower-case names of the headers that tell something: none does."""
        return ()

    def check_secrets(self, secrets: Sequence[SecretStr]) -> None:
        """Refuse secrets that cannot be used.

        Raises:
            SchemeError: one cannot.
        """
        for secret in secrets:
            secret_bytes(secret, "hex")

    def verify(self, delivery: Delivery, secrets: Sequence[SecretStr]) -> Verified:
        """Check every item; one that does not fit makes the whole delivery refused.

        Raises:
            RefusedDeliveryError: an item is not signed by any of the secrets, or there is none.
            SchemeError: a secret cannot be used.
        """
        keys = [secret_bytes(secret, "hex") for secret in secrets]
        items = _items(delivery.body)
        signed = [_signed_fields(item) for item in items]
        for item, content in zip(items, signed, strict=True):
            expected = [hmac.digest(key, content, hashlib.sha256) for key in keys]
            if not any_equal(expected, [_signature(item)]):
                raise RefusedDeliveryError("forged", "the signature of an item fits no active secret")
        kinds = {str(item.get("eventCode", "")) for item in items}
        # Only these fields are known to be Adyen's, so they alone tell one event from another. Each is hashed by itself:
        # joined texts could be cut elsewhere.
        whole = b"".join(hashlib.sha256(content).digest() for content in signed)
        return identified(None, id_is_signed=True, signed=whole, event_type=kinds.pop() if len(kinds) == 1 else None)


def _items(body: bytes) -> list[dict[str, Any]]:
    try:
        document = orjson.loads(body)
        items = [entry["NotificationRequestItem"] for entry in document["notificationItems"]]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise RefusedDeliveryError("malformed", "the body is no Adyen notification") from None
    if not 0 < len(items) <= _MOST_ITEMS or not all(isinstance(item, dict) for item in items):
        raise RefusedDeliveryError("malformed", f"the body must hold one to {_MOST_ITEMS} notification items")
    return items


def _signed_fields(item: dict[str, Any]) -> bytes:
    amount = item.get("amount")
    amount = amount if isinstance(amount, dict) else {}
    values = (
        item.get("pspReference"),
        item.get("originalReference"),
        item.get("merchantAccountCode"),
        item.get("merchantReference"),
        amount.get("value"),
        amount.get("currency"),
        item.get("eventCode"),
        item.get("success"),
    )
    return ":".join(_text(value) for value in values).encode("utf-8", "surrogatepass")


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _signature(item: dict[str, Any]) -> bytes:
    data = item.get("additionalData")
    text = data.get("hmacSignature") if isinstance(data, dict) else None
    if not isinstance(text, str):
        raise RefusedDeliveryError("missing", "an item has no additionalData.hmacSignature")
    decoded = decode_signature(text, "base64")
    if decoded is None:
        raise RefusedDeliveryError("malformed", "the signature of an item is no base64")
    return decoded
