"""Pages are counted: `page=1`, `page=2`, and so on."""

from producers.errors import ContractChangeError
from producers.kit.paging.contract import PageAnswer, PageRequest
from producers.kit.paging.paths import flag_at, number_at

__all__ = ["PageNumberPaging"]


class PageNumberPaging:
    """Asks for page after page.

    The listing ends as the first of these that is given says: `has_more`, `total_pages`, `total` records, a page shorter than
    `size`; else at an empty page.

    Args:
        param: parameter that takes the number.
        start: number of the first page.
        size_param: parameter that takes the size, where the provider lets it be chosen.
        size: records of a full page.
        total_pages: path of the number of pages.
        total: path of the number of records of the whole listing; needs `size`.
        has_more: path of a flag that says whether there is another page.
    """

    def __init__(
        self,
        param: str = "page",
        *,
        start: int = 1,
        size_param: str | None = None,
        size: int | None = None,
        total_pages: str | None = None,
        total: str | None = None,
        has_more: str | None = None,
    ) -> None:
        if size is None and (size_param is not None or total is not None):
            raise ValueError("page numbers need `size` beside `size_param` or `total`")
        self._param = param
        self._start = start
        self._sizes = {size_param: size} if size_param is not None and size is not None else {}
        self._size = size
        self._total_pages = total_pages
        self._total = total
        self._has_more = has_more

    def first(self) -> PageRequest:
        """The page with the first number."""
        return PageRequest({self._param: self._start, **self._sizes})

    def following(self, asked: PageRequest, answer: PageAnswer) -> PageRequest | None:
        """The page with the next number.

        Raises:
            ContractChangeError: the sign of the end is missing or of another kind.
        """
        number = int(asked.params[self._param])
        return PageRequest({self._param: number + 1, **self._sizes}) if self._goes_on(number, answer) else None

    def total(self, answer: PageAnswer) -> int | None:
        """Pages or records of the whole listing, as stated."""
        path = self._total_pages or self._total
        return None if path is None else number_at(answer.value, path)

    def _goes_on(self, number: int, answer: PageAnswer) -> bool:
        read = number - self._start + 1
        if self._has_more is not None:
            return flag_at(answer.value, self._has_more)
        if self._total_pages is not None:
            return read < number_at(answer.value, self._total_pages)
        if self._total is not None and self._size is not None:
            total = number_at(answer.value, self._total)
            if read == 1 and len(answer.records) < min(self._size, total):
                raise ContractChangeError(
                    f"the first page has {len(answer.records)} of {total} records where {self._size} are due; make size what the"
                    " provider gives at most, else its last pages would be missed"
                )
            return read * self._size < total
        return bool(answer.records) and len(answer.records) >= (self._size or 1)
