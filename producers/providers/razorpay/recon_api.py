"""Razorpay's settlement recon and settlements, page by page.

Offset paging over a set that moves: a row that leaves a listing while it is read (it was settled and belongs to another day now)
shifts the rest by one, and one row is missed; one that enters shifts the rest the other way, and one row comes twice. Twice is
removed here, missed is found by the next poll, because days stay in the overlap and unsettled days are read until they settle.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from producers.errors import ContractChangeError
from producers.kit.contract import RawObject
from producers.kit.http.quota import TokenBucket
from producers.kit.http.source_tls import source_tls
from producers.kit.http.transport import JsonDocument, RetryPolicy, Transport
from producers.kit.paging import paginate
from producers.providers.razorpay.options import RazorpayOptions
from reconduit.sources import SourceConfig

__all__ = ["RECON_PATH", "ReconApi", "build_api"]

RECON_PATH = "/v1/settlements/recon/combined"
_SETTLEMENTS_PATH = "/v1/settlements"


def _items(document: JsonDocument, path: str) -> list[Any]:
    value = document.value
    items = value.get("items") if isinstance(value, Mapping) else None
    if not isinstance(items, list):
        raise ContractChangeError(f"GET {path}: the answer has no list `items`; Razorpay answers with a collection")
    return items


class ReconApi:
    """The two listings that the connector reads."""

    def __init__(self, transport: Transport, options: RazorpayOptions) -> None:
        self._transport = transport
        self._options = options

    def day(self, day: dt.date) -> Iterator[tuple[list[Any], RawObject]]:
        """Recon rows of one IST day and the response they came in, page by page.

        Raises:
            ProducerError: from the transport; `ContractChangeError` for an answer that is no collection.
        """
        parameters = {"year": day.year, "month": day.month, "day": day.day}
        return self._pages(RECON_PATH, parameters, self._options.page_size, f"Razorpay recon of {day}")

    def settlements(self, start: dt.datetime, end: dt.datetime) -> Iterator[tuple[list[Any], RawObject]]:
        """Settlements created from `start` through `end`, newest first; the fixed end keeps new ones out of the paging."""
        parameters = {"from": int(start.timestamp()), "to": int(end.timestamp())}
        return self._pages(_SETTLEMENTS_PATH, parameters, self._options.settlement_page_size, "Razorpay settlements")

    def close(self) -> None:
        """Release the connections."""
        self._transport.close()

    def _pages(self, path: str, parameters: Mapping[str, int], count: int, what: str) -> Iterator[tuple[list[Any], RawObject]]:
        def fetch(skip: int) -> tuple[tuple[list[Any], RawObject], int | None]:
            document = self._transport.document("GET", path, params={**parameters, "count": count, "skip": skip})
            items = _items(document, path)
            return (items, document.raw), skip + len(items) if len(items) >= count else None

        return paginate(fetch, 0, what=what, max_pages=self._options.max_pages)


def build_api(config: SourceConfig, options: RazorpayOptions, *, retry: RetryPolicy | None = None) -> ReconApi:
    """The listings with the source's keys, sent as HTTP Basic.

    Raises:
        SettingsError: a secret cannot be read.
    """
    key_id = config.secrets["key_id"].resolve().get_secret_value()
    key_secret = config.secrets["key_secret"].resolve().get_secret_value()
    transport = Transport(
        config.base_url,
        auth=(key_id, key_secret),
        quota=TokenBucket(options.requests_per_second),
        retry=retry or RetryPolicy(),
        metrics_source=config.name,
        tls=source_tls(config),
    )
    return ReconApi(transport, options)
