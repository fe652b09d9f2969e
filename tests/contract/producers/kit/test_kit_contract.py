"""The test-kit on a small connector: it passes when the connector is right, and fails when it is wrong."""

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from producers.errors import RecordError
from producers.kit.contract import Capabilities, Cursor, Page
from producers.kit.oauth import ClientCredentials
from producers.kit.testing import ConnectorContract, FakeRequest, FakeResponse
from producers.kit.transport import Transport
from schemas.records import CanonicalTransaction, Direction

NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
SECRET = "correct-horse-battery"
ROWS = [{"id": f"r{number}", "amount": f"{number}.50"} for number in range(7)]


class ListConnector:
    """Reads `/rows?after=N`, two rows a page."""

    capabilities = Capabilities()

    def __init__(self, base_url: str) -> None:
        auth = ClientCredentials(f"{base_url}/token", "client", SecretStr(SECRET))
        self._transport = Transport(base_url, auth=auth)

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        after = int(cursor.get("after", 0))
        while True:
            document = self._transport.document("GET", "/rows", params={"after": after})
            rows = document.value["rows"]
            after += len(rows)
            records = [self.record(row, document.raw.sha256, now) for row in rows]
            yield Page({"after": after}, transactions=records, raw=[document.raw], fetched=len(rows))
            if not document.value["more"]:
                return

    def record(self, row: dict[str, str], raw: str, now: dt.datetime) -> CanonicalTransaction:
        units, _, cents = row["amount"].partition(".")
        if not cents:
            raise RecordError(f"{row['id']}: amount without decimals")
        return CanonicalTransaction(
            txn_id=f"acc:{row['id']}",
            source="list",
            account_id="acc",
            amount_minor=int(units) * 100 + int(cents),
            currency="INR",
            direction=Direction.CREDIT,
            booked_at=NOW,
            reference_number=row["id"],
            raw_ref=raw,
            ingested_at=now,
        )

    def close(self) -> None:
        self._transport.close()


def serve(request: FakeRequest) -> FakeResponse:
    if request.path == "/token":
        return FakeResponse(body=b'{"access_token": "issued-token", "expires_in": 3600}')
    after = int(request.query["after"][0])
    body = {"rows": ROWS[after : after + 2], "more": after + 2 < len(ROWS)}
    return FakeResponse(body=json.dumps(body).encode())


class TestListConnector(ConnectorContract):
    now = NOW
    secrets = (SECRET, "issued-token")
    token_paths = ("/token",)
    handler = staticmethod(serve)

    def build(self, base_url: str) -> ListConnector:
        return ListConnector(base_url)


class Broken(ConnectorContract):
    now = NOW
    secrets = (SECRET,)
    token_paths = ("/token",)
    handler = staticmethod(serve)


class SkippingConnector(ListConnector):
    """Its cursor runs one row ahead of what it gave."""

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        for page in super().poll(cursor, now):
            yield Page({"after": page.cursor["after"] + 1}, page.transactions, raw=page.raw, fetched=page.fetched)


class CountingConnector(ListConnector):
    """Its ids depend on when it ran."""

    runs = 0

    def record(self, row: dict[str, str], raw: str, now: dt.datetime) -> CanonicalTransaction:
        type(self).runs += 1
        return super().record({**row, "id": f"{row['id']}-{self.runs}"}, raw, now)


class TalkativeConnector(ListConnector):
    """Puts the secret into the query."""

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        self._transport.document("GET", "/rows", params={"after": 0, "key": SECRET})
        yield from super().poll(cursor, now)


@pytest.mark.parametrize(
    ("connector", "check"),
    [
        (SkippingConnector, "test_resumes_after_a_cut_at_every_page"),
        (SkippingConnector, "test_passing_faults_are_retryable_and_lose_nothing"),
        (CountingConnector, "test_rerun_gives_the_same_records"),
        (CountingConnector, "test_nothing_new_gives_no_new_identity"),
        (TalkativeConnector, "test_secrets_stay_secret"),
    ],
)
def test_the_kit_catches(connector: type[ListConnector], check: str) -> None:
    suite = Broken()
    suite.build = connector  # type: ignore[method-assign]
    if connector is CountingConnector and check == "test_nothing_new_gives_no_new_identity":
        # At the end the list gives nothing at all, so let the overlap be the whole list.
        original = suite.poll
        suite.poll = lambda provider, cursor=None, pages=None: original(provider, None, pages)  # type: ignore[method-assign]
    with pytest.raises(AssertionError):
        getattr(suite, check)()
