"""ICICI Bank's account statements over the CIB API.

`POST /api/Corporate/CIB/v1/AccountStatements` with the header `apikey` (there is no OAuth), the request as one RSA block, the
response in the hybrid envelope (`producers.providers.icici.crypto`). Paging: the first page of a window with `CONFLG` N,
each further one with `CONFLG` Y and the last TRANSACTIONID of the page before. The bank does not say which page is the last:
a page without rows, without new ids, or shorter than `page_size` (when that is configured) ends the window.

Facts from several independent integrations; error texts, page size and rate limits are not public, so they are options.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from producers.errors import ConfigurationError, ContractChangeError, RecordError
from producers.kit.contract import BadRecord, Capabilities, Connector, Cursor, Page, RawObject
from producers.kit.day_windows import IST, DayWindow
from producers.kit.failure_text import error_from_text, says_no_records
from producers.kit.paging import PageGuard
from producers.kit.payload import parse_json
from producers.kit.quota import TokenBucket
from producers.kit.repeated_ids import RepeatedIds, content_digest
from producers.kit.rsa_keys import load_private_key, load_public_key
from producers.kit.source_tls import source_tls
from producers.kit.statement_poll import BookedRow, StatementPoll, WindowContent
from producers.kit.transport import Transport
from producers.providers.icici.crypto import encrypt_asymmetric, open_hybrid
from producers.providers.icici.mapping import read_row, row_to_transaction, rows_of
from producers.providers.icici.options import SECRETS, IciciOptions
from reconduit.sources import SourceConfig

__all__ = ["IciciConnector", "build"]


def _canonical_json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass")


class IciciConnector:
    """Reads the statements of one or more accounts of a corporate customer."""

    capabilities = Capabilities(incremental=True, revisions=False, statements=True, watermark=True)

    def __init__(self, config: SourceConfig, options: IciciOptions, secrets: Mapping[str, str]) -> None:
        self._name = config.name
        self._tenant = config.tenant_id
        self._options = options
        self._bank_key = load_public_key(secrets["bank_public_key"], f"source {config.name}: secret bank_public_key")
        self._own_key = load_private_key(secrets["private_key"], f"source {config.name}: secret private_key")
        headers = {"apikey": secrets["api_key"], "accept": "*/*"}
        if options.forwarded_for is not None:
            headers["x-forwarded-for"] = options.forwarded_for
        self._transport = Transport(
            config.base_url,
            quota=TokenBucket(options.requests_per_second),
            headers=headers,
            metrics_source=config.name,
            tls=source_tls(config),
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
        content = WindowContent()
        guard = PageGuard(f"{self._name}: statement of {account}", self._options.max_pages)
        seen: set[str] = set()
        previous: frozenset[bytes] = frozenset()
        last_id: str | None = None
        longest = 0
        while True:
            guard.visit(last_id)
            plain, rows = self._fetch(account, window, last_id)
            # A bank that seeks by an id that repeats gives the rows of that id again; equal in every field, balance too.
            fresh = [(index, row) for index, row in enumerate(rows) if _canonical_json(row) not in previous]
            self._keep(content, plain, fresh, account=account, ids=ids, now=now)
            new_ids = {found for _, row in fresh if (found := _id_of(row))} - seen
            size = self._options.page_size
            if size is not None and len(rows) < size:
                return content
            if not new_ids:
                self._refuse_dead_end(account, rows=len(rows), fresh=len(fresh), longest=longest)
                return content
            longest = max(longest, len(rows))
            seen |= new_ids
            previous = frozenset(_canonical_json(row) for row in rows)
            # Going on from an id that was there before would send the bank back to its first row.
            last_id = next(found for row in reversed(rows) if (found := _id_of(row)) in new_ids)

    def _refuse_dead_end(self, account: str, *, rows: int, fresh: int, longest: int) -> None:
        """Refuse a full page of new rows that gives no id to go on from: what follows it would be lost unnoticed."""
        if fresh and rows >= (longest or 2):
            raise ContractChangeError(
                f"{self._name}: a full page of {rows} rows of {account} has no TRANSACTIONID that was not there before, "
                "so paging cannot go on; ask the bank for larger pages or shorten window_days"
            )

    def _fetch(self, account: str, window: DayWindow, last_id: str | None) -> tuple[bytes, Sequence[Any]]:
        """One page: the decrypted body and its rows."""
        options = self._options
        request = {
            "AGGRID": options.aggr_id,
            "CORPID": options.corp_id,
            "USERID": options.user_id,
            "URN": options.urn,
            "ACCOUNTNO": account,
            "FROMDATE": f"{window.first:%d-%m-%Y}",
            "TODATE": f"{window.last:%d-%m-%Y}",
            "CONFLG": "N" if last_id is None else "Y",
        }
        if last_id is not None:
            request["LASTTRID"] = last_id
        plain_request = json.dumps(request, separators=(",", ":")).encode()
        body = self._transport.json(
            "POST",
            options.statement_path,
            headers={"content-type": "text/plain"},
            content=encrypt_asymmetric(plain_request, self._bank_key),
            idempotent=True,
        )
        return self._rows(account, body)

    def _rows(self, account: str, body: Any) -> tuple[bytes, Sequence[Any]]:
        subject = f"{self._name}: statement of {account}"
        if not isinstance(body, Mapping):
            raise ContractChangeError(f"{subject}: the response is a {type(body).__name__}; an envelope is documented")
        plain = b""
        if "encryptedData" in body:
            plain = open_hybrid(body, self._own_key)
            body = parse_json(plain, subject)
            if not isinstance(body, Mapping):
                raise ContractChangeError(f"{subject}: the envelope holds a {type(body).__name__} instead of an object")
        if str(body.get("RESPONSE", "")).upper() == "SUCCESS":
            if not plain:
                raise ContractChangeError(f"{subject}: a statement came in the open; the bank documents an envelope")
            if body.get("ACCOUNTNO", account) != account:
                raise ContractChangeError(f"{subject}: the answer is for the account {body['ACCOUNTNO']!r}")
            return plain, rows_of(body)
        code, text = _failure_of(body)
        if says_no_records(text):
            return plain, ()
        raise error_from_text(subject, code, text)

    def _keep(
        self,
        content: WindowContent,
        plain: bytes,
        rows: Sequence[tuple[int, Any]],
        *,
        account: str,
        ids: RepeatedIds,
        now: dt.datetime,
    ) -> None:
        if not rows:
            return
        raw = RawObject(hashlib.sha256(plain).hexdigest(), plain, "application/json")
        content.raw.append(raw)
        content.fetched += len(rows)
        for index, element in rows:
            try:
                row = read_row(element, self._options.currency)
            except RecordError as error:
                content.bad.append(self._bad(account, element, f"{error} (original {raw.sha256}#{index})"))
                continue
            transaction = row_to_transaction(
                row,
                record_id=ids.record_id(row.transaction_id, row.day, row.content),
                account_id=account,
                source=self._name,
                tenant_id=self._tenant,
                currency=self._options.currency,
                raw_ref=f"{raw.sha256}#{index}",
                now=now,
            )
            content.booked.append(BookedRow(transaction, row.balance_row()))

    def _bad(self, account: str, element: Any, detail: str) -> BadRecord:
        raw = _canonical_json(element)
        # The row's place in a window changes from poll to poll; its content does not.
        name = f"{_id_of(element) or 'no-id'}:{content_digest(raw.decode('utf-8', 'surrogatepass'))}"
        return BadRecord(
            reason="malformed_row",
            detail=f"{self._name} {account}: {detail}; ask the bank, or correct the row and replay it",
            position=f"{self._options.statement_path}#{account}/{name}",
            raw=raw,
        )


def _id_of(row: Any) -> str:
    value = row.get("TRANSACTIONID") if isinstance(row, Mapping) else None
    return value.strip() if isinstance(value, str) else ""


def _failure_of(body: Mapping[str, Any]) -> tuple[str, str]:
    """Code and words of a failure: the service's own (`RESPONSE`, `MESSAGE`) or the gateway's (`success`, `description`)."""
    named = {str(name).lower(): value for name, value in body.items()}
    code = next((named[name] for name in ("errorcode", "error_code") if named.get(name)), "")
    text = next((named[name] for name in ("message", "description", "error", "response") if named.get(name)), "")
    return str(code), str(text) or f"neither SUCCESS nor a failure, but the fields {sorted(named)}"


def build(config: SourceConfig) -> Connector:
    """The connector of a source with `connector: icici`.

    Raises:
        ConfigurationError: an option or a secret is missing or wrong; the message names it.
        SettingsError: a secret cannot be read.
    """
    try:
        options = IciciOptions.model_validate(config.options)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise ConfigurationError(f"source {config.name}: options: {wrong}") from None
    missing = [name for name in SECRETS if name not in config.secrets]
    if missing:
        raise ConfigurationError(f"source {config.name}: secrets: {', '.join(missing)} missing")
    secrets = {name: config.secrets[name].resolve().get_secret_value() for name in SECRETS}
    return IciciConnector(config, options, secrets)
