"""A complete small connector: Acme Bank, which lists its entries in order of arrival.

`GET /v1/entries?after=CURSOR` with a bearer token answers
`{"entries": [{"id", "account", "amount", "currency", "side", "booked", "text", "reference"}], "next", "more", "complete_through"}`.
"""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any

from producers.errors import ContractChangeError, RecordError
from producers.kit.contract import BadRecord, Capabilities, Connector, Cursor, Page
from producers.kit.http.quota import TokenBucket
from producers.kit.http.transport import Transport
from producers.kit.paging import PageGuard
from producers.kit.reading.watermarks import watermark
from producers.kit.source_options import secret_texts
from reconduit.sources import SourceConfig
from schemas.errors import SchemaError
from schemas.money import parse_minor
from schemas.records import CanonicalTransaction, Direction

__all__ = ["AcmeBank", "build"]

_SIDES = {"credit": Direction.CREDIT, "debit": Direction.DEBIT}


def build(config: SourceConfig) -> Connector:
    """The connector of a source with `connector: acme_bank:build`.

    Raises:
        ConfigurationError: the secret `token` is not named, or the address cannot be used.
    """
    return AcmeBank(config, secret_texts(config, ("token",))["token"])


class AcmeBank:
    """Polls one bank. Its cursor is `{"after": the bank's cursor}`."""

    capabilities = Capabilities(incremental=True, revisions=False, watermark=True)

    def __init__(self, config: SourceConfig, token: str) -> None:
        self._config = config
        self._transport = Transport(
            config.base_url,
            quota=TokenBucket(5, burst=5),
            headers={"Authorization": f"Bearer {token}"},
            metrics_source=config.name,
        )

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        """Entries that arrived behind the cursor; the last page says how far the bank is complete.

        Raises:
            ContractChangeError: an answer does not have the documented shape.
        """
        after, more = str(cursor.get("after", "")), True
        guard = PageGuard(f"source {self._config.name}")
        while more:
            guard.visit(after)
            answer = self._transport.document("GET", "/v1/entries", params={"after": after})
            try:
                entries, more = list(answer.value["entries"]), answer.value["more"] is True
                after, through = _text(answer.value, "next"), _moment(answer.value, "complete_through")
            except (KeyError, TypeError, ValueError) as error:
                raise ContractChangeError(f"{answer.url}: entries, next, more and complete_through are due: {error!r}") from error
            good, bad = [], []
            for index, entry in enumerate(entries):
                try:
                    good.append(self._transaction(entry, f"{answer.raw.sha256}#{index}", now))
                except RecordError as error:
                    # The position must be the same in the next poll, so it is the entry's id where there is one.
                    identity = entry.get("id") if isinstance(entry, Mapping) else None
                    position = f"/v1/entries#{identity or f'before {after}, {len(entries) - index} from the end'}"
                    bad.append(BadRecord("malformed_entry", str(error), position, json.dumps(entry, default=str).encode()))
            marks = [] if more else [watermark(self._config, through, now)]
            yield Page({"after": after}, good, marks, bad, [answer.raw], fetched=len(entries))

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _transaction(self, entry: Mapping[str, Any], place: str, now: dt.datetime) -> CanonicalTransaction:
        """One entry as the canonical record.

        Raises:
            RecordError: a field is missing or cannot be kept as it is meant.
        """
        try:
            account, currency = _text(entry, "account"), _text(entry, "currency")
            return CanonicalTransaction(
                tenant_id=self._config.tenant_id,
                txn_id=f"{account}:{_text(entry, 'id')}",
                source=self._config.name,
                account_id=account,
                amount_minor=parse_minor(_text(entry, "amount"), currency),
                currency=currency,
                direction=_SIDES[_text(entry, "side")],
                booked_at=_moment(entry, "booked"),
                reference_number=_text(entry, "reference") if entry.get("reference") else None,
                description=_text(entry, "text") if entry.get("text") else None,
                raw_ref=place,
                ingested_at=now,
            )
        except (KeyError, TypeError, ValueError, SchemaError) as error:
            raise RecordError(f"source {self._config.name}: entry cannot be read: {error!r}") from error


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r}, a text is due")
    return value


def _moment(entry: Mapping[str, Any], name: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(_text(entry, name))
    if moment.utcoffset() is None:
        raise ValueError(f"{name} {moment} has no zone")
    return moment.astimezone(dt.UTC)
