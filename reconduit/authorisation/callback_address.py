"""What a provider's authorisation page answers with, in the address that it sends the browser to (RFC 6749, 4.1.2)."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from reconduit.authorisation.errors import AuthorisationRequestError

__all__ = ["CallbackAnswer", "provider_error", "read_callback"]

# Others are a provider's own words, which are never repeated.
_CODES = frozenset({"access_denied", "server_error", "temporarily_unavailable", "invalid_scope", "unauthorized_client"})


@dataclass(frozen=True, slots=True)
class CallbackAnswer:
    """An answer of an authorisation page.

    Attributes:
        state: of the request that it answers.
        code: to be exchanged; None when the provider did not authorise.
        issuer: `iss` (RFC 9207), where the provider sends one.
        error: what the provider said instead of a code.
    """

    state: str
    code: str | None
    issuer: str | None
    error: str


def provider_error(code: str) -> str:
    """An error code for people: as it is where the RFC names it."""
    return code if code in _CODES else "an error of its own"


def read_callback(address: str) -> CallbackAnswer:
    """The answer in an address that was copied from a browser.

    Raises:
        AuthorisationRequestError: it is no such address, or a parameter is there twice.
    """
    try:
        found = parse_qs(urlsplit(address.strip()).query, max_num_fields=50)
    except ValueError:
        found = {}
    given = {name: found.get(name, [""]) for name in ("state", "code", "iss", "error")}
    if not given["state"][0] or any(len(values) > 1 for values in given.values()):
        raise AuthorisationRequestError("this is not the address of an answer, with `state` and `code` once each; copy all of it")
    return CallbackAnswer(given["state"][0], given["code"][0] or None, given["iss"][0] or None, provider_error(given["error"][0]))
