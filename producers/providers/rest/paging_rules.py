"""Paging of a listing, as a definition declares it."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from producers.kit.paging import (
    CursorPaging,
    LinkHeaderPaging,
    NextUrlPaging,
    OffsetPaging,
    PageNumberPaging,
    PagingStrategy,
    SinglePage,
)

__all__ = ["Cursor", "Paging"]


class _Strategy(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NoPaging(_Strategy):
    """The listing comes whole in one answer."""

    strategy: Literal["none"]

    def build(self) -> PagingStrategy:
        """As the kit runs it."""
        return SinglePage()


class LinkHeader(_Strategy):
    """The `Link` header names the next page (RFC 8288)."""

    strategy: Literal["link_header"]

    def build(self) -> PagingStrategy:
        """As the kit runs it."""
        return LinkHeaderPaging()


class NextUrl(_Strategy):
    """The body names the next page's address.

    Attributes:
        url: path of the address.
    """

    strategy: Literal["next_url"]
    url: str = Field(min_length=1)

    def build(self) -> PagingStrategy:
        """As the kit runs it."""
        return NextUrlPaging(self.url)


class Cursor(_Strategy):
    """The next page is asked for with a token; see `producers.kit.paging.cursor`.

    Attributes:
        param: parameter that takes the token.
        token: path of the token in the body.
        last_id: path of the id inside a record, where the last record's id is the token.
        has_more: path of a flag that says whether there is another page.
        size: records of a full page, for `last_id` without `has_more`.
        start: token of the first page.
    """

    strategy: Literal["cursor"]
    param: str = Field(min_length=1)
    token: str | None = Field(default=None, min_length=1)
    last_id: str | None = Field(default=None, min_length=1)
    has_more: str | None = Field(default=None, min_length=1)
    size: int | None = Field(default=None, ge=1)
    start: str | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.token is None) == (self.last_id is None):
            raise ValueError("needs either token or last_id")
        return self

    def build(self) -> CursorPaging:
        """As the kit runs it."""
        return CursorPaging(
            self.param, token=self.token, last_id=self.last_id, has_more=self.has_more, size=self.size, start=self.start
        )


class PageNumber(_Strategy):
    """Pages are counted; see `producers.kit.paging.page_number`.

    Attributes:
        param: parameter that takes the number.
        start: number of the first page.
        size_param: parameter that takes the size.
        size: records of a full page, no more than the provider gives at most.
        total_pages: path of the number of pages.
        total: path of the number of records.
        has_more: path of a flag that says whether there is another page.
    """

    strategy: Literal["page_number"]
    param: str = Field(default="page", min_length=1)
    start: int = Field(default=1, ge=0)
    size_param: str | None = Field(default=None, min_length=1)
    size: int | None = Field(default=None, ge=1)
    total_pages: str | None = Field(default=None, min_length=1)
    total: str | None = Field(default=None, min_length=1)
    has_more: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _sized(self) -> Self:
        if self.size is None and (self.size_param is not None or self.total is not None):
            raise ValueError("size_param and total need size")
        return self

    def build(self) -> PagingStrategy:
        """As the kit runs it."""
        return PageNumberPaging(
            self.param,
            start=self.start,
            size_param=self.size_param,
            size=self.size,
            total_pages=self.total_pages,
            total=self.total,
            has_more=self.has_more,
        )


class Offset(_Strategy):
    """Records are counted; see `producers.kit.paging.offset`.

    Attributes:
        limit: records to ask for at once, no more than the provider gives at most.
        offset_param: parameter that takes the number of records to skip.
        limit_param: parameter that takes the limit, null when there is none.
        start: offset of the first record.
        total: path of the number of records.
        has_more: path of a flag that says whether there is another page.
    """

    strategy: Literal["offset"]
    limit: int = Field(ge=1)
    offset_param: str = Field(default="offset", min_length=1)
    limit_param: str | None = "limit"
    start: int = Field(default=0, ge=0)
    total: str | None = Field(default=None, min_length=1)
    has_more: str | None = Field(default=None, min_length=1)

    def build(self) -> PagingStrategy:
        """As the kit runs it."""
        return OffsetPaging(
            self.limit,
            offset_param=self.offset_param,
            limit_param=self.limit_param,
            start=self.start,
            total=self.total,
            has_more=self.has_more,
        )


Paging = Annotated[NoPaging | LinkHeader | NextUrl | Cursor | PageNumber | Offset, Field(discriminator="strategy")]
