"""A listing that comes whole in one answer."""

from producers.kit.paging.contract import PageAnswer, PageRequest

__all__ = ["SinglePage"]


class SinglePage:
    """No paging: the first page is the last."""

    def first(self) -> PageRequest:
        """The listing itself."""
        return PageRequest()

    def following(self, asked: PageRequest, answer: PageAnswer) -> PageRequest | None:
        """None, always."""
        del asked, answer
        return None

    def total(self, answer: PageAnswer) -> int | None:
        """Not stated."""
        del answer
        return None
