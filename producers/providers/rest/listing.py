"""Reading one listing: the request of each page, and what came for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from producers.errors import ContractChangeError
from producers.kit.contract import RawObject
from producers.kit.http.transport import JsonDocument, Transport
from producers.kit.paging import CursorPaging, ListingShrankError, PageAnswer, PageRequest, PageWalk
from producers.kit.reading.incremental import TimeWindow
from producers.providers.rest.definition import ByTime, RestDefinition
from producers.providers.rest.request import filled
from producers.providers.rest.sample import records_of

__all__ = ["Listing", "ListingPage"]

_READINGS = 3
"""How often a listing is read that gets shorter each time."""


@dataclass(frozen=True, slots=True)
class ListingPage:
    """One page of a listing.

    Attributes:
        value: the answer.
        records: the records in it.
        raw: the answer as it came.
        token: the provider's token that leads behind it, None when it has none.
        is_last: whether the listing ends with it.
    """

    value: Any
    records: Sequence[Any]
    raw: RawObject
    token: str | int | None
    is_last: bool


class Listing:
    """The listing that a definition describes.

    Args:
        definition: what the file says.
        transport: the provider's interface.
        source: name of the source, for messages.
    """

    def __init__(self, definition: RestDefinition, transport: Transport, source: str) -> None:
        self._definition = definition
        self._transport = transport
        self._what = f"source {source}: {definition.request.path}"
        self._paging = definition.paging.build()

    def pages(self, account: str, window: TimeWindow | None, token: str | int | None) -> Iterator[ListingPage]:
        """Its pages in order; where it gets shorter while it is read, once more from the beginning.

        Args:
            account: what `{account}` stands for.
            window: what `{from}` and `{to}` stand for.
            token: where to begin, None for the beginning.

        Raises:
            ProducerError: as `producers.kit.http.transport.Transport.document`.
            ContractChangeError: an answer has no list of records, or the paging leads nowhere.
            ListingShrankError: it got shorter each time.
        """
        places = self._places(account, window)
        for attempt in range(_READINGS):
            try:
                yield from self._read(places, token)
            except ListingShrankError:
                if attempt + 1 == _READINGS:
                    raise
            else:
                return

    def _read(self, places: Mapping[str, str | int], token: str | int | None) -> Iterator[ListingPage]:
        start = self._paging.at(token) if isinstance(self._paging, CursorPaging) and token is not None else None
        walk = PageWalk(self._paging, self._what, max_pages=self._definition.max_pages, start=start)
        while (asked := walk.due) is not None:
            document = self._fetch(asked, places)
            try:
                records = records_of(document.value, self._definition)
            except ContractChangeError as error:
                raise ContractChangeError(f"{self._what}: {error}") from error
            answer = PageAnswer(document.value, records, document.url, document.headers)
            is_last = walk.advance(answer) is None
            behind = self._paging.token_of(answer) if isinstance(self._paging, CursorPaging) else None
            yield ListingPage(document.value, records, document.raw, behind, is_last)

    def _places(self, account: str, window: TimeWindow | None) -> dict[str, str | int]:
        places: dict[str, str | int] = {"account": account}
        incremental = self._definition.incremental
        if window is not None and isinstance(incremental, ByTime):
            places |= {"from": incremental.write(window.start), "to": incremental.write(window.end)}
        return places

    def _fetch(self, asked: PageRequest, places: Mapping[str, str | int]) -> JsonDocument:
        request = self._definition.request
        body = None if request.method == "GET" else filled(request.body or {}, places)
        page = dict(asked.params)
        if body is not None and request.page_in == "body":
            body, page = body | page, {}
        return self._transport.document(
            request.method,
            asked.url or filled(request.path, places, quoted=True),
            params=None if asked.url else filled(request.params, places) | page,
            headers={"Accept": "application/json"} | request.headers,
            json=body,
            idempotent=True,
        )
