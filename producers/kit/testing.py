"""The contract of a connector as tests: subclass `ConnectorContract`, say how to build it, and let pytest collect it.

```python
class TestAcme(ConnectorContract):
    now = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
    secrets = ("s3cret-value",)

    def handler(self, request: FakeRequest) -> FakeResponse:   # the provider; or `handler = staticmethod(forward_to(url))`
        ...

    def build(self, base_url: str) -> Connector:               # a connector as it would be after a restart
        return build(SourceConfig(name="acme", connector="acme", base_url=base_url, ...))
```

The provider's data must stay the same during a test, and its listing should span at least two pages, so that a cut falls between.
"""

import datetime as dt
import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from typing import Any, ClassVar
from unittest import mock

import structlog

from producers.errors import AuthenticationError, PermissionDeniedError, ProducerError
from producers.kit.contract import Connector, Cursor, Page
from producers.kit.fake_provider import FakeProvider, FakeRequest, FakeResponse, Fault, forward_to
from schemas.records import CanonicalTransaction

__all__ = ["ConnectorContract", "FakeProvider", "FakeRequest", "FakeResponse", "Fault", "forward_to", "without_waiting"]

Identity = tuple[str, int]


@contextmanager
def without_waiting() -> Iterator[list[float]]:
    """Let the kit's waits (retries, quotas) pass at once; yields the seconds it would have waited."""
    waits: list[float] = []
    with mock.patch("producers.kit.retry.pause", waits.append):
        yield waits


def _identities(pages: Iterable[Page]) -> list[Identity]:
    return [(record.txn_id, record.revision) for page in pages for record in page.transactions]


def _canonical(record: CanonicalTransaction) -> dict[str, Any]:
    fields = record.to_avro()
    del fields["ingested_at"]
    return fields


