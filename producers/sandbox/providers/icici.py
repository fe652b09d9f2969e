"""ICICI's statement API as the sandbox serves it: `apikey` header, RSA requests, hybrid envelopes, CONFLG paging.

Credentials, as `generate_credentials` makes them (PEM texts):

| name | what | who has it |
|---|---|---|
| `api_key` | the `apikey` header | source and bank |
| `private_key`, `public_key` | the customer's RSA pair: responses are sealed for it | source; bank |
| `bank_private_key`, `bank_public_key` | the bank's RSA pair: requests are encrypted for it | bank; source |

A source needs `api_key`, `private_key` and `bank_public_key`. AGGRID, CORPID, USERID and URN must be `AGGR1`, `CORP1`, `USER1` and
`URN1`, as in the fictitious registration of this sandbox. Failures are HTTP 200 with RESPONSE FAILURE and MESSAGE in the
envelope, as the bank does; a wrong `apikey` is the gateway's own 401 in plain JSON.
"""

import datetime as dt
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from producers.errors import ContractChangeError
from producers.kit.auth.rsa_keys import load_private_key, load_public_key
from producers.kit.reading.day_windows import IST
from producers.providers.icici.crypto import decrypt_asymmetric, seal_hybrid
from producers.sandbox.model import BankLine, World
from producers.sandbox.provider_keys import pem_pair, write_credentials

__all__ = ["REGISTRATION", "generate_credentials", "indian_grouping", "routes"]

REGISTRATION = {"AGGRID": "AGGR1", "CORPID": "CORP1", "USERID": "USER1", "URN": "URN1"}
"""What the sandbox's bank has registered; a source's options aggr_id, corp_id, user_id and urn."""

_KEY_BITS = 4096
_LAKHS = re.compile(r"(?<=\d)(?=(\d{2})+$)")


def generate_credentials(directory: Path, *, bits: int = _KEY_BITS) -> Mapping[str, str]:
    """New keys, also written to `directory` under their names, as files that only the owner can read.

    Args:
        directory: created when it is not there.
        bits: size of the RSA keys; the bank demands 4096.
    """
    private, public = pem_pair(bits)
    bank_private, bank_public = pem_pair(bits)
    made = {
        "api_key": secrets.token_urlsafe(24),
        "private_key": private,
        "public_key": public,
        "bank_private_key": bank_private,
        "bank_public_key": bank_public,
    }
    write_credentials(directory, made)
    return made


def indian_grouping(minor: int) -> str:
    """Paise as the bank writes rupees: `1234567800` is `1,23,45,678.00`."""
    sign, rupees, paise = "-" if minor < 0 else "", *divmod(abs(minor), 100)
    head, tail = str(rupees)[:-3], str(rupees)[-3:]
    grouped = f"{_LAKHS.sub(',', head)},{tail}" if head else tail
    return f"{sign}{grouped}.{paise:02d}"


def _row(line: BankLine) -> dict[str, str]:
    return {
        "CHEQUENO": line.cheque_number,
        "TXNDATE": f"{line.booked_at.astimezone(IST):%d-%m-%Y %H:%M:%S}",
        "REMARKS": line.narration,
        "AMOUNT": indian_grouping(line.amount_minor),
        "BALANCE": indian_grouping(line.balance_after_minor),
        "VALUEDATE": f"{line.value_date:%d-%m-%Y}",
        "TYPE": "CR" if line.direction == "CREDIT" else "DR",
        "TRANSACTIONID": line.line_id,
    }


class _RefusedError(Exception):
    """A request that the bank answers with RESPONSE FAILURE."""


def _date(request: Mapping[str, Any], name: str) -> dt.date:
    try:
        return dt.datetime.strptime(str(request.get(name, "")), "%d-%m-%Y").replace(tzinfo=IST).date()
    except ValueError:
        raise _RefusedError(f"Invalid {name} date format") from None


def _after(lines: Sequence[BankLine], last_id: str) -> Sequence[BankLine]:
    """Lines behind the first one with `last_id`: further legs of the same id come again, and none is left out."""
    for index, line in enumerate(lines):
        if line.line_id == last_id:
            return lines[index + 1 :]
    raise _RefusedError("Invalid LASTTRID field")


def _answer(world: World, now: dt.datetime, request: Mapping[str, Any], page_size: int) -> dict[str, Any]:
    if any(request.get(name) != value for name, value in REGISTRATION.items()):
        raise _RefusedError("User is not registered for this service")
    account = str(request.get("ACCOUNTNO", ""))
    if account not in world.accounts("icici"):
        raise _RefusedError("Invalid ACCOUNTNO account")
    first, last = _date(request, "FROMDATE"), _date(request, "TODATE")
    lines: Sequence[BankLine] = [
        line for line in world.bank_lines("icici", account, now) if first <= line.booked_at.astimezone(IST).date() <= last
    ]
    if request.get("CONFLG") == "Y":
        lines = _after(lines, str(request.get("LASTTRID", "")))
    elif request.get("CONFLG") != "N":
        raise _RefusedError("Invalid CONFLG field")
    rows = [_row(line) for line in lines[:page_size]]
    answer: dict[str, Any] = {
        "RESPONSE": "SUCCESS",
        "ACCOUNTNO": account,
        "CORP_ID": REGISTRATION["CORPID"],
        "USER_ID": REGISTRATION["USERID"],
        "AGGR_ID": REGISTRATION["AGGRID"],
        "URN": REGISTRATION["URN"],
    }
    if rows:
        answer["Record"] = rows[0] if len(rows) == 1 else rows
    return answer


def _gateway_error(status: int, code: str, description: str) -> JSONResponse:
    return JSONResponse({"success": False, "errorcode": code, "description": description}, status)


def routes(world: World, clock: Callable[[], dt.datetime], credentials: Mapping[str, str], *, page_size: int = 200) -> APIRouter:
    """The bank's routes.

    Args:
        world: whose lines are served.
        clock: aware UTC now; later lines do not exist yet.
        credentials: see the module's table; `api_key`, `public_key` and `bank_private_key` are used.
        page_size: rows of a full page.
    """
    router = APIRouter()
    bank_key = load_private_key(credentials["bank_private_key"], "bank_private_key")
    customer_key = load_public_key(credentials["public_key"], "public_key")

    @router.post("/api/Corporate/CIB/v1/AccountStatements")
    async def account_statements(request: Request) -> Response:
        given = request.headers.get("apikey", "")
        if not secrets.compare_digest(given.encode(), credentials["api_key"].encode()):
            return _gateway_error(401, "8015", "Invalid API key")
        try:
            asked = json.loads(decrypt_asymmetric(await request.body(), bank_key))
        except (ContractChangeError, ValueError):
            asked = None
        if not isinstance(asked, dict):
            return _gateway_error(400, "8016", "Request cannot be decrypted")
        try:
            answer = _answer(world, clock(), asked, page_size)
        except _RefusedError as failure:
            answer = {"RESPONSE": "FAILURE", "MESSAGE": str(failure)}
        # Further pages come with OAEP, so that a source has to read both paddings.
        algorithm = "SHA1" if asked.get("CONFLG") == "Y" else "NONE"
        envelope = seal_hybrid(json.dumps(answer).encode(), customer_key, algorithm=algorithm, service="AccountCIB")
        return JSONResponse(envelope)

    return router
