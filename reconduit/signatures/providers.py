"""Which scheme each provider signs with. `custom` takes a whole scheme from its settings.

Sources: the providers' own documentation of webhooks, and for `standard` the Standard Webhooks specification 1.0.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError

from reconduit.signatures.adyen import AdyenScheme
from reconduit.signatures.delivery import Delivery, Verified
from reconduit.signatures.errors import SchemeError
from reconduit.signatures.keyed_hash import HmacScheme, StripeScheme
from reconduit.signatures.public_key import PublicKeyScheme
from reconduit.signatures.shared_header import SharedHeaderScheme

__all__ = ["PROVIDERS", "Scheme", "scheme_of"]


class Scheme(Protocol):
    """How one provider shows that a delivery is its own."""

    acknowledgement: ClassVar[bytes]
    """Body of the answer to a delivery that was taken."""

    @property
    def needed_headers(self) -> tuple[str, ...]:
        """Lower-case names of the headers that are kept with an event; no secret is among them."""
        ...

    def check_secrets(self, secrets: Sequence[SecretStr]) -> None:
        """Refuse secrets that cannot be used, with SchemeError."""
        ...

    def verify(self, delivery: Delivery, secrets: Sequence[SecretStr]) -> Verified:
        """Identity of a genuine delivery; RefusedDeliveryError for any other."""
        ...


class _NoSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _SquareSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    notification_url: str = Field(pattern=r"^https?://[^{}\s]{1,500}$")
    """Exactly as it is registered with Square; behind a proxy it is not what the request says."""


class _PayPalSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    webhook_id: str = Field(pattern=r"^[A-Za-z0-9-]{1,100}$")
    """Id of the subscription in PayPal's portal."""
    tolerance_seconds: int = Field(default=4 * 86_400, ge=1, le=30 * 86_400)
    """PayPal delivers again for three days, and the time that it signs may be that of the first attempt."""


class _WindowSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    tolerance_seconds: int = Field(default=300, ge=1, le=86_400)


def _razorpay(settings: Mapping[str, Any]) -> Scheme:
    _NoSettings.model_validate(settings)
    # The id's header is not signed: it counts together with the body (Verified.content_key).
    return HmacScheme(signature_header="X-Razorpay-Signature", id_header="X-Razorpay-Event-Id", type_field="event")


def _stripe(settings: Mapping[str, Any]) -> Scheme:
    return StripeScheme(tolerance_seconds=_WindowSettings.model_validate(settings).tolerance_seconds)


def _square(settings: Mapping[str, Any]) -> Scheme:
    url = _SquareSettings.model_validate(settings).notification_url
    return HmacScheme(
        signature_header="x-square-hmacsha256-signature",
        encoding="base64",
        signed=url + "{body}",
        id_field="event_id",
        type_field="type",
    )


def _quickbooks(settings: Mapping[str, Any]) -> Scheme:
    _NoSettings.model_validate(settings)
    return HmacScheme(signature_header="intuit-signature", encoding="base64", id_field="id", type_field="type")


def _xero(settings: Mapping[str, Any]) -> Scheme:
    _NoSettings.model_validate(settings)
    return HmacScheme(signature_header="x-xero-signature", encoding="base64")


def _adyen(settings: Mapping[str, Any]) -> Scheme:
    _NoSettings.model_validate(settings)
    return AdyenScheme()


def _paypal(settings: Mapping[str, Any]) -> Scheme:
    checked = _PayPalSettings.model_validate(settings)
    # Only a CRC of the body is signed, and another body with the same CRC is easily made. So the id is that of the transmission,
    # which is signed, and not the one in the body.
    return PublicKeyScheme(
        signature_header="PayPal-Transmission-Sig",
        encoding="base64",
        algorithm="rsa-pkcs1-sha256",
        signed="{id}|{timestamp}|" + checked.webhook_id + "|{crc32}",
        id_header="PayPal-Transmission-Id",
        timestamp_header="PayPal-Transmission-Time",
        timestamp_unit="rfc3339",
        tolerance_seconds=checked.tolerance_seconds,
        type_field="event_type",
    )


def _standard(settings: Mapping[str, Any]) -> Scheme:
    return HmacScheme(
        signature_header="webhook-signature",
        signature_prefix="v1,",
        signature_separator=" ",
        encoding="base64",
        signed="{id}.{timestamp}.{body}",
        id_header="webhook-id",
        timestamp_header="webhook-timestamp",
        tolerance_seconds=_WindowSettings.model_validate(settings).tolerance_seconds,
        type_field="type",
        secret_encoding="base64",  # noqa: S106 - an encoding, no secret
        secret_prefix="whsec_",  # noqa: S106 - what stands before a secret
    )


_CUSTOM: TypeAdapter[Scheme] = TypeAdapter(
    Annotated[HmacScheme | PublicKeyScheme | SharedHeaderScheme, Field(discriminator="scheme")]
)


def _custom(settings: Mapping[str, Any]) -> Scheme:
    return _CUSTOM.validate_python(dict(settings))


PROVIDERS: dict[str, Callable[[Mapping[str, Any]], Scheme]] = {
    "adyen": _adyen,
    "custom": _custom,
    "paypal": _paypal,
    "quickbooks": _quickbooks,
    "razorpay": _razorpay,
    "square": _square,
    "standard": _standard,
    "stripe": _stripe,
    "xero": _xero,
}
"""Makers of schemes by the provider's name in `/v1/webhooks/{provider}/...`."""


def scheme_of(provider: str, settings: Mapping[str, Any]) -> Scheme:
    """The scheme of a provider.

    Args:
        provider: one of PROVIDERS.
        settings: what the scheme must be told; see docs/webhooks.md.

    Raises:
        SchemeError: there is no such provider, or the settings do not fit.
    """
    make = PROVIDERS.get(provider)
    if make is None:
        raise SchemeError(f"there is no webhook scheme {provider!r}; there are {', '.join(PROVIDERS)}")
    try:
        return make(settings)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'settings'}: {e['msg']}" for e in error.errors(include_input=False))
        raise SchemeError(f"webhook settings of {provider}: {wrong}") from None
