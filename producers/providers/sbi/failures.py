"""Typed errors of the GEN6 gateway's failures: by the configured meaning of a code, else by the bank's words."""

from collections.abc import Mapping
from typing import Any

from producers.errors import (
    AuthenticationError,
    ConfigurationError,
    PermissionDeniedError,
    ProducerError,
    RateLimitError,
    TransientError,
)
from producers.kit.statements.failure_text import error_from_text, says_no_records
from producers.providers.sbi.options import FailureKind

__all__ = ["failure_of"]

_ERRORS: Mapping[str, type[ProducerError]] = {
    "retry": TransientError,
    "rate_limit": RateLimitError,
    "authentication": AuthenticationError,
    "permission": PermissionDeniedError,
    "configuration": ConfigurationError,
}


def failure_of(document: Mapping[str, Any], subject: str, kinds: Mapping[str, FailureKind]) -> ProducerError | None:
    """The error that a document reports, None when it only says that there is nothing in the window.

    Args:
        document: `{RESPONSE_STATUS, ERROR_CODE, ERROR_DESCRIPTION}`, from outside or inside the envelope.
        subject: what failed, for the message.
        kinds: meaning of the bank's codes; the bank's catalogue is not public.
    """
    code, text = str(document.get("ERROR_CODE") or ""), str(document.get("ERROR_DESCRIPTION") or "")
    kind = kinds.get(code)
    if kind == "empty" or (kind is None and says_no_records(text)):
        return None
    if kind is not None:
        return _ERRORS[kind](f"{subject}: the bank says {code}: {text!r}; error_kinds has it as {kind}")
    return error_from_text(subject, code, text or f"status {document.get('RESPONSE_STATUS')!r} without a description")
