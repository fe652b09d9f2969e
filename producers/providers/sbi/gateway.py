"""One call through the EIS GEN6 gateway: sealed, signed, sent, opened, verified.

Request: header `AccessToken`, body `{REQUEST_REFERENCE_NUMBER, REQUEST, DIGI_SIGN}` around
`{SOURCE_ID, EIS_PAYLOAD, DESTINATION, TXN_TYPE, TXN_SUB_TYPE}`. Response: `{RESPONSE, REQUEST_REFERENCE_NUMBER, RESPONSE_DATE,
DIGI_SIGN}`, or `{RESPONSE_STATUS: "2", ERROR_CODE, ERROR_DESCRIPTION}` in the open. From integrations in public; the statement
service behind the gateway is not public.
"""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from producers.errors import ContractChangeError
from producers.kit.http.payload import parse_json
from producers.kit.http.transport import Transport
from producers.providers.sbi.crypto import access_token, decrypt, encrypt, new_request_reference, new_session_key, sign, verify
from producers.providers.sbi.failures import failure_of
from producers.providers.sbi.options import SbiOptions

__all__ = ["Gateway"]


class Gateway:
    """The gateway as one source sees it.

    Args:
        transport: to the gateway's host.
        options: of the source.
        own_key: our signing key.
        bank_key: the bank's key, for the session key and for its signatures.
    """

    def __init__(self, transport: Transport, options: SbiOptions, own_key: RSAPrivateKey, bank_key: RSAPublicKey) -> None:
        self._transport = transport
        self._options = options
        self._own_key = own_key
        self._bank_key = bank_key

    def call(self, payload: Any, now: dt.datetime, subject: str) -> tuple[bytes, Mapping[str, Any]] | None:
        """Send an EIS_PAYLOAD and return the answer, as the bank wrote it and parsed.

        Args:
            payload: the filled template.
            now: time of the poll, aware UTC; part of the reference number.
            subject: what is asked for, for messages.

        Returns:
            The verified inner document; None when the bank says that there are no records.

        Raises:
            ProducerError: the transport failed, the bank reports a failure, or the envelope is not the bank's answer to
                this call.
        """
        options = self._options
        plain = json.dumps(
            {
                "SOURCE_ID": options.source_id,
                "EIS_PAYLOAD": payload,
                "DESTINATION": options.destination,
                "TXN_TYPE": options.txn_type,
                "TXN_SUB_TYPE": options.txn_sub_type,
            },
            separators=(",", ":"),
        ).encode()
        session_key = new_session_key()
        reference = new_request_reference(options.source_id, now)
        body = self._transport.json(
            "POST",
            options.gateway_path,
            headers={"AccessToken": access_token(session_key, self._bank_key, options.rsa_padding)},
            json={
                "REQUEST_REFERENCE_NUMBER": reference,
                "REQUEST": encrypt(plain, session_key),
                "DIGI_SIGN": sign(plain, self._own_key),
            },
            # A statement moves no money, so asking twice is harmless.
            idempotent=True,
        )
        return self._open(body, session_key, reference, subject)

    def _open(self, body: Any, session_key: str, reference: str, subject: str) -> tuple[bytes, Mapping[str, Any]] | None:
        if not isinstance(body, Mapping):
            raise ContractChangeError(f"{subject}: the response is a {type(body).__name__}; an object is documented")
        if "RESPONSE" not in body:
            self._raise_failure(body, subject)
            return None
        if body.get("REQUEST_REFERENCE_NUMBER") != reference:
            raise ContractChangeError(f"{subject}: the response answers another request than {reference}")
        plain = decrypt(str(body["RESPONSE"]), session_key)
        verify(plain, str(body.get("DIGI_SIGN", "")), self._bank_key)
        inner = parse_json(plain, subject)
        if not isinstance(inner, Mapping):
            raise ContractChangeError(f"{subject}: RESPONSE holds a {type(inner).__name__} instead of an object")
        if str(inner.get("RESPONSE_STATUS", "0")) != "0":
            self._raise_failure(inner, subject)
            return None
        return plain, inner

    def _raise_failure(self, document: Mapping[str, Any], subject: str) -> None:
        """Raise what the document reports; nothing happens when it only says that there are no records."""
        error = failure_of(document, subject, self._options.error_kinds)
        if error is not None:
            raise error
