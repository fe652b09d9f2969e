"""HDFC's statement call [A]: one window of one account, page by page, in JSON or JOSE.

The path, the field names and the paging are the source's options, because HDFC publishes none of them. What every corporate
API of HDFC has: a bearer token, and the headers `apikey`, `scope` and `transactionId`, the last one unique for each call (an
attempt that the transport repeats keeps it, so that the bank can tell a repetition).
"""

import datetime as dt
import json
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from producers.errors import ContractChangeError
from producers.kit.auth.oauth import ClientCredentials
from producers.kit.auth.rsa_keys import load_private_key, load_public_key
from producers.kit.contract import RawObject
from producers.kit.http.quota import TokenBucket
from producers.kit.http.source_tls import source_tls
from producers.kit.http.transport import RetryPolicy, Transport
from producers.kit.paging import paginate
from producers.kit.reading.day_windows import DayWindow
from producers.kit.statements.failure_text import error_from_text, says_no_records
from producers.providers.hdfc.crypto import Jose
from producers.providers.hdfc.mapping import letters, normalise_keys
from producers.providers.hdfc.options import HdfcOptions
from reconduit.sources import SourceConfig
from schemas.errors import AmountError
from schemas.money import parse_minor

__all__ = ["StatementApi", "StatementPage", "build_api"]

_YES = frozenset({"Y", "YES", "TRUE", "1"})


@dataclass(frozen=True, slots=True)
class StatementPage:
    """One response of the statement call.

    Attributes:
        rows: statement lines as the bank sent them; anything else than objects is for quarantine.
        raw: the response, opened where it was JOSE.
        position: names the page in messages and quarantine.
        opening_minor: balance before the window, where the bank says it.
        closing_minor: balance after the window, where the bank says it.
        complete_through: UTC time before which the bank declares to have posted everything, where it does.
        has_more: another page follows.
    """

    rows: tuple[object, ...]
    raw: RawObject
    position: str
    opening_minor: int | None
    closing_minor: int | None
    complete_through: dt.datetime | None
    has_more: bool