class ConnectorContract:
    """Checks that every connector passes; pytest runs them in a subclass whose name begins with `Test`.

    Attributes:
        now: time of the polls, aware UTC, at which the provider has records to give.
        secrets: the secret values that the connector is built with, none of which may show up in a log, an error or a URL.
        token_paths: paths of the provider's token endpoint, which the data faults leave alone.
        has_auth: whether the provider checks credentials at all.
    """

    now: dt.datetime
    secrets: ClassVar[tuple[str, ...]] = ()
    token_paths: ClassVar[tuple[str, ...]] = ()
    has_auth: ClassVar[bool] = True

    def handler(self, request: FakeRequest) -> FakeResponse:
        """The provider's answer to a request."""
        raise NotImplementedError

    def build(self, base_url: str) -> Connector:
        """A new connector for the provider at `base_url`, as after a restart."""
        raise NotImplementedError

    @contextmanager
    def provider(self) -> Iterator[FakeProvider]:
        """The provider, with its waits taken out."""
        with FakeProvider(self.handler) as provider, without_waiting():
            yield provider

    def poll(self, provider: FakeProvider, cursor: Cursor | None = None, pages: int | None = None) -> list[Page]:
        """Pages of one poll by a fresh connector; only the first `pages` when given."""
        found: list[Page] = []
        self.poll_into(found, provider, cursor, pages)
        return found

    def poll_into(self, found: list[Page], provider: FakeProvider, cursor: Cursor | None = None, pages: int | None = None) -> None:
        """As `poll`, into a list that keeps the pages before an error."""
        with closing(self.build(provider.base_url)) as connector:
            for page in connector.poll(dict(cursor or {}), self.now):
                found.append(page)
                if len(found) == pages:
                    break

    def is_data(self, request: FakeRequest) -> bool:
        """Whether a request is for data rather than for a token."""
        return not any(request.path.startswith(path) for path in self.token_paths)

    def test_pages_are_well_formed(self) -> None:
        """Cursors are JSON, originals hash to their names, references point to originals, ids are unique."""
        with self.provider() as provider:
            pages = self.poll(provider)
        assert pages, "the provider of this test has nothing to give"
        kept = {raw.sha256 for page in pages for raw in page.raw}
        for page in pages:
            assert json.loads(json.dumps(page.cursor)) == page.cursor
            for raw in page.raw:
                assert sha256(raw.content).hexdigest() == raw.sha256
            references = [record.raw_ref for record in page.transactions] + [record.raw_ref for record in page.statements]
            for reference in references:
                assert reference is None or reference.partition("#")[0] in kept, f"{reference} is not among the originals"
        versions: dict[Identity, dict[str, Any]] = {}
        for record in (record for page in pages for record in page.transactions):
            fields = _canonical(record) | {"raw_ref": None}
            same = versions.setdefault((record.txn_id, record.revision), fields)
            assert same == fields, f"{record.txn_id} revision {record.revision} stands for two contents"
        assert versions, "the provider of this test gives no transaction"

    def test_rerun_gives_the_same_records(self) -> None:
        """Two polls from the beginning give the same ids, revisions, contents and cursors."""
        with self.provider() as provider:
            first, second = self.poll(provider), self.poll(provider)
        assert _identities(first) == _identities(second)
        assert [[_canonical(r) | {"raw_ref": None} for r in page.transactions] for page in first] == [
            [_canonical(r) | {"raw_ref": None} for r in page.transactions] for page in second
        ]
        assert [page.cursor for page in first] == [page.cursor for page in second]
        assert [bad.position for p in first for bad in p.bad] == [bad.position for p in second for bad in p.bad]

    def test_resumes_after_a_cut_at_every_page(self) -> None:
        """A process that dies after any page, and starts from its cursor, misses nothing and invents nothing."""
        with self.provider() as provider:
            whole = self.poll(provider)
            for count in range(1, len(whole) + 1):
                before = self.poll(provider, pages=count)
                after = self.poll(provider, before[-1].cursor)
                assert set(_identities([*before, *after])) == set(_identities(whole)), f"cut after page {count}"

    def test_nothing_new_gives_no_new_identity(self) -> None:
        """A poll at the end may repeat an overlap, but gives no id or revision that was not there before."""
        with self.provider() as provider:
            whole = self.poll(provider)
            again = self.poll(provider, whole[-1].cursor)
        assert set(_identities(again)) <= set(_identities(whole))

    def test_passing_faults_are_retryable_and_lose_nothing(self) -> None:
        """500, a body cut short, a maintenance page and 429 end the poll with a retryable error; the next one completes it."""
        for fault in (Fault.SERVER_ERROR, Fault.TRUNCATED, Fault.HTML, Fault.RATE_LIMITED):
            with self.provider() as provider:
                whole = self.poll(provider)
                data = sum(map(self.is_data, provider.requests))
                for skip in {0, data // 2, data - 1}:
                    provider.break_with(fault, skip=skip, only=self.is_data)
                    pages: list[Page] = []
                    error = self._error_of(pages, provider)
                    assert error is not None, f"{fault} after {skip} requests went unnoticed"
                    assert error.retryable, f"{fault} after {skip} requests is terminal: {error!r}"
                    assert _identities(pages) == _identities(whole)[: len(_identities(pages))]
                    provider.heal()
                    rest = self.poll(provider, pages[-1].cursor if pages else None)
                    assert set(_identities([*pages, *rest])) == set(_identities(whole)), f"{fault} after {skip} requests"

    def test_refused_credentials_are_terminal(self) -> None:
        """401 on everything ends in AuthenticationError (or PermissionDeniedError), and nothing is published."""
        if not self.has_auth:
            return
        with self.provider() as provider:
            provider.break_with(Fault.UNAUTHORIZED)
            pages: list[Page] = []
            error = self._error_of(pages, provider)
        assert isinstance(error, AuthenticationError | PermissionDeniedError), f"401 became {error!r}"
        assert not _identities(pages)

    def test_secrets_stay_secret(self) -> None:
        """No secret is in a log line of any level, in an error, or in the address of a request."""
        written: list[str] = []

        class Keep(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                written.append(f"{record.getMessage()} {record.__dict__}")

        root, keep = logging.getLogger(), Keep(level=0)
        level = root.level
        root.addHandler(keep)
        root.setLevel(logging.DEBUG)
        try:
            with self.provider() as provider, structlog.testing.capture_logs() as events:
                self.poll(provider)
                for fault in (Fault.UNAUTHORIZED, Fault.SERVER_ERROR):
                    provider.break_with(fault)
                    error = self._error_of([], provider)
                    written.append(f"{error!s} {error!r}")
                    provider.heal()
                written.extend(f"{request.path}?{dict(request.query)}" for request in provider.requests)
        finally:
            root.removeHandler(keep)
            root.setLevel(level)
        text = "\n".join([*written, *map(str, events)])
        for number, secret in enumerate(self.secrets):
            assert secret not in text, f"secret number {number} shows up in a log line, an error or a request's address"

    def _error_of(self, pages: list[Page], provider: FakeProvider) -> ProducerError | None:
        try:
            self.poll_into(pages, provider)
        except ProducerError as error:
            return error
        return None
