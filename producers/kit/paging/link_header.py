"""The next page is the `Link` header's address with the relation `next` (RFC 8288)."""

import re
from collections.abc import Iterator, Mapping

from producers.kit.paging.contract import PageAnswer, PageRequest
from producers.kit.paging.origin import same_origin_url

__all__ = ["LinkHeaderPaging"]

# Possessive, so that a header made of spaces costs no more than its length.
_PARAMETER = r"\s*+;\s*+([^\s=;,\"<>]++)\s*+(?:=\s*+(\"(?:[^\"\\]|\\.)*+\"|[^;,\s]*+))?+"
_LINK = re.compile(rf"<([^<>]*)>((?:{_PARAMETER})*)")


class LinkHeaderPaging:
    """Follows `Link: <address>; rel="next"` until there is none."""

    def first(self) -> PageRequest:
        """The listing itself."""
        return PageRequest()

    def following(self, asked: PageRequest, answer: PageAnswer) -> PageRequest | None:
        """The page that the header names.

        Raises:
            ContractChangeError: it is on another host.
        """
        del asked
        target = next(iter(_targets(answer.headers)), None)
        return None if target is None else PageRequest(url=same_origin_url(target, answer.url))

    def total(self, answer: PageAnswer) -> int | None:
        """Not read: the header alone says whether there is more."""
        del answer
        return None


def _targets(headers: Mapping[str, str]) -> Iterator[str]:
    """Addresses with the relation `next`, in order. Several header lines count as one, joined by commas."""
    text = ", ".join(value for name, value in headers.items() if name.lower() == "link")
    for link in _LINK.finditer(text):
        parameters: dict[str, str] = {}
        for name, value in re.findall(_PARAMETER, link[2]):
            # Section 3.3: of several `rel` only the first counts.
            parameters.setdefault(name.lower().rstrip("*"), re.sub(r"\\(.)", r"\1", value.strip('"')))
        # Section 3.2: a link with an anchor is about another document than this one.
        if "next" in parameters.get("rel", "").lower().split() and "anchor" not in parameters:
            yield link[1]
