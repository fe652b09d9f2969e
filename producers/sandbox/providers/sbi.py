"""SBI's GEN6 gateway as the sandbox serves it: AccessToken, AES-256-GCM, signatures both ways, statements by page key.

Credentials, as `generate_credentials` makes them (PEM texts):

| name | what | who has it |
|---|---|---|
| `private_key`, `public_key` | the customer's RSA pair, for its signatures | source; bank |
| `bank_private_key`, `bank_public_key` | the bank's RSA pair: session keys and its own signatures | bank; source |

A source needs `private_key` and `bank_public_key`, and the option `source_id: XX`. The envelope is the gateway's own; the
payload inside and the error codes are this sandbox's invention (the defaults of `producers.providers.sbi.options`),
because the bank's are not public. Failures are HTTP 200 with RESPONSE_STATUS 2 in the open.
"""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from producers.errors import ContractChangeError
from producers.kit.auth.rsa_keys import load_private_key, load_public_key
from producers.kit.reading.day_windows import IST
from producers.providers.sbi.crypto import decrypt, encrypt, open_access_token, sign, verify
from producers.providers.sbi.options import RsaPadding
from producers.sandbox.model import BankLine, World
from producers.sandbox.provider_keys import pem_pair, write_credentials
from schemas.money import format_minor

__all__ = ["SOURCE_ID", "generate_credentials", "routes"]

SOURCE_ID = "XX"
"""The two characters under which the sandbox's bank knows its customer."""

_KEY_BITS = 4096


def generate_credentials(directory: Path, *, bits: int = _KEY_BITS) -> Mapping[str, str]:
    """New keys, also written to `directory` under their names, as files that only the owner can read.

    Args:
        directory: created when it is not there.
        bits: size of the RSA keys.
    """
    private, public = pem_pair(bits)
    bank_private, bank_public = pem_pair(bits)
    made = {
        "private_key": private,
        "public_key": public,
        "bank_private_key": bank_private,
        "bank_public_key": bank_public,
    }
    write_credentials(directory, made)
    return made


class _RefusedError(Exception):
    """A request that the gateway answers with RESPONSE_STATUS 2."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(description)
        self.code = code


def _row(line: BankLine) -> dict[str, str]:
    return {
        "TXN_ID": line.line_id,
        "POST_DATE": f"{line.booked_at.astimezone(IST):%d-%m-%Y %H:%M:%S}",
        "VALUE_DATE": f"{line.value_date:%d-%m-%Y}",
        "AMOUNT": format_minor(line.amount_minor, line.currency),
        "DR_CR": "CR" if line.direction == "CREDIT" else "DR",
        "NARRATION": line.narration,
        "BALANCE": format_minor(line.balance_after_minor, line.currency),
        "CHEQUE_NO": line.cheque_number,
    }


def _date(payload: Mapping[str, Any], name: str) -> dt.date:
    try:
        return dt.datetime.strptime(str(payload.get(name, "")), "%d-%m-%Y").replace(tzinfo=IST).date()
    except ValueError:
        raise _RefusedError("SI402", f"Invalid date in {name}") from None


def _statement(world: World, now: dt.datetime, payload: Any, page_size: int) -> dict[str, Any]:
    if not isinstance(payload, dict):
        raise _RefusedError("SI401", "EIS_PAYLOAD is mandatory")
    account = str(payload.get("ACCOUNT_NUMBER", ""))
    if account not in world.accounts("sbi"):
        raise _RefusedError("SI403", "Invalid account number")
    first, last = _date(payload, "FROM_DATE"), _date(payload, "TO_DATE")
    # A page key is the number of lines before the page, and when they were counted: a line that becomes visible while a
    # source turns the pages must not move the others.
    key = str(payload.get("PAGE_KEY", ""))
    offset, as_of = 0, now
    if key:
        count, _, stamp = key.partition("@")
        try:
            offset, as_of = int(count), dt.datetime.fromisoformat(stamp)
        except ValueError:
            raise _RefusedError("SI404", "Invalid field PAGE_KEY") from None
    lines = [line for line in world.bank_lines("sbi", account, as_of) if first <= line.booked_at.astimezone(IST).date() <= last]
    rows = [_row(line) for line in lines[offset : offset + page_size]]
    if not rows:
        raise _RefusedError("SI100", "No records found")
    more = offset + page_size < len(lines)
    return {
        "RESPONSE_STATUS": "0",
        "ACCOUNT_NUMBER": account,
        "TRANSACTIONS": rows,
        "NEXT_PAGE_KEY": f"{offset + page_size}@{as_of.isoformat()}" if more else "",
    }


def _open(
    request: Request, body: Any, bank_key: RSAPrivateKey, customer_key: RSAPublicKey, rsa_padding: RsaPadding
) -> tuple[str, Mapping[str, Any]]:
    """Session key and inner document of a request."""
    if not isinstance(body, dict) or len(str(body.get("REQUEST_REFERENCE_NUMBER", ""))) != 25:
        raise _RefusedError("SI401", "REQUEST_REFERENCE_NUMBER of 25 characters is mandatory")
    try:
        session_key = open_access_token(request.headers.get("AccessToken", ""), bank_key, rsa_padding)
        plain = decrypt(str(body.get("REQUEST", "")), session_key)
    except ContractChangeError:
        raise _RefusedError("SI411", "Unable to decrypt request") from None
    try:
        verify(plain, str(body.get("DIGI_SIGN", "")), customer_key)
    except ContractChangeError:
        raise _RefusedError("SI412", "Digital signature verification failed") from None
    inner = json.loads(plain)
    if not isinstance(inner, dict) or inner.get("SOURCE_ID") != SOURCE_ID:
        raise _RefusedError("SI413", "Source is not registered")
    return session_key, inner


def routes(
    world: World,
    clock: Callable[[], dt.datetime],
    credentials: Mapping[str, str],
    *,
    page_size: int = 200,
    rsa_padding: RsaPadding = "PKCS1",
) -> APIRouter:
    """The gateway's route.

    Args:
        world: whose lines are served.
        clock: aware UTC now; later lines do not exist yet.
        credentials: see the module's table; `public_key` and `bank_private_key` are used.
        page_size: rows of a full page.
        rsa_padding: how session keys are padded.
    """
    router = APIRouter()
    bank_key = load_private_key(credentials["bank_private_key"], "bank_private_key")
    customer_key = load_public_key(credentials["public_key"], "public_key")

    @router.post("/gen6/gateway/thirdParty/wrapper/services")
    async def services(request: Request) -> Response:
        try:
            body = json.loads(await request.body())
        except ValueError:
            body = None
        try:
            session_key, inner = _open(request, body, bank_key, customer_key, rsa_padding)
            answer = _statement(world, clock(), inner.get("EIS_PAYLOAD"), page_size)
        except _RefusedError as refused:
            failure = {"RESPONSE_STATUS": "2", "ERROR_CODE": refused.code, "ERROR_DESCRIPTION": str(refused)}
            return JSONResponse(failure)
        plain = json.dumps(answer).encode()
        return JSONResponse(
            {
                "RESPONSE": encrypt(plain, session_key),
                "REQUEST_REFERENCE_NUMBER": body["REQUEST_REFERENCE_NUMBER"],
                "RESPONSE_DATE": f"{clock().astimezone(IST):%d-%m-%Y %H:%M:%S}",
                "DIGI_SIGN": sign(plain, bank_key),
            }
        )

    return router
