"""Following a provider's pages to their end, without following them in circles.

A strategy reads one answer and says how the next page is asked for; it does no I/O. `PageWalk` runs a strategy with its guards.
`PageGuard` and `paginate` serve connectors whose paging fits none of the strategies.
"""

from producers.kit.paging.contract import PageAnswer, PageRequest, PagingStrategy
from producers.kit.paging.cursor import CursorPaging
from producers.kit.paging.errors import ListingShrankError
from producers.kit.paging.guard import PageGuard, paginate
from producers.kit.paging.link_header import LinkHeaderPaging
from producers.kit.paging.next_url import NextUrlPaging
from producers.kit.paging.offset import OffsetPaging
from producers.kit.paging.page_number import PageNumberPaging
from producers.kit.paging.paths import value_at
from producers.kit.paging.single import SinglePage
from producers.kit.paging.walk import PageWalk

__all__ = [
    "CursorPaging",
    "LinkHeaderPaging",
    "ListingShrankError",
    "NextUrlPaging",
    "OffsetPaging",
    "PageAnswer",
    "PageGuard",
    "PageNumberPaging",
    "PageRequest",
    "PageWalk",
    "PagingStrategy",
    "SinglePage",
    "paginate",
    "value_at",
]
