"""The request of a listing: its path, parameters and body, with places for the window and the account."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

__all__ = ["ListingRequest", "filled"]

_PLACE = re.compile(r"\{([^{}]*)\}")
_NAMES = frozenset({"from", "to", "account"})
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "apikey"})


class ListingRequest(BaseModel):
    """How a listing is asked for. `{from}`, `{to}` and `{account}` in path, parameters and body are filled in.

    Attributes:
        path: below the base address.
        method: GET, or POST for providers that list by it. A listing changes nothing, so it is repeated after a failure.
        params: query parameters.
        body: JSON body of a POST.
        headers: further headers; secrets do not belong here.
        page_in: where the parameters of a page go.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(pattern=r"^/[^?#]*$")
    method: Literal["GET", "POST"] = "GET"
    params: dict[str, str | int] = Field(default_factory=dict)
    body: dict[str, Any] | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    page_in: Literal["query", "body"] = "query"

    @field_validator("headers")
    @classmethod
    def _no_secret(cls, headers: dict[str, str]) -> dict[str, str]:
        found = sorted(name for name in headers if name.lower() in _SECRET_HEADERS)
        if found:
            raise ValueError(f"{found[0]} is a secret; describe it under auth")
        return headers

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.method == "GET" and (self.body is not None or self.page_in == "body"):
            raise ValueError("a GET has no body; use method POST")
        unknown = sorted(self.places - _NAMES)
        if unknown:
            raise ValueError(f"{{{unknown[0]}}} is no place; there are {{from}}, {{to}} and {{account}}")
        return self

    @property
    def places(self) -> frozenset[str]:
        """Names of the places that are to be filled."""
        return frozenset(name for text in _texts([self.path, self.params, self.body]) for name in _PLACE.findall(text))


def filled(value: Any, places: Mapping[str, str | int], *, quoted: bool = False) -> Any:
    """`value` with its places filled; a text that is nothing but a place keeps the kind of what fills it.

    Args:
        value: a text, or a JSON value with texts in it.
        places: what to fill in.
        quoted: quote it for a path.
    """
    if isinstance(value, Mapping):
        return {name: filled(one, places) for name, one in value.items()}
    if isinstance(value, list):
        return [filled(one, places) for one in value]
    if not isinstance(value, str):
        return value
    whole = _PLACE.fullmatch(value)
    if whole is not None and not quoted:
        return places[whole[1]]
    return _PLACE.sub(lambda place: quote(str(places[place[1]]), safe="") if quoted else str(places[place[1]]), value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts(list(value.values()))
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
