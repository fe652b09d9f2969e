"""An HTTP exchange as text for support: secrets, tokens and account numbers masked; what cannot be masked safely is left out.

Masked are the values that the process has opened as secrets, in the encodings of `producers.kit.http.secret_forms`; whatever stands
under the name of a secret in a header, an address, JSON or a form, and from then on the same value anywhere; and account and card
numbers but for their last four characters. Header values are shown for names that are known to be harmless, and for no others.
"""

import re
from collections import deque
from collections.abc import Callable, Iterable

from producers.kit.http.secret_forms import MASK, SHORTEST, holds_secret, longest_form, without_secrets

__all__ = ["Masker"]

_HIDDEN_NAME = (
    r"(?!token_type\b)[\w.:%-]{0,60}(?:token|secret|passw|pwd|passphrase|api[_-]?key|authori[sz]ation|credential|cookie|session"
    r"|signature|assertion|private[_-]?key|code_verifier|jwt|bearer|login|mpin|cvv)[\w.:%-]{0,60}|otp|pin"
)
# `code` is an authorisation code in a form, but the code of an error in a document.
_HIDDEN_IN_FORMS = rf"{_HIDDEN_NAME}|code|key|sig"
_JSON_FIELD = re.compile(rf'("(?:{_HIDDEN_NAME})"\s*:\s*)("(?:[^"\\]|\\.)*(?:"|\\?$)|[^\s",\[\]{{}}]+)', re.IGNORECASE)
_FORM_FIELD = re.compile(rf"((?:^|[?&;])(?:{_HIDDEN_IN_FORMS})=)([^&#\s\"'<>]*)", re.IGNORECASE)
_XML_FIELD = re.compile(rf"(<(?:{_HIDDEN_NAME})(?:\s[^<>]{{0,200}})?>)([^<]*)", re.IGNORECASE)
_ACCOUNTS = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])"  # IBAN
    r"|(?<!\d)\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})?(?!\d)"  # card number in groups
    r"|\d{9,}"
    r"|(?<![A-Za-z0-9])[A-Z]{5}\d{4}[A-Z](?![A-Za-z0-9])"  # PAN of India's tax office
)
_SHOWN_HEADERS = re.compile(
    r"accept(-.*)?|cache-control|connection|content-.*|date|deprecation|etag|expires|host|last-modified|link|location|retry-after"
    r"|server|sunset|traceparent|transfer-encoding|user-agent|vary|via|warning|x-(request|correlation|trace)-id|(x-)?ratelimit.*",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"^(?:basic|bearer|digest|token)\s+", re.IGNORECASE)
_LEARNT = 64
_LEFT_OUT = "[left out: it holds a secret in an encoding that cannot be masked]"


class Masker:
    """Masks what is written for support about one source.

    Args:
        secrets: the values to mask, in clear; asked each time.
    """

    def __init__(self, secrets: Callable[[], Iterable[str]]) -> None:
        self._secrets = secrets
        self._learnt: deque[str] = deque(maxlen=_LEARNT)

    def headers(self, pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
        """Header names and values in their order, as pairs for JSON."""
        given = list(pairs)
        for name, value in given:
            if re.fullmatch(_HIDDEN_NAME, name, re.IGNORECASE):
                self._learn(_SCHEME.sub("", value))
        return [[self.text(name), self.text(value) if _SHOWN_HEADERS.fullmatch(name) else MASK] for name, value in given]

    def text(self, text: str, *, is_cut: bool = False) -> str:
        """A body, an address or a message.

        Args:
            text: as it was sent.
            is_cut: it goes on; then as much is dropped from its end as a secret may be long, because one may begin there.
        """
        text = without_secrets(text, self._known())
        for pattern in (_JSON_FIELD, _FORM_FIELD, _XML_FIELD):
            text = pattern.sub(self._mask_field, text)
        known = self._known()
        text = without_secrets(text, known)
        if holds_secret(text, known):
            return _LEFT_OUT
        if is_cut:
            text = text[: max(0, len(text) - longest_form(known))]
        return _ACCOUNTS.sub(lambda match: f"****{match[0][-4:]}", text)

    def _known(self) -> list[str]:
        return [*self._secrets(), *self._learnt]

    def _mask_field(self, match: re.Match[str]) -> str:
        value = match[2].strip('"')
        if MASK not in value:
            self._learn(value)
        return f'{match[1]}"{MASK}"' if match[2].startswith('"') else f"{match[1]}{MASK}"

    def _learn(self, value: str) -> None:
        """What was a secret by its name is one wherever it stands from now on."""
        # Short ones and plain words (`"token": null`) would mask half of what follows.
        if len(value) >= 2 * SHORTEST and value not in self._learnt:
            self._learnt.append(value)
