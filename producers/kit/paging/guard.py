"""Guards for paging of a connector's own: a page cursor is never followed twice, and no listing is endless."""

from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

from producers.errors import ContractChangeError

__all__ = ["PageGuard", "paginate"]

T = TypeVar("T")
C = TypeVar("C", bound=Hashable)


class PageGuard:
    """Notices a provider that gives the same cursor twice, or never stops saying that there is more.

    Args:
        what: which listing it is, for messages.
        max_pages: pages after which something must be wrong.
    """

    def __init__(self, what: str, max_pages: int = 10_000) -> None:
        self._what = what
        self._max_pages = max_pages
        self._seen: set[Hashable] = set()

    def visit(self, cursor: Hashable) -> None:
        """Note that the page at `cursor` is about to be fetched.

        Raises:
            ContractChangeError: it was fetched before in this run, or there were too many pages.
        """
        if cursor in self._seen:
            raise ContractChangeError(
                f"{self._what}: the provider sent page cursor {cursor!r} a second time; its paging runs in circles"
            )
        if len(self._seen) >= self._max_pages:
            raise ContractChangeError(
                f"{self._what}: more than {self._max_pages} pages; raise the limit if the listing is really that long"
            )
        self._seen.add(cursor)


def paginate(fetch: Callable[[C], tuple[T, C | None]], first: C, *, what: str, max_pages: int = 10_000) -> Iterator[T]:
    """Pages from `first` on, until `fetch` returns no next cursor.

    Args:
        fetch: gets one page, and the cursor of the next or None at the end.
        first: cursor (offset, page number, address, token) of the first page.
        what: which listing it is, for messages.
        max_pages: pages after which something must be wrong.

    Raises:
        ContractChangeError: the listing runs in circles or does not end.
    """
    guard = PageGuard(what, max_pages)
    at: C | None = first
    while at is not None:
        guard.visit(at)
        page, at = fetch(at)
        yield page
