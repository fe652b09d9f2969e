"""What can go wrong with an integration's OAuth authorisation. No message ever holds a token, a code or a secret.

```
AuthorisationError                terminal: the root
├── AuthorisationNeededError      terminal: a person must authorise, for the first time or again
│   └── AuthorisationExpiredError terminal: ... because the time that the provider had given is over
├── AuthorisationRequestError     terminal: what came to the callback is not the answer to a request of this session
├── GrantRefusedError             terminal: the provider refuses the client or the grant
├── ClientSettingsError           terminal: the OAuth settings or credentials cannot be used
├── TokenAnswerError              terminal: the token endpoint's answer is not what RFC 6749 says
└── TokenEndpointError            retryable: the token endpoint, or the network before it, is in trouble
```
"""

from typing import ClassVar

from reconduit.errors import ReconduitError

__all__ = [
    "AuthorisationError",
    "AuthorisationExpiredError",
    "AuthorisationNeededError",
    "AuthorisationRequestError",
    "ClientSettingsError",
    "GrantRefusedError",
    "TokenAnswerError",
    "TokenEndpointError",
]


class AuthorisationError(ReconduitError):
    """An integration has no usable access token."""


class AuthorisationNeededError(AuthorisationError):
    """A person must authorise the integration at the provider."""


class AuthorisationExpiredError(AuthorisationNeededError):
    """The refresh token's time is over, as the provider had announced, and it is not accepted any more."""


class AuthorisationRequestError(AuthorisationError):
    """An answer from a provider's authorisation page that is not taken."""


class ClientSettingsError(AuthorisationError):
    """The OAuth settings of an integration, or its credentials, cannot be used."""


class GrantRefusedError(AuthorisationError):
    """The token endpoint refuses.

    Attributes:
        code: the RFC's error code, empty when the answer has none of those.
    """

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class TokenAnswerError(AuthorisationError):
    """The token endpoint's answer cannot be understood; a person must look."""


class TokenEndpointError(AuthorisationError):
    """The token endpoint did not answer, or not now.

    Attributes:
        retry_after: seconds that the provider asks to wait, None when it does not say.
    """

    retryable: ClassVar[bool] = True

    def __init__(self, message: str, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
