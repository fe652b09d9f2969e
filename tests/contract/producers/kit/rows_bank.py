"""A small bank and a connector of it that is right; the tests of the test-kit break it in one place each."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from producers.errors import RecordError
from producers.kit.auth.oauth import ClientCredentials
from producers.kit.contract import BadRecord, Capabilities, Cursor, Page
from producers.kit.http.transport import JsonDocument, Transport
from producers.kit.testing import ConnectorContract, FakeRequest, FakeResponse
from schemas.errors import SchemaError
from schemas.money import format_minor, parse_minor
from schemas.records import CanonicalTransaction, Direction

__all__ = ["NOW", "SECRET", "RowsConnector", "RowsContract", "token_of"]

NOW = dt.datetime(2026, 1, 15, 12, tzinfo=dt.UTC)
SECRET = "correct-horse-battery"
TOKEN = "issued-token"
PAGE = 4
SIDES = {"in": Direction.CREDIT, "out": Direction.DEBIT}


def token_of(base_url: str) -> ClientCredentials:
    """The bank's token, refreshed when it is refused."""
    return ClientCredentials(f"{base_url}/token", "client", SecretStr(SECRET))


class RowsConnector:
    """Reads `/rows?after=ARRIVAL`, four rows a page, in order of arrival; a row has its version and a local time without zone."""

    capabilities = Capabilities(revisions=True, watermark=False)

    def __init__(self, base_url: str, zone: ZoneInfo) -> None:
        self.zone = zone
        self.base_url = base_url
        self.transport = self.connect(base_url)

    def connect(self, base_url: str) -> Transport:
        return Transport(base_url, auth=token_of(base_url), metrics_source="rows")

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        after, more = int(cursor.get("after", -1)), True
        while more:
            document = self.document(after)
            rows, more = document.value["rows"], document.value["more"]
            after = max([after, *(row["arrival"] for row in rows)])
            if rows:
                yield self.page({"after": after}, document, rows, now)

    def document(self, after: int) -> JsonDocument:
        return self.transport.document("GET", "/rows", params={"after": after})

    def page(self, cursor: Cursor, document: JsonDocument, rows: list[Any], now: dt.datetime) -> Page:
        good, bad = [], []
        for index, row in enumerate(rows):
            try:
                good.append(self.record(row, f"{document.raw.sha256}#{index}", now))
            except RecordError as error:
                bad.append(BadRecord("malformed", str(error), f"/rows#{row['id']}", json.dumps(row).encode()))
        return Page(cursor, good, (), bad, [document.raw], fetched=len(rows))

    def record(self, row: Mapping[str, Any], place: str, now: dt.datetime) -> CanonicalTransaction:
        try:
            return CanonicalTransaction(
                txn_id=self.txn_id(row),
                revision=self.revision(row),
                source="rows",
                account_id="acc",
                amount_minor=self.amount(row),
                currency=row["currency"],
                direction=self.direction(row),
                booked_at=self.moment(row),
                description=row["text"],
                raw_ref=place,
                ingested_at=now,
            )
        except (KeyError, SchemaError) as error:
            raise RecordError(f"{row['id']}: {error!r}") from error

    def txn_id(self, row: Mapping[str, Any]) -> str:
        return f"acc:{row['id']}"

    def revision(self, row: Mapping[str, Any]) -> int:
        return int(row["version"])

    def amount(self, row: Mapping[str, Any]) -> int:
        return parse_minor(row["amount"], row["currency"])

    def direction(self, row: Mapping[str, Any]) -> Direction:
        return SIDES[row["side"]]

    def moment(self, row: Mapping[str, Any]) -> dt.datetime:
        return dt.datetime.fromisoformat(row["booked"]).replace(tzinfo=self.zone).astimezone(dt.UTC)

    def close(self) -> None:
        self.transport.close()


class RowsContract(ConnectorContract):
    """The bank of `RowsConnector`. The name hides it from pytest, so that a test can run single cases of it."""

    now = NOW
    secrets = (SECRET, TOKEN)
    token_paths = ("/token",)
    requests_per_poll = 3
    unknown_values = ({"side": "sideways"}, {"currency": "rupees"})
    currencies = ("JPY", "BHD")
    zones = ("Asia/Kolkata", "Europe/Berlin")
    connector: ClassVar[type[RowsConnector]] = RowsConnector

    def handler(self, request: FakeRequest) -> FakeResponse:
        if request.path == "/token":
            return FakeResponse(body=json.dumps({"access_token": TOKEN, "expires_in": 3600}).encode())
        arrived = sorted(self.listed, key=lambda found: found.arrival)
        if "offset" in request.query:
            listed = arrived[int(request.query["offset"][0]) :]
        else:
            listed = [record for record in arrived if record.arrival > int(request.query["after"][0])]
        rows = [self.row(record) for record in listed]
        return FakeResponse(body=json.dumps({"rows": rows[:PAGE], "more": len(rows) > PAGE}).encode())

    def row(self, record: Any) -> dict[str, Any]:
        return {
            "id": f"r{record.number}",
            "arrival": record.arrival,
            "version": record.version,
            "booked": record.booked_at.astimezone(self.zone).replace(tzinfo=None).isoformat(),
            "amount": format_minor(record.amount_minor, record.currency),
            "currency": record.currency,
            "side": "in" if record.is_credit else "out",
            "text": record.text,
        } | dict(record.fields)

    def build(self, base_url: str) -> RowsConnector:
        return self.connector(base_url, self.zone)
