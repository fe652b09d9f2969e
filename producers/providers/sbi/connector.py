"""SBI's statements through the EIS GEN6 gateway.

The gateway's envelope is implemented as integrations in public show it. What is inside is not public: the payload
template, the field map and the paging key are options (`producers.providers.sbi.options`), to be filled in from the
documents that the bank gives to its customers. Who has no such agreement uses the bank's MT940 or camt.053 files with
the SFTP drop source.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from producers.errors import ConfigurationError, RecordError
from producers.kit.contract import BadRecord, Capabilities, Connector, Cursor, Page, RawObject
from producers.kit.day_windows import IST, DayWindow
from producers.kit.paging import PageGuard
from producers.kit.quota import TokenBucket
from producers.kit.repeated_ids import RepeatedIds, content_digest
from producers.kit.rsa_keys import load_private_key, load_public_key
from producers.kit.source_tls import source_tls
from producers.kit.statement_poll import BookedRow, StatementPoll, WindowContent
from producers.kit.transport import Transport
from producers.providers.sbi.gateway import Gateway
from producers.providers.sbi.mapping import at_path, fill_template, read_row, row_to_transaction, rows_of
from producers.providers.sbi.options import SECRETS, SbiOptions
from reconduit.sources import SourceConfig

__all__ = ["SbiConnector", "build"]


class SbiConnector:
    """Reads the statements of one or more accounts."""

    capabilities = Capabilities(incremental=True, revisions=False, statements=True, watermark=True)

    def __init__(self, config: SourceConfig, options: SbiOptions, secrets: Mapping[str, str]) -> None:
        self._name = config.name
        self._tenant = config.tenant_id
        self._options = options
        self._transport = Transport(
            config.base_url,
            quota=TokenBucket(options.requests_per_second),
            metrics_source=config.name,
            tls=source_tls(config),
        )
        self._gateway = Gateway(
            self._transport,
            options,
            load_private_key(secrets["private_key"], f"source {config.name}: secret private_key"),
            load_public_key(secrets["bank_public_key"], f"source {config.name}: secret bank_public_key"),
        )
        self._poll = StatementPoll(
            source=config.name,
            tenant_id=config.tenant_id,
            accounts=options.accounts,
            currency=options.currency,
            zone=IST,
            start_date=options.start_date,
            initial_days=options.initial_days,
            overlap_days=options.overlap_days,
            window_days=options.window_days,
            complete_lag_days=options.complete_lag_days,
        )

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        """One page for each window of each account; see `producers.kit.statement_poll`."""
        yield from self._poll.pages(cursor, now, self._read_window)

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _read_window(self, account: str, window: DayWindow, ids: RepeatedIds, now: dt.datetime) -> WindowContent:
        options, content = self._options, WindowContent()
        subject = f"{self._name}: statement of {account}"
        guard = PageGuard(subject, options.max_pages)
        page = ""
        while True:
            guard.visit(page)
            values = {
                "account": account,
                "first": window.first.strftime(options.payload_date_format),
                "last": window.last.strftime(options.payload_date_format),
                "page": page,
            }
            answer = self._gateway.call(fill_template(options.payload, values), now, subject)
            if answer is None:
                return content
            plain, inner = answer
            self._keep(content, plain, inner, account=account, ids=ids, now=now)
            following = at_path(inner, options.next_page_path) if options.next_page_path else None
            if following is None or str(following) == "":
                return content
            page = str(following)

    def _keep(
        self,
        content: WindowContent,
        plain: bytes,
        inner: Mapping[str, Any],
        *,
        account: str,
        ids: RepeatedIds,
        now: dt.datetime,
    ) -> None:
        rows = rows_of(inner, self._options.records_path)
        if not rows:
            return
        raw = RawObject(hashlib.sha256(plain).hexdigest(), plain, "application/json")
        content.raw.append(raw)
        content.fetched += len(rows)
        for index, element in enumerate(rows):
            try:
                row = read_row(element, self._options)
            except RecordError as error:
                content.bad.append(self._bad(account, element, f"{error} (original {raw.sha256}#{index})"))
                continue
            record_id = ids.record_id(row.provider_id, row.day, row.content)
            if not row.has_own_id and record_id == row.provider_id:
                # A digest always has its ordinal, so that the second of two equal rows does not rename the first.
                record_id = f"{record_id}-0"
            transaction = row_to_transaction(
                row,
                record_id=record_id,
                account_id=account,
                source=self._name,
                tenant_id=self._tenant,
                currency=self._options.currency,
                raw_ref=f"{raw.sha256}#{index}",
                now=now,
            )
            content.booked.append(BookedRow(transaction, row.balance_row()))

    def _bad(self, account: str, element: Any, detail: str) -> BadRecord:
        raw = json.dumps(element, sort_keys=True, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")
        # The row's place in a window changes from poll to poll; its content does not.
        name = content_digest(raw.decode("utf-8", "surrogatepass"))
        return BadRecord(
            reason="malformed_row",
            detail=f"{self._name} {account}: {detail}; correct the options fields, or ask the bank",
            position=f"{self._options.gateway_path}#{account}/{name}",
            raw=raw,
        )


def build(config: SourceConfig) -> Connector:
    """The connector of a source with `connector: sbi`.

    Raises:
        ConfigurationError: an option or a secret is missing or wrong; the message names it.
        SettingsError: a secret cannot be read.
    """
    try:
        options = SbiOptions.model_validate(config.options)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise ConfigurationError(f"source {config.name}: options: {wrong}") from None
    missing = [name for name in SECRETS if name not in config.secrets]
    if missing:
        raise ConfigurationError(f"source {config.name}: secrets: {', '.join(missing)} missing")
    secrets = {name: config.secrets[name].resolve().get_secret_value() for name in SECRETS}
    return SbiConnector(config, options, secrets)
