"""Typed errors out of the failure texts of banks that answer every failure with HTTP 200.

The banks publish no catalogue of these texts [A: from what integrations report]. What no rule knows becomes a
`ContractChangeError`, so that a person looks, and never an empty result.
"""

import re

from producers.errors import (
    AuthenticationError,
    ConfigurationError,
    ContractChangeError,
    PermissionDeniedError,
    ProducerError,
    RateLimitError,
    TransientError,
)

__all__ = ["error_from_text", "says_no_records"]

_NO_RECORDS = re.compile(
    r"\bno\s+(more\s+)?(matching\s+)?(records?|transactions?|data|entries)\b|\b(records?|transactions?|data)\s+not\s+(found|available)",
    re.IGNORECASE,
)

# In order: the first that fits decides, so what passes by itself stands before what somebody must put right.
_RULES: tuple[tuple[re.Pattern[str], type[ProducerError], str], ...] = (
    (
        re.compile(r"rate.?limit|too many|quota|throttl|limit exceeded", re.IGNORECASE),
        RateLimitError,
        "poll less often or ask the bank for a higher limit",
    ),
    (
        re.compile(
            r"time.?d?\s?out|technical|try again|temporar|unavailable|not reachable|maintenance|internal (server )?error|"
            r"system (is )?(down|busy)|end of day|\beod\b",
            re.IGNORECASE,
        ),
        TransientError,
        "it is tried again",
    ),
    (
        re.compile(r"not (authori[sz]ed|registered|allowed|permitted|mapped|approved)|permission|access denied|whitelist|"
                   r"forbidden|approval pending", re.IGNORECASE),
        PermissionDeniedError,
        "have the bank approve the registration, the product and this machine's address",
    ),
    (
        re.compile(r"api.?key|unauthori[sz]ed|authenticat|credential|signature|decrypt|certificate|token", re.IGNORECASE),
        AuthenticationError,
        "check the source's secrets and the keys exchanged with the bank",
    ),
    (
        re.compile(r"(invalid|incorrect|unknown|missing|mandatory|blank).*(account|date|urn|user|corp|aggr|field|parameter)|"
                   r"(account|date|urn|user|corp|aggr)\w*\W.*(invalid|incorrect|unknown|missing|mandatory|blank|not exist)",
                   re.IGNORECASE),
        ConfigurationError,
        "correct the source's options",
    ),
)  # fmt: skip


def says_no_records(text: str) -> bool:
    """Whether a failure text only says that there is nothing in the window: some banks call an empty answer a failure."""
    return _NO_RECORDS.search(text) is not None


def error_from_text(subject: str, code: str, text: str) -> ProducerError:
    """The error that a bank's failure text stands for.

    Args:
        subject: what failed, for the message: bank, operation, account.
        code: the bank's code, may be empty.
        text: the bank's words.

    Returns:
        An error to raise; its message has the bank's words and the way out.
    """
    said = f"{code}: {text}" if code else text
    for pattern, error, way_out in _RULES:
        if pattern.search(text):
            return error(f"{subject}: the bank says {said!r}; {way_out}")
    return ContractChangeError(f"{subject}: the bank says {said!r}, which no rule knows; look it up with the bank")
