"""Pages are asked for by the number of records before them: `offset=0&limit=100`, `offset=100&limit=100`, and so on."""

from producers.errors import ContractChangeError
from producers.kit.paging.contract import PageAnswer, PageRequest
from producers.kit.paging.paths import flag_at, number_at

__all__ = ["OffsetPaging"]


class OffsetPaging:
    """Moves on by as many records as came, so that a provider that gives fewer than it was asked for loses none.

    The listing ends where `has_more` is false or `total` is reached, where one of them is given; else at a page that is shorter
    than the limit.

    Args:
        limit: records to ask for at once.
        offset_param: parameter that takes the number of records to skip.
        limit_param: parameter that takes the limit, None when the provider has none.
        start: offset of the first record.
        total: path of the number of records of the whole listing.
        has_more: path of a flag that says whether there is another page.
    """

    def __init__(
        self,
        limit: int,
        *,
        offset_param: str = "offset",
        limit_param: str | None = "limit",
        start: int = 0,
        total: str | None = None,
        has_more: str | None = None,
    ) -> None:
        self._limit = limit
        self._offset_param = offset_param
        self._limits = {} if limit_param is None else {limit_param: limit}
        self._start = start
        self._total = total
        self._has_more = has_more

    def first(self) -> PageRequest:
        """The page at the first record."""
        return PageRequest({self._offset_param: self._start, **self._limits})

    def following(self, asked: PageRequest, answer: PageAnswer) -> PageRequest | None:
        """The page behind the records that came.

        Raises:
            ContractChangeError: there is said to be more, but the offset does not advance; or the sign of the end is missing.
        """
        offset = int(asked.params[self._offset_param]) + len(answer.records)
        if not self._goes_on(offset - self._start, answer):
            return None
        if not answer.records:
            raise ContractChangeError(f"an empty page at {self._offset_param} {offset} says there is more, but does not advance")
        return PageRequest({self._offset_param: offset, **self._limits})

    def total(self, answer: PageAnswer) -> int | None:
        """Records of the whole listing, as stated."""
        return None if self._total is None else number_at(answer.value, self._total)

    def _goes_on(self, read: int, answer: PageAnswer) -> bool:
        if self._has_more is not None:
            return flag_at(answer.value, self._has_more)
        if self._total is not None:
            return read < number_at(answer.value, self._total)
        return bool(answer.records) and len(answer.records) >= self._limit
