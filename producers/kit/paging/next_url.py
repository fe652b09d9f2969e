"""The next page's address is in the body: absolute, relative, or only the query."""

from producers.errors import ContractChangeError
from producers.kit.paging.contract import PageAnswer, PageRequest
from producers.kit.paging.origin import same_origin_url
from producers.kit.paging.paths import value_at

__all__ = ["NextUrlPaging"]


class NextUrlPaging:
    """Follows the address at a path of the body until it is missing, null or empty.

    Args:
        url: path of the address, such as `links.next`.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def first(self) -> PageRequest:
        """The listing itself."""
        return PageRequest()

    def following(self, asked: PageRequest, answer: PageAnswer) -> PageRequest | None:
        """The page that the body names.

        Raises:
            ContractChangeError: no text is there, or an address on another host.
        """
        del asked
        found = value_at(answer.value, self._url)
        if found is None or found == "":
            return None
        if not isinstance(found, str):
            raise ContractChangeError(f"{self._url} is {found!r}, the address of the next page is due")
        return PageRequest(url=same_origin_url(found, answer.url))

    def total(self, answer: PageAnswer) -> int | None:
        """Not read: the address alone says whether there is more."""
        del answer
        return None
