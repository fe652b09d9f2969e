"""The definition of a REST source: the whole of what its file says."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from producers.providers.rest.authentication import Authentication
from producers.providers.rest.fields import FieldRules
from producers.providers.rest.moments import Duration, MomentFormat
from producers.providers.rest.paging_rules import Cursor, Paging
from producers.providers.rest.request import ListingRequest

__all__ = ["ByCursor", "ByTime", "RestDefinition", "SampleFile", "Watermark"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _start(value: Any) -> Any:
    if isinstance(value, dt.datetime) and value.utcoffset() is not None:
        return value.astimezone(dt.UTC)
    if isinstance(value, str):
        return MomentFormat(zone="UTC").read(value)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return dt.datetime.combine(value, dt.time(), dt.UTC)
    raise ValueError("a day such as 2026-01-31, or a time with its zone, is due")


class ByTime(MomentFormat):
    """Each poll reads a window of time; see `producers.kit.reading.incremental`. `format` and `zone` are those of the placeholders.

    Attributes:
        field: path of the time that the provider's window looks at, in the same format; the booking time without it.
        field_moves: whether that time moves when a record changes. Then a record may come again after it is forgotten, and
            `fields` must have `revision`, which is usually read from the same field.
        overlap: how late a record may come and still be seen.
        start: where the first poll begins: a day (UTC) or a time with its zone.
        window: longest window that the provider accepts.
    """

    by: Literal["time"]
    field: str | None = Field(default=None, min_length=1)
    field_moves: bool = True
    overlap: Duration = dt.timedelta(days=1)
    start: Annotated[dt.datetime, BeforeValidator(_start), WithJsonSchema({"type": "string", "examples": ["2026-01-31"]})]
    window: Duration | None = None

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if self.window is not None and self.window <= dt.timedelta(0):
            raise ValueError("window is zero")
        if self.window is not None and self.by_day and self.window < dt.timedelta(days=1):
            raise ValueError("window is less than the day that is the smallest step of its format")
        return self


class ByCursor(_Part):
    """The provider's page token is a place in the order of arrival: the next poll goes on behind the last one.

    Attributes:
        overlap: how long published records are remembered, so that a changed one is told from an unchanged one.
    """

    by: Literal["cursor"]
    overlap: Duration = dt.timedelta(days=1)


Incremental = Annotated[ByTime | ByCursor, Field(discriminator="by")]


class Watermark(MomentFormat):
    """Through when the source is complete. Too late a time makes records missing that are only late.

    Attributes:
        lag: the provider lists everything within this time of its booking.
        field: path of the time in the answer, where the provider states it.
    """

    lag: Duration | None = None
    field: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.lag is None) == (self.field is None):
            raise ValueError("needs either lag or field")
        return self


class SampleFile(_Part):
    """A file with an answer of the provider.

    Attributes:
        file: its path, beside the definition's file.
    """

    file: str = Field(min_length=1)


class RestDefinition(_Part):
    """A REST source.

    Attributes:
        base_url: root of the provider's API; `base_url` of the source takes its place where both are given.
        auth: how requests are authenticated.
        request: how the listing is asked for.
        accounts: what `{account}` is filled with, one listing each.
        records: path of the records in an answer; empty when the answer is the list.
        paging: how the listing is cut.
        incremental: what a poll reads; without it, every poll reads the whole listing.
        fields: what the fields mean.
        watermark: through when the source is complete; without it, nothing of it is ever called missing.
        sample: an answer of the provider, or the file of one, which is mapped when the definition is read.
        requests_per_second: the provider's quota.
        max_pages: most pages of one listing.
        remember: most records to remember between polls.
    """

    base_url: str = Field(default="", pattern=r"^(https?://.+)?$")
    auth: Authentication
    request: ListingRequest
    accounts: tuple[str, ...] = ()
    records: str = ""
    paging: Paging
    incremental: Incremental | None = None
    fields: FieldRules
    watermark: Watermark | None = None
    sample: SampleFile | dict[str, Any] | list[Any] | None = None
    requests_per_second: float = Field(default=5.0, gt=0, le=1000)
    max_pages: int = Field(default=10_000, ge=1)
    remember: int = Field(default=50_000, ge=1, le=500_000)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        places = self.request.places
        if isinstance(self.incremental, ByTime) != ("from" in places):
            raise ValueError("incremental by time and {from} in the request belong together")
        if isinstance(self.incremental, ByTime) and self.incremental.window is not None and "to" not in places:
            raise ValueError("a longest window needs {to} in the request")
        if "to" in places and "from" not in places:
            raise ValueError("{to} in the request needs {from}")
        if bool(self.accounts) != ("account" in places):
            raise ValueError("accounts and {account} in the request belong together")
        if len(set(self.accounts)) != len(self.accounts) or not all(self.accounts):
            raise ValueError("accounts has an empty entry, or one that is there twice")
        if not self.accounts and self.fields.account is None:
            raise ValueError("fields needs account, because the request is not made by account")
        if (
            isinstance(self.incremental, ByTime)
            and self.incremental.field
            and self.incremental.field_moves
            and not self.fields.revision
        ):
            raise ValueError(
                "incremental by a field that moves needs fields.revision, which may be that field; else set field_moves: false"
            )
        if isinstance(self.incremental, ByCursor) and not (isinstance(self.paging, Cursor) and self.paging.token):
            raise ValueError("incremental by cursor needs paging by cursor, with a token")
        return self
