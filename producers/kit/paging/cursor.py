"""The next page is asked for with a token: one that the answer has, or the id of its last record."""

from typing import Any

from producers.errors import ContractChangeError
from producers.kit.paging.contract import PageAnswer, PageRequest
from producers.kit.paging.paths import flag_at, value_at

__all__ = ["CursorPaging"]


class CursorPaging:
    """Hands the token of a page back in a parameter.

    The listing ends where `has_more` is false. Without `has_more` it ends where the token is missing, null or empty, or comes
    back with an empty page; with the last record's id, which is never missing, at a page that is empty or shorter than `size`.

    Args:
        param: parameter that takes the token, such as `starting_after`.
        token: path of the token in the body. Exactly one of `token` and `last_id` is given.
        last_id: path of the id inside a record, for providers that go on after the last record of a page.
        has_more: path of a flag that says whether there is another page.
        size: records of a full page, where no other sign of the end exists.
        start: token of the first page, None to leave the parameter out there.
    """

    def __init__(
        self,
        param: str,
        *,
        token: str | None = None,
        last_id: str | None = None,
        has_more: str | None = None,
        size: int | None = None,
        start: str | None = None,
    ) -> None:
        if (token is None) == (last_id is None):
            raise ValueError("cursor paging needs either a path of the token or one of the last record's id")
        self._param = param
        self._token = token
        self._last_id = last_id
        self._has_more = has_more
        self._size = size
        self._start = start

    def first(self) -> PageRequest:
        """The first page."""
        return self.at(self._start)

    def at(self, token: str | int | None) -> PageRequest:
        """The page that a token leads to."""
        return PageRequest({} if token is None else {self._param: token})

    def following(self, asked: PageRequest, answer: PageAnswer) -> PageRequest | None:
        """The page that the token leads to.

        Raises:
            ContractChangeError: there is said to be more, but no token leads there, or it is neither text nor number.
        """
        if self._has_more is not None:
            if not flag_at(answer.value, self._has_more):
                return None
        elif self._last_id is not None and (not answer.records or len(answer.records) < (self._size or 1)):
            return None
        token = self.token_of(answer)
        if token is None and self._has_more is not None:
            raise ContractChangeError(f"{self._has_more} says that there is more, but {self._place} has nothing to go on from")
        # The head of a feed: nothing new, and the token that was sent comes back.
        is_head = self._has_more is None and not answer.records and token == asked.params.get(self._param)
        return None if token is None or is_head else self.at(token)

    def token_of(self, answer: PageAnswer) -> str | int | None:
        """The token that leads behind a page, None when it has none.

        Raises:
            ContractChangeError: it is neither text nor number, or the last record has no id.
        """
        if self._token is not None:
            found = value_at(answer.value, self._token)
        else:
            found = value_at(answer.records[-1], self._last_id or "") if answer.records else None
            if found is None and answer.records and self._has_more is None:
                raise ContractChangeError(f"{self._place} is missing, so that paging cannot go on")
        if found is None or found == "":
            return None
        return self._checked(found)

    def total(self, answer: PageAnswer) -> int | None:
        """Not read: the token alone says whether there is more."""
        del answer
        return None

    @property
    def _place(self) -> str:
        return self._token if self._token is not None else f"{self._last_id} of the last record"

    def _checked(self, token: Any) -> str | int:
        if isinstance(token, bool) or not isinstance(token, str | int):
            raise ContractChangeError(f"{self._place} is {token!r}, a text or a whole number is due")
        return token
