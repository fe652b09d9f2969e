"""The case of secrets: they are used, and show up nowhere."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import prometheus_client
import structlog

from producers.kit.contract import Page
from producers.kit.fake_provider import Fault
from producers.kit.testing.scenario import Scenario

__all__ = ["SecrecyCases"]


class SecrecyCases(Scenario):
    """Where the connector's secrets must not be."""

    def test_secrets_stay_secret(self) -> None:
        """No secret is in a log line of any level, an error, an address, a metric, a cursor or a record for quarantine."""
        with _everything_logged() as written, self.provider() as provider, structlog.testing.capture_logs() as events:
            pages = self.poll(provider)
            for fault in (Fault.UNAUTHORIZED, Fault.SERVER_ERROR, Fault.HTML):
                provider.break_with(fault)
                broken: list[Page] = []
                error = self.error_of(broken, provider)
                pages += broken
                written.append(f"{error!s} {error!r} {getattr(error, 'answer', None)}")
                provider.heal()
            written.extend(f"{request.path}?{dict(request.query)}" for request in provider.requests)
        for page in pages:
            written.append(json.dumps(page.cursor))
            written.extend(f"{bad.position} {bad.detail} {bad.raw!r}" for bad in page.bad)
        written.append(prometheus_client.generate_latest().decode())
        text = "\n".join([*written, *map(str, events)])
        for number, secret in enumerate(self.secrets):
            assert secret not in text, f"secret number {number} shows up in a log, an error, an address, a metric or a cursor"


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
