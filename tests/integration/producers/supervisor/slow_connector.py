"""A connector without a provider, which tells each of its polls: who polled from when to when, and which page it gave."""

import datetime as dt
import os
import time
from collections.abc import Iterator
from pathlib import Path

from producers.kit.contract import Capabilities, Cursor, Page
from reconduit.sources import SourceConfig


class SlowConnector:
    """One page a poll, which takes a twentieth of a second; `options.told` is the file that it tells to."""

    capabilities = Capabilities()

    def __init__(self, config: SourceConfig) -> None:
        self._told = Path(str(config.options["told"]))

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        page = int(cursor.get("page", 0)) + 1
        began = time.monotonic()
        time.sleep(0.05)
        with self._told.open("a", encoding="utf-8") as told:
            told.write(f"{os.getpid()} {began} {time.monotonic()} {page}\n")
        yield Page({"page": page})

    def close(self) -> None:
        """Nothing to release."""


def build(config: SourceConfig) -> SlowConnector:
    return SlowConnector(config)
