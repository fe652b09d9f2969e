"""One delivery of a webhook as it came, and what its signature shows about it."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from reconduit.signatures.errors import RefusedDeliveryError

__all__ = ["Delivery", "Verified", "identified"]

LONGEST_HEADER = 4096
_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery.

    Attributes:
        headers: by lower-case name.
        body: the bytes as they came; signatures are over these, never over JSON that was written again.
        received_at: aware UTC.
    """

    headers: Mapping[str, str]
    body: bytes
    received_at: dt.datetime

    def header(self, name: str) -> str:
        """A header that the signature needs.

        Raises:
            RefusedDeliveryError: it is absent, or longer than any provider's.
        """
        value = self.headers.get(name.lower(), "").strip()
        if not value:
            raise RefusedDeliveryError("missing", f"the delivery has no {name} header")
        if len(value) > LONGEST_HEADER:
            raise RefusedDeliveryError("malformed", f"the {name} header is longer than {LONGEST_HEADER} characters")
        return value


@dataclass(frozen=True, slots=True)
class Verified:
    """What is known about a delivery whose signature fits.

    Attributes:
        event_key: equal for deliveries of one event: `id:` with the provider's event id, or `sha256:` of what is signed.
        content_key: sha256 of the signed body where the id itself is not signed, else None. A delivery is a duplicate when
            either key is known, so that a captured body does not pass for new under an invented id.
        event_type: the provider's name of what happened, when the body tells it.
    """

    event_key: str
    content_key: bytes | None
    event_type: str | None


def identified(event_id: str | None, *, id_is_signed: bool, signed: bytes, event_type: str | None) -> Verified:
    """Identity of an event from its id, or without a usable one from the bytes that are signed."""
    digest = hashlib.sha256(signed)
    # A NUL is the one character that Postgres does not store.
    kind = event_type[:_LONGEST_ID] if event_type and "\x00" not in event_type else None
    if event_id is None or not event_id or len(event_id) > _LONGEST_ID or "\x00" in event_id:
        return Verified(f"sha256:{digest.hexdigest()}", None, kind)
    return Verified(f"id:{event_id}", None if id_is_signed else digest.digest(), kind)
