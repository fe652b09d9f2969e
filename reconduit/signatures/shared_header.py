"""A secret that the provider sends back in a header, for providers that sign nothing.

It shows that the sender knows the secret, not that the body is as it was sent: all the more is the body only a reason to fetch.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from reconduit.signatures.content import FieldPath, read_fields
from reconduit.signatures.delivery import Delivery, Verified, identified
from reconduit.signatures.errors import RefusedDeliveryError, SchemeError
from reconduit.signatures.keyed_hash import any_equal, secret_bytes

__all__ = ["SharedHeaderScheme"]

_LEAST_CHARACTERS = 16


class SharedHeaderScheme(BaseModel):
    """A header whose whole value is the secret.

    Attributes:
        secret_header: its name. It is never kept with the event.
        id_field: where a JSON body has the event's id.
        type_field: where it names what happened.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    scheme: Literal["shared_header"] = "shared_header"
    acknowledgement: ClassVar[bytes] = b""
    secret_header: str = Field(pattern=r"^[A-Za-z0-9-]{1,100}$")
    id_field: FieldPath | None = Field(default=None, max_length=200)
    type_field: FieldPath | None = Field(default=None, max_length=200)

    @property
    def needed_headers(self) -> tuple[str, ...]:
        """Lower-case names of the headers that may be kept: none."""
        return ()

    def check_secrets(self, secrets: Sequence[SecretStr]) -> None:
        """Refuse secrets that can be guessed.

        Raises:
            SchemeError: one is shorter than 16 bytes.
        """
        for secret in secrets:
            if len(secret_bytes(secret)) < _LEAST_CHARACTERS:
                raise SchemeError(f"a secret that is sent in a header needs at least {_LEAST_CHARACTERS} characters")

    def verify(self, delivery: Delivery, secrets: Sequence[SecretStr]) -> Verified:
        """As `HmacScheme.verify`."""
        presented = delivery.header(self.secret_header).encode("utf-8", "surrogatepass")
        if not any_equal([secret_bytes(secret) for secret in secrets], [presented]):
            raise RefusedDeliveryError("forged", f"{self.secret_header} holds no active secret")
        event_id, event_type = read_fields(delivery.body, self.id_field, self.type_field)
        return identified(event_id, id_is_signed=True, signed=delivery.body, event_type=event_type)
