"""HDFC's API as the sandbox serves it: OAuth2 token, JOSE or plain JSON, and a statement call in pages.

Credentials, as `generate_credentials` makes them (PEM texts where a key):

| name | what | who has it |
|---|---|---|
| `client_id`, `client_secret` | of the token call | source and bank |
| `api_key` | the `apikey` header | source and bank |
| `client_private_key`, `client_public_key` | the client's RSA pair | source; bank |
| `bank_private_key`, `bank_public_key` | the bank's RSA pair | bank; source |

A source needs `client_id`, `client_secret`, `api_key`, `client_private_key` and `bank_public_key`. The body's media type decides
the scheme of a call: `application/jose` is opened and answered in JOSE, `application/json` in plain JSON. Without the keys among
the credentials only plain JSON is served. The statement's path and fields are those that `producers.providers.hdfc.options`
assumes, since HDFC publishes none.
"""

import datetime as dt
import json
import secrets
from base64 import b64decode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from producers.errors import ProducerError
from producers.kit.auth.rsa_keys import load_private_key, load_public_key
from producers.kit.reading.day_windows import IST
from producers.providers.hdfc.crypto import Jose
from producers.sandbox.model import BankLine, World
from producers.sandbox.provider_keys import pem_pair, write_credentials
from schemas.money import format_minor

__all__ = ["SCOPE", "generate_credentials", "routes"]

SCOPE = "corp-statement"
"""The scope that the sandbox's bank has assigned; the connector's default."""

_KEY_BITS = 2048
_TOKEN_SECONDS = 300
_RAILS = ("NEFT", "RTGS", "IMPS", "UPI")
_PADDED = 16


def generate_credentials(directory: Path, *, bits: int = _KEY_BITS) -> Mapping[str, str]:
    """New keys, also written to `directory` under their names, as files that only the owner can read.

    Args:
        directory: created when it is not there.
        bits: size of the RSA keys.
    """
    client_private, client_public = pem_pair(bits)
    bank_private, bank_public = pem_pair(bits)
    made = {
        "client_id": f"client-{secrets.token_hex(8)}",
        "client_secret": secrets.token_urlsafe(24),
        "api_key": secrets.token_urlsafe(24),
        "client_private_key": client_private,
        "client_public_key": client_public,
        "bank_private_key": bank_private,
        "bank_public_key": bank_public,
    }
    write_credentials(directory, made)
    return made


class _RefusedError(Exception):
    """A call that the gateway or the bank answers with an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class _Tokens:
    """Access tokens that were issued and when they end."""

    def __init__(self, credentials: Mapping[str, str]) -> None:
        self._expected = f"{credentials['client_id']}:{credentials['client_secret']}".encode()
        self._ends: dict[str, dt.datetime] = {}

    def issue(self, request: Request, now: dt.datetime) -> Response:
        parameters = request.query_params
        if parameters.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        if not self._knows(request.headers.get("authorization", "")):
            return JSONResponse({"error": "invalid_client"}, 401)
        if parameters.get("scope") != SCOPE:
            return JSONResponse({"error": "invalid_scope"}, 400)
        token = secrets.token_urlsafe(32)
        self._ends = {issued: end for issued, end in self._ends.items() if end > now}
        self._ends[token] = now + dt.timedelta(seconds=_TOKEN_SECONDS)
        answer = {"access_token": token, "token_type": "Bearer", "expires_in": _TOKEN_SECONDS, "scope": SCOPE}
        return JSONResponse(answer, headers={"Cache-Control": "no-store"})

    def accepts(self, authorization: str, now: dt.datetime) -> bool:
        scheme, _, token = authorization.partition(" ")
        return scheme.lower() == "bearer" and self._ends.get(token, now) > now

    def _knows(self, authorization: str) -> bool:
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() != "basic":
            return False
        try:
            user, _, password = b64decode(encoded, validate=True).decode().partition(":")
        except ValueError:
            return False
        given = f"{unquote_plus(user)}:{unquote_plus(password)}".encode()
        return secrets.compare_digest(given, self._expected)


def _rail(line: BankLine) -> str:
    """`Mnemonic Code`: the rail that the narration begins with, else the account-to-account transfer FT."""
    head = line.narration.upper().replace("/", " ").replace("-", " ").split()
    return head[0] if head and head[0] in _RAILS else "FT"


def _row(line: BankLine, balance_minor: int) -> dict[str, str]:
    """A line under the names of HDFC's credit alert, one of them with the blank that the bank has in it."""
    rail = _rail(line)
    # The bank repeats an RRN in its reference column, padded with zeros; a UTR is in the narration only.
    reference = (line.reference or "").rjust(_PADDED, "0") if rail in {"UPI", "IMPS"} and line.reference else ""
    return {
        "Transaction Id": line.line_id,
        "Account number ": line.account_id,
        "Debit Credit": "Credit" if line.direction == "CREDIT" else "Debit",
        "Amount": format_minor(line.amount_minor, line.currency),
        "Balance": format_minor(balance_minor, line.currency),
        "Remitter Name": line.counterparty_name,
        "Remitter Account": "",
        "Remitter IFSC": "",
        "Cheque No": line.cheque_number,
        "User Reference Number": reference,
        "Mnemonic Code": rail,
        "Reversal Flag": "Y" if line.is_reversal else "N",
        "Value Date": line.value_date.isoformat(),
        "Transaction Description": line.narration,
        "Transaction Date": f"{line.booked_at.astimezone(IST):%Y-%m-%d %H:%M}",
    }


