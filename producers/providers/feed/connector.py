"""Connector of the coordinated feeds: cursor pages in order of arrival, revisions, and a watermark with the last page.

`GET {base_url}/records?after=CURSOR&limit=N` with a bearer token, static or of an OAuth authorisation. The feed's cursor is a place
in its order of arrival, so there is no overlap to read again: what arrives late arrives behind the cursor that we hold.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any

from producers.errors import ContractChangeError, FieldError
from producers.kit.auth.integration_token import IntegrationToken
from producers.kit.contract import BadRecord, Capabilities, Connector, Cursor, Page
from producers.kit.http.quota import TokenBucket
from producers.kit.http.source_tls import source_tls
from producers.kit.http.transport import JsonDocument, Transport
from producers.kit.paging import PageGuard
from producers.kit.reading.watermarks import watermark
from producers.providers.feed.mapping import RecordContext, identity_of, to_transaction
from producers.providers.feed.options import FeedOptions, load_options
from reconduit.sources import SourceConfig
from schemas.records import CanonicalTransaction

__all__ = ["FeedConnector", "build"]


def build(config: SourceConfig) -> Connector:
    """The connector of a source with `connector: core`, `gateway` or `mobile`.

    Raises:
        ConfigurationError: an option, the address or the secret is missing or wrong.
        SettingsError: the secret cannot be read.
    """
    return FeedConnector(config, load_options(config))


class FeedConnector:
    """Polls one feed. Its cursor is `{"after": the feed's cursor, "complete_through": last watermark published}`."""

    capabilities = Capabilities(incremental=True, revisions=True, statements=False, watermark=True)

    def __init__(self, config: SourceConfig, options: FeedOptions) -> None:
        self._config = config
        self._options = options
        # A static token is what an operator has stored on purpose, so it goes before an authorisation.
        static = config.secrets.get("token")
        self._transport = Transport(
            config.base_url,
            auth=IntegrationToken(config) if static is None else None,
            quota=TokenBucket(options.requests_per_second, burst=options.requests_per_second),
            headers={} if static is None else {"Authorization": f"Bearer {static.resolve().get_secret_value()}"},
            metrics_source=config.name,
            tls=source_tls(config),
        )

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        """Records that arrived behind the cursor, page by page; the last page carries the watermark when it moved.

        Raises:
            ContractChangeError: a response does not have the shape that the feed documents.
            ProducerError: as `producers.kit.http.transport.Transport.document`.
        """
        after = str(cursor.get("after", ""))
        known = cursor.get("complete_through")
        guard = PageGuard(f"source {self._config.name}", self._options.max_pages)
        has_more = True
        while has_more:
            guard.visit(after)
            asked = after
            params: dict[str, str | int] = {"after": asked, "limit": self._options.page_size}
            document = self._transport.document("GET", self._options.path, params=params)
            body = _body_of(document)
            after, has_more = body["next"], body["has_more"]
            transactions, bad = self._read(body["records"], document, asked, now)
            through = body.get("complete_through")
            statements = []
            if not has_more and through is not None and through != known:
                statements.append(watermark(self._config, _aware(through, self._config.name), now))
                known = through
            if body["records"] or statements:
                position = {"after": after, "complete_through": known}
                yield Page(position, transactions, statements, bad, [document.raw], fetched=len(body["records"]))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _read(
        self, records: list[Any], document: JsonDocument, asked: str, now: dt.datetime
    ) -> tuple[list[CanonicalTransaction], list[BadRecord]]:
        """Canonical records, and what goes to quarantine."""
        transactions: list[CanonicalTransaction] = []
        bad: list[BadRecord] = []
        for index, record in enumerate(records):
            place = f"{document.raw.sha256}#{index}"
            context = RecordContext(self._config.tenant_id, self._config.name, self._options.bank_code, place, now)
            try:
                transactions.append(to_transaction(record, context))
            except FieldError as error:
                # An id stays what it is whatever the page size; a record without one has only its place in the listing.
                identity = identity_of(record)
                position = f"{self._options.path}#{identity}" if identity else f"{self._options.path}?after={asked}#{index}"
                bad.append(BadRecord(error.reason, f"source {self._config.name}: {error}", position, _bytes_of(record)))
        return transactions, bad


def _body_of(document: JsonDocument) -> Mapping[str, Any]:
    """The response's object, with `records`, `next` and `has_more` of the right types.

    Raises:
        ContractChangeError: it has another shape.
    """
    body = document.value
    shape = {"records": list, "next": str, "has_more": bool}
    if not isinstance(body, dict):
        raise ContractChangeError(f"{document.url}: an object is due, not {type(body).__name__}")
    for name, kind in shape.items():
        if not isinstance(body.get(name), kind):
            raise ContractChangeError(f"{document.url}: {name} is {type(body.get(name)).__name__}, {kind.__name__} is due")
    return body


def _aware(text: Any, source: str) -> dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.utcoffset() is None:
            raise ContractChangeError(f"source {source}: complete_through {text} has no zone")
        return moment.astimezone(dt.UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise ContractChangeError(f"source {source}: complete_through is {text!r}, a time by RFC 3339 is due") from error


def _bytes_of(record: Any) -> bytes:
    """The record as JSON again. The untouched bytes are in the page's original; decimals keep their digits as text."""
    return json.dumps(record, default=str).encode()
