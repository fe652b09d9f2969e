"""HMAC schemes: one over a template of the delivery, and the one of Stripe, whose header holds time and signatures together.

Every signature is compared with every secret's, each in constant time and none left out, so that neither the place of the first
wrong byte nor the number of the secret that fits can be measured.
"""

import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from reconduit.signatures.content import SignedScheme, check_window, decode_signature, read_fields, unix_moment
from reconduit.signatures.delivery import Delivery, Verified, identified
from reconduit.signatures.errors import RefusedDeliveryError, SchemeError

__all__ = ["HmacScheme", "StripeScheme", "any_equal", "secret_bytes"]

_MOST_ENTRIES = 32


def secret_bytes(secret: SecretStr, encoding: Literal["text", "hex", "base64"] = "text", prefix: str = "") -> bytes:
    """Key of a secret as it was copied from the provider.

    Raises:
        SchemeError: it is empty, or not of that encoding.
    """
    text = secret.get_secret_value().strip().removeprefix(prefix)
    try:
        if encoding == "hex":
            key = binascii.unhexlify(text.encode("ascii"))
        elif encoding == "base64":
            key = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
        else:
            key = text.encode()
    except (binascii.Error, UnicodeEncodeError):
        raise SchemeError(f"a secret of the webhook is no {encoding}; copy it again from the provider") from None
    if not key:
        raise SchemeError("a secret of the webhook is empty, and then everybody could sign; copy it from the provider")
    return key


def any_equal(expected: Sequence[bytes], presented: Sequence[bytes]) -> bool:
    """Whether one of the presented values is one of the expected; takes as long whichever it is."""
    found = False
    for one in expected:
        for other in presented:
            found |= hmac.compare_digest(one, other)
    return found


class HmacScheme(SignedScheme):
    """HMAC of a template of the delivery.

    Attributes:
        algorithm: the hash. SHA-1 is not offered.
        secret_encoding: how the provider writes its secret.
        secret_prefix: text before it that is no part of the key.
    """

    scheme: Literal["hmac"] = "hmac"
    acknowledgement: ClassVar[bytes] = b""
    algorithm: Literal["sha256", "sha512"] = "sha256"
    secret_encoding: Literal["text", "hex", "base64"] = "text"  # noqa: S105 - an encoding, no secret
    secret_prefix: str = Field(default="", max_length=20)

    def check_secrets(self, secrets: Sequence[SecretStr]) -> None:
        """Refuse secrets that cannot be used.

        Raises:
            SchemeError: one cannot.
        """
        self._keys(secrets)

    def verify(self, delivery: Delivery, secrets: Sequence[SecretStr]) -> Verified:
        """Check a delivery.

        Args:
            delivery: as it came.
            secrets: every active one; during a rotation the provider may use either.

        Raises:
            RefusedDeliveryError: no secret signs it so, or its time is outside the window.
            SchemeError: a secret cannot be used.
        """
        presented = self.signatures(delivery)
        content = self.content(delivery)
        expected = [hmac.digest(key, content.parts, self.algorithm) for key in self._keys(secrets)]
        if not any_equal(expected, presented):
            raise RefusedDeliveryError("forged", "the signature fits no active secret")
        self.check_time(delivery)
        return self.identify(delivery, content)

    def _keys(self, secrets: Sequence[SecretStr]) -> list[bytes]:
        return [secret_bytes(secret, self.secret_encoding, self.secret_prefix) for secret in secrets]


class StripeScheme(BaseModel):
    """`t=UNIX,v1=HEX[,v1=HEX...]`: HMAC-SHA256 of `t.body`; other schemes than v1 are passed over.

    Source: Stripe's documentation of `Stripe-Signature`. Unlike Stripe's own libraries a time ahead of ours is refused as well.

    Attributes:
        signature_header: where it is.
        tolerance_seconds: how far `t` may be from now.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scheme: Literal["stripe"] = "stripe"
    acknowledgement: ClassVar[bytes] = b""
    signature_header: str = Field(default="Stripe-Signature", pattern=r"^[A-Za-z0-9-]{1,100}$")
    tolerance_seconds: int = Field(default=300, ge=1, le=86_400)

    @property
    def needed_headers(self) -> tuple[str, ...]:
        """Lower-case names of the headers that tell something."""
        return (self.signature_header.lower(),)

    def check_secrets(self, secrets: Sequence[SecretStr]) -> None:
        """Refuse secrets that cannot be used.

        Raises:
            SchemeError: one cannot.
        """
        for secret in secrets:
            secret_bytes(secret)

    def verify(self, delivery: Delivery, secrets: Sequence[SecretStr]) -> Verified:
        """As `HmacScheme.verify`."""
        moment, presented = self._read(delivery.header(self.signature_header))
        signed = moment.encode() + b"." + delivery.body
        # The secret is the whole text: `whsec_` is part of the key here, unlike with Standard Webhooks.
        expected = [hmac.digest(secret_bytes(secret), signed, hashlib.sha256) for secret in secrets]
        if not any_equal(expected, presented):
            raise RefusedDeliveryError("forged", "the signature fits no active secret")
        check_window(unix_moment(moment), delivery.received_at, self.tolerance_seconds)
        event_id, event_type = read_fields(delivery.body, "id", "type")
        return identified(event_id, id_is_signed=True, signed=signed, event_type=event_type)

    def _read(self, header: str) -> tuple[str, list[bytes]]:
        entries = [entry.strip().partition("=") for entry in header.split(",")]
        moments = [value for name, _, value in entries if name == "t"]
        decoded = [decode_signature(value, "hex") for name, _, value in entries if name == "v1"]
        found = [one for one in decoded if one is not None]
        if len(entries) > _MOST_ENTRIES or len(moments) != 1 or not found:
            raise RefusedDeliveryError("malformed", f"{self.signature_header} is not of the form t=UNIX,v1=HEX")
        return moments[0], found
