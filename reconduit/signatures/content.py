"""What a signature is over: a template of the body, the time and the id of a delivery, and the replay window of that time."""

import binascii
import datetime as dt
import re
import zlib
from dataclasses import dataclass
from typing import Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, model_validator

from reconduit.signatures.delivery import Delivery, Verified, identified
from reconduit.signatures.errors import RefusedDeliveryError

__all__ = ["FieldPath", "SignedContent", "SignedScheme", "check_window", "decode_signature", "read_fields", "unix_moment"]

_PLACEHOLDER = re.compile(rb"\{(body|crc32|timestamp|id)\}")
_UNIX = re.compile(r"[0-9]{1,15}")
_MOST_SIGNATURES = 16

Encoding = Literal["hex", "base64"]
FieldPath = str
"""Where a JSON body has a value: names joined by dots."""


@dataclass(frozen=True, slots=True)
class SignedContent:
    """The bytes that are signed, and what they name.

    Attributes:
        parts: the bytes.
        event_id: from the header of ids; None without one.
    """

    parts: bytes
    event_id: str | None


class SignedScheme(BaseModel):
    """Settings that schemes over a template of the delivery share.

    Attributes:
        signature_header: where the signature is.
        signature_prefix: text before each signature, such as `sha256=`; what lacks it is passed over.
        signature_separator: between signatures when there may be several.
        encoding: of a signature.
        signed: what is signed: text with `{body}`, `{timestamp}`, `{id}` and `{crc32}` (of the body, unsigned decimal) in it.
        timestamp_header: where the time is; it counts only when `signed` has `{timestamp}`.
        timestamp_unit: how it is written.
        tolerance_seconds: how far that time may be from now, in both directions.
        id_header: where the event's id is.
        id_field: where a JSON body has it, when no header does.
        type_field: where a JSON body names what happened.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    signature_header: str = Field(pattern=r"^[A-Za-z0-9-]{1,100}$")
    signature_prefix: str = Field(default="", max_length=50)
    signature_separator: str | None = Field(default=None, min_length=1, max_length=5)
    encoding: Encoding = "hex"
    signed: str = Field(default="{body}", max_length=1000)
    timestamp_header: str | None = Field(default=None, pattern=r"^[A-Za-z0-9-]{1,100}$")
    timestamp_unit: Literal["seconds", "milliseconds", "rfc3339"] = "seconds"
    tolerance_seconds: int = Field(default=300, ge=1, le=30 * 86_400)
    id_header: str | None = Field(default=None, pattern=r"^[A-Za-z0-9-]{1,100}$")
    id_field: FieldPath | None = Field(default=None, max_length=200)
    type_field: FieldPath | None = Field(default=None, max_length=200)

    @model_validator(mode="after")
    def _is_bound(self) -> Self:
        named = set(_PLACEHOLDER.findall(self.signed.encode()))
        if not named & {b"body", b"crc32"}:
            raise ValueError("signed: {body} or {crc32} must be in it, else a signature fits every body")
        if (b"timestamp" in named) != (self.timestamp_header is not None):
            raise ValueError("signed: {timestamp} and timestamp_header go together; a time that is not signed proves nothing")
        if b"id" in named and self.id_header is None:
            raise ValueError("signed: {id} needs id_header")
        if b"body" not in named and self.id_field is not None:
            raise ValueError("id_field: an id in the body is signed only with {body}")
        return self

    @property
    def needed_headers(self) -> tuple[str, ...]:
        """Lower-case names of the headers that tell something; no other is kept."""
        names = (self.signature_header, self.timestamp_header, self.id_header)
        return tuple(name.lower() for name in names if name)

    def content(self, delivery: Delivery) -> SignedContent:
        """The bytes that the signature of `delivery` must be over.

        Raises:
            RefusedDeliveryError: a header that is signed is absent.
        """
        values = {b"body": delivery.body}
        if b"{crc32}" in self.signed.encode():
            values[b"crc32"] = str(zlib.crc32(delivery.body)).encode()
        if self.timestamp_header is not None:
            values[b"timestamp"] = delivery.header(self.timestamp_header).encode()
        event_id = None
        if self.id_header is not None:
            id_is_signed = "{id}" in self.signed
            event_id = delivery.header(self.id_header) if id_is_signed else delivery.headers.get(self.id_header.lower())
            values[b"id"] = (event_id or "").encode()
        return SignedContent(_PLACEHOLDER.sub(lambda found: values[found[1]], self.signed.encode()), event_id)

    def signatures(self, delivery: Delivery) -> list[bytes]:
        """Every readable signature of the header.

        Raises:
            RefusedDeliveryError: there is none, or there are too many.
        """
        text = delivery.header(self.signature_header)
        entries = text.split(self.signature_separator) if self.signature_separator else [text]
        if len(entries) > _MOST_SIGNATURES:
            raise RefusedDeliveryError("malformed", f"{self.signature_header} holds more than {_MOST_SIGNATURES} signatures")
        stripped = [entry.strip() for entry in entries]
        wanted = [entry[len(self.signature_prefix) :] for entry in stripped if entry.startswith(self.signature_prefix)]
        found = [decoded for one in wanted if (decoded := decode_signature(one, self.encoding)) is not None]
        if not found:
            raise RefusedDeliveryError("malformed", f"{self.signature_header} holds no {self.encoding} signature")
        return found

    def check_time(self, delivery: Delivery) -> None:
        """Hold the signed time against the replay window; call it once the signature fits.

        Raises:
            RefusedDeliveryError: too old, too far ahead, or no time.
        """
        if self.timestamp_header is None:
            return
        text = delivery.header(self.timestamp_header)
        if self.timestamp_unit == "rfc3339":
            moment = _rfc3339_moment(text)
        else:
            moment = unix_moment(text, 1000 if self.timestamp_unit == "milliseconds" else 1)
        check_window(moment, delivery.received_at, self.tolerance_seconds)

    def identify(self, delivery: Delivery, content: SignedContent) -> Verified:
        """Identity of an event whose signature fits."""
        event_id, id_is_signed = content.event_id, "{id}" in self.signed
        in_body, event_type = read_fields(delivery.body, self.id_field, self.type_field)
        if in_body is not None and not id_is_signed:
            event_id, id_is_signed = in_body, True
        return identified(event_id, id_is_signed=id_is_signed, signed=content.parts, event_type=event_type)


def decode_signature(text: str, encoding: Encoding) -> bytes | None:
    """Bytes of a signature; None when it is not of that encoding."""
    try:
        raw = text.encode("ascii")
        return binascii.unhexlify(raw) if encoding == "hex" else binascii.a2b_base64(raw, strict_mode=True)
    except (UnicodeEncodeError, binascii.Error):
        return None


def unix_moment(text: str, per_second: int = 1) -> dt.datetime:
    """The moment of a Unix time.

    Raises:
        RefusedDeliveryError: it is none.
    """
    if not _UNIX.fullmatch(text):
        raise RefusedDeliveryError("malformed", "the signed time is no Unix time")
    try:
        return dt.datetime.fromtimestamp(int(text) // per_second, dt.UTC)
    except (OverflowError, ValueError, OSError):
        raise RefusedDeliveryError("malformed", "the signed time is beyond every calendar") from None


def _rfc3339_moment(text: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise RefusedDeliveryError("malformed", "the signed time is no RFC 3339 time") from None
    if moment.tzinfo is None:
        raise RefusedDeliveryError("malformed", "the signed time has no zone")
    return moment


def check_window(moment: dt.datetime, received_at: dt.datetime, tolerance_seconds: int) -> None:
    """Refuse a delivery that was signed too long ago, or too far ahead.

    Raises:
        RefusedDeliveryError: it was.
    """
    if abs(received_at - moment) > dt.timedelta(seconds=tolerance_seconds):
        raise RefusedDeliveryError("stale", f"the delivery was signed more than {tolerance_seconds} s from now")


def read_fields(body: bytes, *paths: FieldPath | None) -> list[str | None]:
    """Texts at these places of a JSON body; None for what is not there. A body that is no JSON has none."""
    try:
        document = orjson.loads(body) if any(paths) else None
    except orjson.JSONDecodeError:
        document = None
    return [_text_at(document, path) if path else None for path in paths]


def _text_at(document: object, path: FieldPath) -> str | None:
    for name in path.split("."):
        # CloudEvents come as a list; one event in it is named by its own fields, several by the digest of the body.
        if isinstance(document, list) and len(document) == 1:
            document = document[0]
        if not isinstance(document, dict):
            return None
        document = document.get(name)
    if isinstance(document, bool) or not isinstance(document, str | int):
        return None
    return str(document)
