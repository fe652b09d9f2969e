"""ICICI Bank's account statements over the CIB API.

`POST /api/Corporate/CIB/v1/AccountStatements` with the header `apikey` (there is no OAuth), the request as one RSA block, the
response in the hybrid envelope (`producers.providers.icici.crypto`). Paging: the first page of a window with `CONFLG` N,
each further one with `CONFLG` Y and the last TRANSACTIONID of the page before. The bank does not say which page is the last:
a page without rows, without new ids, or shorter than `page_size` (when that is configured) ends the window.

Facts from several independent integrations; error texts, page size and rate limits are not public, so they are options.
"""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from typing import Any

from producers.errors import ContractChangeError
from producers.kit.auth.rsa_keys import load_private_key, load_public_key
from producers.kit.contract import Connector
from producers.kit.http.payload import parse_json
from producers.kit.http.quota import TokenBucket
from producers.kit.http.source_tls import source_tls
from producers.kit.http.transport import Transport
from producers.kit.paging import PageGuard
from producers.kit.reading.day_windows import IST, DayWindow
from producers.kit.reading.repeated_ids import RepeatedIds
from producers.kit.source_options import secret_texts, validated_options
from producers.kit.statements.failure_text import error_from_text, says_no_records
from producers.kit.statements.statement_connector import StatementConnector
from producers.kit.statements.statement_poll import WindowContent
from producers.kit.statements.statement_rows import StatementRows, canonical_json
from producers.providers.icici.crypto import encrypt_asymmetric, open_hybrid
from producers.providers.icici.mapping import BANK_CODE, read_row, row_rules, rows_of
from producers.providers.icici.options import SECRETS, IciciOptions
from reconduit.sources import SourceConfig

__all__ = ["IciciConnector", "build"]


class IciciConnector(StatementConnector):
    """Reads the statements of one or more accounts of a corporate customer."""

    def __init__(self, config: SourceConfig, options: IciciOptions, secrets: Mapping[str, str]) -> None:
        self._options = options
        self._bank_key = load_public_key(secrets["bank_public_key"], f"source {config.name}: secret bank_public_key")
        self._own_key = load_private_key(secrets["private_key"], f"source {config.name}: secret private_key")
        headers = {"apikey": secrets["api_key"], "accept": "*/*"}
        if options.forwarded_for is not None:
            headers["x-forwarded-for"] = options.forwarded_for
        transport = Transport(
            config.base_url,
            quota=TokenBucket(options.requests_per_second),
            headers=headers,
            metrics_source=config.name,
            tls=source_tls(config),
        )
        rules = row_rules(options.currency)
        rows = StatementRows(
            config=config,
            bank_code=BANK_CODE,
            currency=options.currency,
            zone=IST,
            read=lambda row: read_row(row, rules),
            path=options.statement_path,
            way_out="ask the bank, or correct the row and replay it",
            bad_name=lambda row: f"{_id_of(row) or 'no-id'}:",
        )
        super().__init__(config, options, transport, rows)

    def read_window(self, account: str, window: DayWindow, ids: RepeatedIds, now: dt.datetime) -> WindowContent:
        """The pages of a window, each one behind the last id of the one before."""
        content = WindowContent()
        guard = PageGuard(f"{self.name}: statement of {account}", self._options.max_pages)
        seen: set[str] = set()
        previous: frozenset[bytes] = frozenset()
        last_id: str | None = None
        longest = 0
        while True:
            guard.visit(last_id)
            plain, rows = self._fetch(account, window, last_id)
            # A bank that seeks by an id that repeats gives the rows of that id again; equal in every field, balance too.
            fresh = [(index, row) for index, row in enumerate(rows) if canonical_json(row) not in previous]
            self.rows.keep(content, plain, fresh, account=account, ids=ids, now=now)
            new_ids = {found for _, row in fresh if (found := _id_of(row))} - seen
            size = self._options.page_size
            if size is not None and len(rows) < size:
                return content
            if not new_ids:
                self._refuse_dead_end(account, rows=len(rows), fresh=len(fresh), longest=longest)
                return content
            longest = max(longest, len(rows))
            seen |= new_ids
            previous = frozenset(canonical_json(row) for row in rows)
            # Going on from an id that was there before would send the bank back to its first row.
            last_id = next(found for row in reversed(rows) if (found := _id_of(row)) in new_ids)

    def _refuse_dead_end(self, account: str, *, rows: int, fresh: int, longest: int) -> None:
        """Refuse a full page of new rows that gives no id to go on from: what follows it would be lost unnoticed."""
        if fresh and rows >= (longest or 2):
            raise ContractChangeError(
                f"{self.name}: a full page of {rows} rows of {account} has no TRANSACTIONID that was not there before, "
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
        body = self.transport.json(
            "POST",
            options.statement_path,
            headers={"content-type": "text/plain"},
            content=encrypt_asymmetric(plain_request, self._bank_key),
            idempotent=True,
        )
        return self._rows(account, body)

    def _rows(self, account: str, body: Any) -> tuple[bytes, Sequence[Any]]:
        subject = f"{self.name}: statement of {account}"
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
    options = validated_options(IciciOptions, config)
    return IciciConnector(config, options, secret_texts(config, SECRETS))
