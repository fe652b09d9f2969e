"""Opaque keyset cursors: the sort key of the last row, signed, and bound to the query that made it."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.errors import BadCursorError

__all__ = ["CursorSigner"]

_SIGNATURE = 16


@dataclass(frozen=True, slots=True)
class CursorSigner:
    """Writes and reads cursors with one key.

    The query is signed, not carried: a cursor that is used with other filters has a signature that does not fit.
    """

    key: bytes

    def _signature(self, body: bytes, query: Mapping[str, str]) -> bytes:
        bound = json.dumps(query, sort_keys=True, separators=(",", ":")).encode()
        return hmac.digest(self.key, hashlib.sha256(bound).digest() + body, hashlib.sha256)[:_SIGNATURE]

    def write(self, values: Sequence[str], query: Mapping[str, str]) -> str:
        """Cursor that continues after the row with the sort key `values` in the listing that `query` describes."""
        body = json.dumps(list(values), separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._signature(body, query) + body).decode().rstrip("=")

    def read(self, cursor: str, query: Mapping[str, str]) -> list[str]:
        """Sort key that `write` put into `cursor` for the same `query`.

        Raises:
            BadCursorError: not written by this API, changed, or written for another query.
        """
        try:
            raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error) as error:
            raise BadCursorError("the cursor is not one of this API; start again without `cursor`") from error
        signature, body = raw[:_SIGNATURE], raw[_SIGNATURE:]
        if not hmac.compare_digest(signature, self._signature(body, query)):
            raise BadCursorError("the cursor belongs to other filters or to another key; start again without `cursor`")
        values: list[str] = json.loads(body)
        return values
