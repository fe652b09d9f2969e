"""Ordinals for provider ids that repeat: the legs of one bank transaction may all carry its id.

The first row with an id keeps it as it is, the n-th further one gets `-{n}`. So that a row has the same ordinal in each
poll, although a later poll no longer sees the rows before it, the rows of an id that was seen twice are remembered in the
cursor for as long as the overlap can show them.

Two things stay out of reach, because the cursor would have to remember every row: an id that the bank uses again after the
overlap has passed, and a leg that the bank inserts late above a sibling which was alone until then.
"""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["RepeatedIds", "content_digest"]


def content_digest(*parts: str, length: int = 16) -> str:
    """Stable lower-case hex digest of texts, for ids and memories (not for security)."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:length]


class RepeatedIds:
    """Gives the rows of one account their record ids, in the bank's order.

    Use one object per window, so that equal rows count from the window's beginning each time.
    """

    def __init__(self, remembered: Mapping[str, Any] | None = None) -> None:
        self._rows: dict[str, list[str]] = {}
        self._last_day: dict[str, dt.date] = {}
        for provider_id, entry in (remembered or {}).items():
            self._rows[provider_id] = list(entry["rows"])
            self._last_day[provider_id] = dt.date.fromisoformat(entry["day"])
        self._equal: Counter[tuple[str, str]] = Counter()

    def record_id(self, provider_id: str, day: dt.date, content: Sequence[str]) -> str:
        """The id of the next row that carries `provider_id`.

        Args:
            provider_id: the provider's own id.
            day: booking day of the row, in the bank's zone.
            content: the fields that tell the rows of one id apart and do not change between polls.

        Returns:
            `provider_id`, or `provider_id-{n}` for the n-th repeat.
        """
        digest = content_digest(*content)
        self._equal[(provider_id, digest)] += 1
        row = f"{digest}.{self._equal[(provider_id, digest)]}"
        rows = self._rows.setdefault(provider_id, [])
        if row not in rows:
            rows.append(row)
        self._last_day[provider_id] = max(day, self._last_day.get(provider_id, day))
        ordinal = rows.index(row)
        return f"{provider_id}-{ordinal}" if ordinal else provider_id

    def memory(self, oldest_day: dt.date) -> dict[str, Any]:
        """What the cursor must keep: the rows of ids seen more than once, last on `oldest_day` or after (JSON values)."""
        return {
            provider_id: {"day": self._last_day[provider_id].isoformat(), "rows": rows}
            for provider_id, rows in self._rows.items()
            if len(rows) > 1 and self._last_day[provider_id] >= oldest_day
        }
