"""One walk through a listing: a strategy, and guards that notice when it leads nowhere."""

import json
from hashlib import sha256

from producers.errors import ContractChangeError
from producers.kit.paging.contract import PageAnswer, PageRequest, PagingStrategy
from producers.kit.paging.errors import ListingShrankError
from producers.kit.paging.guard import PageGuard

__all__ = ["PageWalk"]


class PageWalk:
    """Follows the pages of one listing, once.

    Guards: a page that was asked for before, a page with the same records as an earlier one, too many pages, too many empty pages
    in a row that say there is more, and a listing that gets shorter while it is read.

    Args:
        strategy: how the provider cuts the listing.
        what: which listing it is, for messages.
        max_pages: pages after which something must be wrong.
        max_empty: empty pages in a row that may say there is more, as providers do that filter behind their paging.
        start: where to begin, the strategy's first page when None.
    """

    def __init__(
        self,
        strategy: PagingStrategy,
        what: str,
        *,
        max_pages: int = 10_000,
        max_empty: int = 20,
        start: PageRequest | None = None,
    ) -> None:
        self._strategy = strategy
        self._what = what
        self._max_empty = max_empty
        self._guard = PageGuard(what, max_pages)
        self._contents: set[bytes] = set()
        self._empty = 0
        self._total: int | None = None
        self._next: PageRequest | None = start or strategy.first()
        self._guard.visit(self._next.identity)

    @property
    def due(self) -> PageRequest | None:
        """The page to ask for now, None behind the last one."""
        return self._next

    def advance(self, answer: PageAnswer) -> PageRequest | None:
        """Take the answer to the page that was due; returns the one that is due then, None when it was the last.

        Raises:
            ContractChangeError: the listing runs in circles, does not end, or does not say what the strategy needs.
            ListingShrankError: read it again from the beginning.
        """
        if self._next is None:
            raise ValueError(f"{self._what}: the listing has ended")
        try:
            following = self._strategy.following(self._next, answer)
            self._check_total(self._strategy.total(answer))
        except ContractChangeError as error:
            raise ContractChangeError(f"{self._what}: {error}") from error
        self._check_content(answer, has_more=following is not None)
        if following is not None:
            self._guard.visit(following.identity)
        self._next = following
        return following

    def _check_total(self, total: int | None) -> None:
        if total is not None and self._total is not None and total < self._total:
            raise ListingShrankError(
                f"{self._what}: the listing shrank from {self._total} to {total} while it was read;"
                " records may have moved over the edge of a page, so it must be read again"
            )
        self._total = total

    def _check_content(self, answer: PageAnswer, *, has_more: bool) -> None:
        if not answer.records:
            self._empty += 1
            if has_more and self._empty > self._max_empty:
                raise ContractChangeError(f"{self._what}: {self._empty} empty pages in a row say that there is more")
            return
        self._empty = 0
        content = sha256(json.dumps(answer.records, sort_keys=True, default=str).encode("utf-8", "surrogatepass")).digest()
        if content in self._contents:
            raise ContractChangeError(
                f"{self._what}: a page has the same records as an earlier one; the provider ignores the page that it is asked for"
            )
        self._contents.add(content)
