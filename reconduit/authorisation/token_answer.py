"""What a token endpoint answered: tokens, or a refusal (RFC 6749, 5.1 and 5.2)."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from reconduit.authorisation.errors import AuthorisationError, GrantRefusedError, TokenAnswerError, TokenEndpointError

__all__ = ["Answer", "TokenSet", "read_answer"]

_DEFAULT_LIFE_SECONDS = 300.0
"""Assumed when a provider leaves `expires_in` out; the RFC only recommends it."""
_LONGEST_LIFE_SECONDS = 10 * 366 * 86_400.0
_CODES = frozenset(
    {"invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type", "invalid_scope"}
    | {"access_denied", "interaction_required", "consent_required", "login_required"}
)
_REFRESH_LIFE = ("refresh_token_expires_in", "x_refresh_token_expires_in", "refresh_expires_in")
"""What providers call it; QuickBooks the second, Keycloak the third. The RFC has no name for it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came: its status, the body, and the seconds of `Retry-After`."""

    status: int
    body: bytes
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class TokenSet:
    """Tokens of one answer.

    Attributes:
        access: what requests carry.
        refresh: what the next tokens are obtained with, where the provider gives one.
        life_seconds: of the access token, from the answer on.
        refresh_life_seconds: of the refresh token; None when the provider does not say.
    """

    access: SecretStr
    refresh: SecretStr | None
    life_seconds: float
    refresh_life_seconds: float | None = None


def read_answer(answer: Answer, what: str) -> TokenSet:
    """The tokens of an answer.

    Args:
        answer: as it came.
        what: the request, for messages.

    Raises:
        GrantRefusedError: a refusal.
        TokenEndpointError: 408, 425, 429 or 5xx, or a page of HTML.
        TokenAnswerError: anything else.
    """
    if answer.status != 200:
        raise _refusal(answer, what)
    document = _document(answer.body)
    if document is None:
        if answer.body.lstrip()[:1] in {b"", b"<"}:
            raise TokenEndpointError(f"{what}: an empty or HTML page came instead of tokens")
        raise TokenAnswerError(f"{what}: the answer is no JSON object")
    access, refresh = document.get("access_token"), document.get("refresh_token")
    if not isinstance(access, str) or not access:
        # Some providers refuse with status 200 (GitHub does).
        if document.get("error") in _CODES:
            raise _refusal(answer, what)
        raise TokenAnswerError(f"{what}: the answer has no `access_token`")
    if not isinstance(refresh, str | None):
        raise TokenAnswerError(f"{what}: `refresh_token` is no text")
    kind = document.get("token_type")
    if kind is not None and str(kind).lower() != "bearer":
        raise TokenAnswerError(f"{what}: `token_type` is not Bearer; no other type can be sent")
    return TokenSet(
        SecretStr(access),
        SecretStr(refresh) if refresh else None,
        _seconds(document, "expires_in") or _DEFAULT_LIFE_SECONDS,
        next((_seconds(document, name) for name in _REFRESH_LIFE if name in document), None),
    )


def _seconds(document: dict[str, Any], name: str) -> float | None:
    """A duration; None when it is absent or no such thing, because tokens must not be lost over it."""
    try:
        seconds = float(document.get(name, 0))
    except (TypeError, ValueError):
        return None
    # Zero or less is how some providers say "does not expire"; a NaN is not more than nothing either.
    return min(seconds, _LONGEST_LIFE_SECONDS) if seconds > 0 else None


def _refusal(answer: Answer, what: str) -> AuthorisationError:
    status = answer.status
    if status == 429 or status in {408, 425} or status >= 500:
        return TokenEndpointError(f"{what}: {status}", retry_after=answer.retry_after)
    document = _document(answer.body) or {}
    # Only codes that the RFCs name are repeated: any other text might echo what was sent.
    code = document.get("error") if document.get("error") in _CODES else ""
    if status in {200, 400, 401, 403}:
        said = code or "without an OAuth error code"
        return GrantRefusedError(f"{what}: {status} {said}; check the client id, its credentials and the scopes", str(code))
    return TokenAnswerError(f"{what}: {status}; check the address of the token endpoint")


def _document(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
