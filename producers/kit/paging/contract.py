"""What a paging strategy is told and what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["PageAnswer", "PageRequest", "PagingStrategy"]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """How one page is asked for.

    Attributes:
        params: parameters of the page, beside those of the listing.
        url: absolute address that takes the place of the listing's path and of all parameters, None when the listing's is used.
    """

    params: Mapping[str, str | int] = field(default_factory=dict)
    url: str | None = None

    @property
    def identity(self) -> str:
        """The page among those of its listing; two requests with one identity ask for the same page."""
        return self.url or "&".join(f"{name}={value}" for name, value in sorted(self.params.items()))


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """What came for a page.

    Attributes:
        value: the parsed body.
        records: the records in it.
        url: absolute address that was asked, which relative addresses in the answer start from.
        headers: of the response; names in any case.
    """

    value: Any
    records: Sequence[Any]
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class PagingStrategy(Protocol):
    """A provider's way of cutting a listing into pages. It has no state, so one may serve any number of listings at once."""

    def first(self) -> PageRequest:
        """How the first page is asked for."""
        ...

    def following(self, asked: PageRequest, answer: PageAnswer) -> PageRequest | None:
        """How the page after `answer`, which `asked` brought, is asked for; None when it was the last one.

        Raises:
            ContractChangeError: the answer does not say what the strategy needs; the message names the field.
        """
        ...

    def total(self, answer: PageAnswer) -> int | None:
        """Length of the whole listing as the answer states it (in records or pages), None when it states none.

        Raises:
            ContractChangeError: it is stated, but is no number.
        """
        ...