class StatementApi:
    """The statement call of one source."""

    def __init__(self, transport: Transport, options: HdfcOptions, api_key: SecretStr, jose: Jose | None) -> None:
        self._transport = transport
        self._options = options
        self._api_key = api_key
        self._jose = jose

    def pages(self, account_id: str, window: DayWindow) -> Iterator[StatementPage]:
        """Every page of a window, in the bank's order.

        Raises:
            ProducerError: from the transport; `ContractChangeError` for an answer of another shape or paging without end.
        """
        single = self._options.page_style == "single"

        def fetch(number: int) -> tuple[StatementPage, int | None]:
            page = self._fetch(account_id, window, None if single else number)
            return page, number + 1 if page.has_more and not single else None

        what = f"HDFC statement of {account_id} from {window.first} to {window.last}"
        return paginate(fetch, 1, what=what, max_pages=self._options.max_pages)

    def close(self) -> None:
        """Release the connections."""
        self._transport.close()

    def _request_body(self, account_id: str, window: DayWindow, number: int | None) -> bytes:
        fields: dict[str, str] = {
            "LOGIN_ID": self._options.login_id,
            "INPUT_GCIF": self._options.gcif,
            "ACCOUNT_NUMBER": account_id,
            "FROM_DATE": window.first.strftime(self._options.date_format),
            "TO_DATE": window.last.strftime(self._options.date_format),
        }
        if number is not None:
            fields |= {"PAGE_NO": str(number), "PAGE_SIZE": str(self._options.page_size)}
        return json.dumps(fields).encode()

    def _fetch(self, account_id: str, window: DayWindow, number: int | None) -> StatementPage:
        body = self._request_body(account_id, window, number)
        headers = {
            "apikey": self._api_key.get_secret_value(),
            "scope": self._options.scope,
            "transactionId": uuid.uuid4().hex,
        }
        path = self._options.statement_path
        unseal = None
        if self._jose is None:
            headers["Content-Type"] = "application/json"
        else:
            headers["Content-Type"] = "application/jose"
            body, unseal = self._jose.seal(body).encode("ascii"), self._opened
        # The call only reads, so it may be sent again although it is a POST.
        document = self._transport.document("POST", path, headers=headers, content=body, idempotent=True, unseal=unseal)
        position = f"{path}?account={account_id}&from={window.first}&to={window.last}&page={number or 1}"
        return self._page(document.value, document.raw, position)

    def _opened(self, body: bytes) -> bytes:
        assert self._jose is not None
        return self._jose.open(body.decode("ascii", "replace"))

    def _page(self, value: object, raw: RawObject, position: str) -> StatementPage:
        if not isinstance(value, dict):
            raise ContractChangeError(f"{position}: the answer is a {type(value).__name__}, an object is due")
        fields, names = normalise_keys(value), self._options.fields
        self._raise_failure(fields, position)
        rows = fields.get(letters(names.records), ())
        if isinstance(rows, dict):
            rows = (rows,)
        if not isinstance(rows, list | tuple):
            raise ContractChangeError(f"{position}: {names.records!r} is no list; map the bank's name in options.fields.records")
        if letters(names.records) not in fields and "errorcode" not in fields:
            raise ContractChangeError(f"{position}: {names.records!r} is missing; map the bank's name in options.fields.records")
        return StatementPage(
            rows=tuple(rows),
            raw=raw,
            position=position,
            opening_minor=self._balance(fields, names.opening_balance, position),
            closing_minor=self._balance(fields, names.closing_balance, position),
            complete_through=self._declared(fields, position),
            has_more=str(fields.get(letters(names.has_more), "")).strip().upper() in _YES,
        )

    @staticmethod
    def _raise_failure(fields: Mapping[str, Any], position: str) -> None:
        """HDFC's interfaces say success with `errorCode` 0, and any other code beside HTTP 200 that they failed."""
        code, text = str(fields.get("errorcode") or "0").strip(), str(fields.get("errormessage") or "").strip()
        if code.strip("0") and not says_no_records(text):
            raise error_from_text(f"HDFC {position}", code, text)

    def _balance(self, fields: Mapping[str, Any], name: str, position: str) -> int | None:
        value = fields.get(letters(name))
        if value in (None, ""):
            return None
        try:
            return parse_minor(value, self._options.currency)
        except AmountError as error:
            raise ContractChangeError(f"{position}: {name!r}: {error}") from error

    def _declared(self, fields: Mapping[str, Any], position: str) -> dt.datetime | None:
        name = self._options.fields.complete_through
        text = str(fields.get(letters(name)) or "").strip()
        if not text:
            return None
        for time_format in self._options.time_formats:
            try:
                local = dt.datetime.strptime(text, time_format)  # noqa: DTZ007 - the zone follows in the next line
            except ValueError:
                continue
            return local.replace(tzinfo=ZoneInfo(self._options.time_zone)).astimezone(dt.UTC)
        raise ContractChangeError(f"{position}: {name!r}: {text!r} fits none of options.time_formats")


def build_api(config: SourceConfig, options: HdfcOptions, *, retry: RetryPolicy | None = None) -> StatementApi:
    """The statement call with the source's secrets.

    Args:
        config: the source.
        options: its options, validated.
        retry: how calls are repeated; the kit's policy when None.

    Raises:
        ConfigurationError: a key is no RSA key.
        SettingsError: a secret cannot be read.
    """
    secrets = {name: reference.resolve() for name, reference in config.secrets.items()}
    jose = None
    if options.scheme == "jose":
        jose = Jose(
            load_private_key(secrets["client_private_key"].get_secret_value(), "client_private_key"),
            load_public_key(secrets["bank_public_key"].get_secret_value(), "bank_public_key"),
            own_kid=options.client_kid,
            peer_kid=options.bank_kid,
        )
    auth = ClientCredentials(
        config.base_url.rstrip("/") + options.token_path,
        secrets["client_id"].get_secret_value(),
        secrets["client_secret"],
        scope=options.scope,
        grant_in_query=True,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    certificate = None
    if options.client_certificate is not None and options.client_certificate_key is not None:
        certificate = (str(options.client_certificate), str(options.client_certificate_key))
    transport = Transport(
        config.base_url,
        auth=auth,
        quota=TokenBucket(options.requests_per_second),
        retry=retry or RetryPolicy(),
        cert=certificate,
        tls=source_tls(config),
        metrics_source=config.name,
    )
    return StatementApi(transport, options, secrets["api_key"], jose)
