"""Which revision each record of an overlap has: a record that a bank corrects under its id gets the next one.

A bank's list shows what a line is now, not that it was another line yesterday. So the cursor remembers of each record of the
overlap a short digest of its id and of its content, 16 characters together, and which of them were corrected how often. A record
older than the overlap is not read again, so it needs no memory; one whose cursor was reset starts at revision 0 again. A release
that understands a row better is a correction as well: the better record has the higher revision.
"""

import base64
import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from producers.kit.reading.published import KEPT_BYTES, Published, id_digest
from schemas.records import CanonicalTransaction

__all__ = ["RecordVersions"]

_KEY = KEPT_BYTES * 4 // 3
_ENTRY = 2 * _KEY


class RecordVersions:
    """The records of an account's overlap."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[dt.date, Published]] = {}

    def load(self, day: dt.date, stored: Mapping[str, Any]) -> None:
        """Take back what `dump` gave for a day; an entry of a day without versions is fine."""
        packed, revisions = str(stored.get("versions", "")), stored.get("revisions", {})
        for start in range(0, len(packed), _ENTRY):
            key, content = packed[start : start + _KEY], packed[start + _KEY : start + _ENTRY]
            self._known[key] = day, Published(content, int(revisions.get(key, 0)))

    def dump(self, day: dt.date) -> dict[str, Any]:
        """JSON values for a day's entry in the cursor; nothing for a day without records."""
        of_day = {key: version for key, (its_day, version) in self._known.items() if its_day == day}
        packed = "".join(key + version.content for key, version in of_day.items())
        revisions = {key: version.revision for key, version in of_day.items() if version.revision}
        return ({"versions": packed} if packed else {}) | ({"revisions": revisions} if revisions else {})

    def revised(self, day: dt.date, record: CanonicalTransaction, fingerprint: bytes) -> CanonicalTransaction:
        """The record with its revision: the one it had, or the next one when its content is another; remembered under `day`.

        Args:
            day: booking day, in the provider's zone.
            record: as the provider lists it now.
            fingerprint: digest of its content.
        """
        key, content = _text(id_digest(record.txn_id)), _text(fingerprint)
        known = self._known.get(key)
        revision = record.revision if known is None else known[1].revision_for(content)
        self._known[key] = day, Published(content, revision)
        return record if revision == record.revision else replace(record, revision=revision)

    def forget(self, is_kept: Callable[[dt.date], bool]) -> None:
        """Drop the records of days that are not kept."""
        self._known = {key: known for key, known in self._known.items() if is_kept(known[0])}


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest[:KEPT_BYTES]).decode("ascii")
