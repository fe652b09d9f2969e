"""The case of secrets: they are used, and show up nowhere."""

import json
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import prometheus_client
import structlog

from producers.kit.contract import Page
from producers.kit.fake_provider import Fault
from producers.kit.testing.scenario import Scenario

__all__ = ["SecrecyCases"]


class SecrecyCases(Scenario):
    """Where the connector's secrets must not be."""

    def test_secrets_stay_secret(self) -> None:
        """No secret is in a log line of any level, an error, an address, a metric, a cursor, a bad record or a recording."""
        with (
            _everything_logged() as written,
            _everything_recorded() as recordings,
            self.provider() as provider,
            structlog.testing.capture_logs() as events,
        ):
            pages = self.poll(provider)
            for fault in (Fault.UNAUTHORIZED, Fault.SERVER_ERROR, Fault.HTML):
                provider.break_with(fault)
                broken: list[Page] = []
                error = self.error_of(broken, provider)
                pages += broken
                written.append(f"{error!s} {error!r} {getattr(error, 'answer', None)}")
                provider.heal()
            recorded = [path.read_text(encoding="utf-8") for path in sorted(recordings.rglob("*.json"))]
            assert recorded or not provider.requests, "nothing was recorded: a connector's requests go through the kit's transport"
            written.extend(recorded)
            written.extend(f"{request.path}?{dict(request.query)}" for request in provider.requests)
        for page in pages:
            written.append(json.dumps(page.cursor))
            written.extend(f"{bad.position} {bad.detail} {bad.raw!r}" for bad in page.bad)
        written.append(prometheus_client.generate_latest().decode())
        text = "\n".join([*written, *map(str, events)])
        for number, secret in enumerate(self.secrets):
            assert secret not in text, (
                f"secret number {number} shows up in a log, an error, an address, a metric, a cursor or a recording"
            )


@contextmanager
def _everything_logged() -> Iterator[list[str]]:
    """Log lines of every level and library, as a list that grows."""
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(f"{record.getMessage()} {record.__dict__}")

    root, keep = logging.getLogger(), Keep(level=0)
    level = root.level
    root.addHandler(keep)
    root.setLevel(logging.DEBUG)
    try:
        yield written
    finally:
        root.removeHandler(keep)
        root.setLevel(level)


@contextmanager
def _everything_recorded() -> Iterator[Path]:
    """A folder where the HTTP of every source is recorded, as for support."""
    with (
        tempfile.TemporaryDirectory(prefix="reconduit-recordings-") as folder,
        mock.patch.dict(os.environ, {"RECONDUIT_RECORD_HTTP": "*", "RECONDUIT_OBJECTS": folder}),
    ):
        yield Path(folder)