def _date(asked: Mapping[str, Any], name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(str(asked.get(name, "")))
    except ValueError:
        raise _RefusedError(400, "E002", f"{name} is no date yyyy-mm-dd") from None


def _count(asked: Mapping[str, Any], name: str, default: int) -> int:
    text = str(asked.get(name, default))
    if not text.isdecimal() or int(text) < 1:
        raise _RefusedError(400, "E003", f"{name} is no positive number")
    return int(text)


def _movement(line: BankLine) -> int:
    return line.amount_minor if line.direction == "CREDIT" else -line.amount_minor


def _statement(world: World, now: dt.datetime, asked: Mapping[str, Any]) -> dict[str, Any]:
    """One page of a window, with the balances of the whole window.

    Balances run over the lines that are visible now: a late posting changes those behind it, as it does at the bank.
    """
    account = str(asked.get("ACCOUNT_NUMBER", ""))
    if account not in world.accounts("hdfc"):
        raise _RefusedError(400, "E001", "ACCOUNT_NUMBER is not registered for this client")
    first, last = _date(asked, "FROM_DATE"), _date(asked, "TO_DATE")
    number, size = _count(asked, "PAGE_NO", 1), _count(asked, "PAGE_SIZE", 200)
    balance = opening = world.opening_balance("hdfc", account)
    closing = opening
    rows: list[dict[str, str]] = []
    for line in world.bank_lines("hdfc", account, now):
        balance += _movement(line)
        day = line.booked_at.astimezone(IST).date()
        if day < first:
            opening = balance
        if day <= last:
            closing = balance
        if first <= day <= last:
            rows.append(_row(line, balance))
    page = rows[(number - 1) * size : number * size]
    return {
        "Account number": account,
        "From Date": first.isoformat(),
        "To Date": last.isoformat(),
        "Opening Balance": format_minor(opening, "INR"),
        "Closing Balance": format_minor(closing, "INR"),
        "Complete Upto": f"{world.complete_through(now).astimezone(IST):%Y-%m-%d %H:%M:%S}",
        "Page No": str(number),
        "Has More": "Y" if number * size < len(rows) else "N",
        "ALL_RECORDS": page,
    }


def _jose(credentials: Mapping[str, str]) -> Jose | None:
    if "bank_private_key" not in credentials:
        return None
    own = load_private_key(credentials["bank_private_key"], "bank_private_key")
    return Jose(own, load_public_key(credentials["client_public_key"], "client_public_key"))


def _opened(body: bytes, media_type: str, jose: Jose | None) -> tuple[dict[str, Any], Jose | None]:
    """The request and, when it came in JOSE, what to seal the answer with."""
    sealed_with: Jose | None = None
    if media_type == "application/jose":
        if jose is None:
            raise _RefusedError(415, "E004", "JOSE keys have not been exchanged")
        try:
            body = jose.open(body.decode("ascii", "replace"))
        except ProducerError:
            raise _RefusedError(400, "E005", "Decryption or signature verification failed") from None
        sealed_with = jose
    try:
        asked = json.loads(body)
    except ValueError:
        raise _RefusedError(400, "E006", "Request is no JSON") from None
    if not isinstance(asked, dict):
        raise _RefusedError(400, "E006", "Request is no JSON object")
    return asked, sealed_with


def _check_headers(headers: Mapping[str, str], tokens: _Tokens, credentials: Mapping[str, str], now: dt.datetime) -> None:
    if not tokens.accepts(headers.get("authorization", ""), now):
        raise _RefusedError(401, "E401", "Invalid or expired access token")
    if not secrets.compare_digest(headers.get("apikey", "").encode(), credentials["api_key"].encode()):
        raise _RefusedError(401, "E402", "Invalid apikey")
    if headers.get("scope") != SCOPE:
        raise _RefusedError(403, "E403", "scope is not assigned to this client")
    if not headers.get("transactionid"):
        raise _RefusedError(400, "E007", "transactionId is missing")


def routes(world: World, clock: Callable[[], dt.datetime], credentials: Mapping[str, str]) -> APIRouter:
    """HDFC's routes, to be mounted under any prefix.

    Args:
        world: whose lines are served.
        clock: aware UTC now; later lines do not exist yet.
        credentials: see the module's table; `client_id`, `client_secret`, `api_key`, `client_public_key` and `bank_private_key`
            are used.
    """
    router = APIRouter()
    tokens = _Tokens(credentials)
    jose = _jose(credentials)

    @router.post("/auth/oauth/v1/token")
    def token(request: Request) -> Response:
        return tokens.issue(request, clock())

    @router.post("/api/v1/corp-accountStatement")
    async def account_statement(request: Request) -> Response:
        now = clock()
        try:
            _check_headers(request.headers, tokens, credentials, now)
            media_type = request.headers.get("content-type", "").partition(";")[0].strip()
            asked, sealed_with = _opened(await request.body(), media_type, jose)
            answer = _statement(world, now, asked)
        except _RefusedError as refused:
            return JSONResponse({"errorCode": refused.code, "errorMessage": str(refused)}, refused.status)
        if sealed_with is None:
            return JSONResponse(answer)
        return Response(sealed_with.seal(json.dumps(answer).encode()), media_type="application/jose")

    return router
