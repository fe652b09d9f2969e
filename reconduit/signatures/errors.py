"""What can be wrong with a webhook's signature, or with the description of a scheme. No message holds a secret or a signature.

```
SignatureError              terminal: the root
├── SchemeError             terminal: the settings or the secrets of a scheme cannot be used
└── RefusedDeliveryError    terminal: a delivery is not shown to come from the provider
```
"""

from typing import Literal

from reconduit.errors import ReconduitError

__all__ = ["Refusal", "RefusedDeliveryError", "SchemeError", "SignatureError"]

Refusal = Literal["missing", "malformed", "forged", "stale"]
"""Why a delivery is refused: no signature, an unreadable one, one that fits no secret, or a time outside the replay window."""


class SignatureError(ReconduitError):
    """A signature cannot be checked, or does not fit."""


class SchemeError(SignatureError):
    """The settings or the secrets of a scheme cannot be used; the message names the one that is wrong."""


class RefusedDeliveryError(SignatureError):
    """A delivery is not shown to come from the provider.

    Attributes:
        refusal: why; one of a few words, fit for a counter.
    """

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal
