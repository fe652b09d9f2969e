"""Sources that a file alone describes keep the contract of a connector: three APIs that have little in common."""

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from producers.kit.contract import Connector
from producers.kit.registry import build_connector
from producers.kit.testing import ConnectorContract, FakeRequest, FakeResponse, SampleRecord
from reconduit.sources import SourceConfig
from schemas.money import format_minor

NOW = dt.datetime(2026, 3, 10, 12, 30, tzinfo=dt.UTC)
SECRET = "rest-secret-for-tests"
ISSUED = "rest-token-that-was-issued"


class RestContract(ConnectorContract):
    """What the three have in common. The name hides it from pytest."""

    connectors = ("rest",)
    now = NOW
    secrets = (SECRET,)
    currencies = ("JPY", "BHD", "EUR")
    zones = ("Asia/Kolkata", "Europe/Berlin")
    secret_name: ClassVar[str]

    @pytest.fixture(autouse=True)
    def _given(self, tmp_path: Path) -> None:
        self._folder = tmp_path

    def definition(self) -> dict[str, Any]:
        raise NotImplementedError

    def build(self, base_url: str) -> Connector:
        secret, file = self._folder / "secret", self._folder / "source.yaml"
        secret.write_text(SECRET, encoding="utf-8")
        file.write_text(yaml.safe_dump(self.definition()), encoding="utf-8")
        names = {"client_id", self.secret_name} if self.token_paths else {self.secret_name}
        return build_connector(
            SourceConfig(
                name="byfile",
                connector="rest",
                base_url=base_url,
                options={"definition": str(file)},
                secrets={name: {"file": secret} for name in names},
            )
        )

    def local(self, record: SampleRecord) -> str:
        return record.booked_at.astimezone(self.zone).strftime("%d/%m/%Y %H:%M:%S")


def answer(body: Any, **headers: str) -> FakeResponse:
    return FakeResponse(body=json.dumps(body).encode(), headers={"Content-Type": "application/json"} | headers)


class TestFeedByCursor(RestContract):
    """A bearer token; entries in order of arrival behind a token; decimals and a version."""

    secret_name = "token"
    requests_per_poll = 3
    unknown_values = ({"side": "both"}, {"state": "frozen"}, {"amount": "12.3456"}, {"booked": "soon"}, {"entry_id": None})
    not_applicable: ClassVar[Mapping[str, str]] = {"token_refresh": "a bearer token is issued once, by a person"}

    def definition(self) -> dict[str, Any]:
        return {
            "auth": {"kind": "bearer"},
            "request": {"path": "/v1/entries", "params": {"limit": 4}},
            "records": "data.entries",
            "paging": {"strategy": "cursor", "param": "after", "token": "meta.next", "has_more": "meta.more"},
            "incremental": {"by": "cursor", "overlap": "5d"},
            "fields": {
                "id": "entry_id",
                "account": "account.iban",
                "currency": "ccy",
                "amount": "amount",
                "direction": {"field": "side", "map": {"C": "CREDIT", "D": "DEBIT"}},
                "booked_at": {"field": "booked", "format": "%d/%m/%Y %H:%M:%S", "zone": str(self.zone)},
                "status": {"field": "state", "map": {"done": "SUCCESS", "waiting": "PENDING"}},
                "revision": "version",
                "description": "text",
            },
            "watermark": {"field": "meta.complete_through"},
        }

    def handler(self, request: FakeRequest) -> FakeResponse:
        after = int(request.query.get("after", ["-1"])[0])
        arrived = sorted((one for one in self.listed if one.arrival > after), key=lambda one: one.arrival)
        part = arrived[: int(request.query["limit"][0])]
        meta = {
            "next": str(part[-1].arrival if part else after),
            "more": len(arrived) > len(part),
            "complete_through": "2026-03-06T00:00:00Z",
        }
        return answer({"data": {"entries": [self.row(one) for one in part]}, "meta": meta})

    def row(self, record: SampleRecord) -> dict[str, Any]:
        return {
            "entry_id": f"E{record.number}",
            "account": {"iban": "ACC-1"},
            "ccy": record.currency,
            "amount": format_minor(record.amount_minor, record.currency),
            "side": "C" if record.is_credit else "D",
            "booked": self.local(record),
            "state": "done",
            "version": record.version,
            "text": record.text,
        } | dict(record.fields)


class TestListingByTime(RestContract):
    """A key in a header; a window of days; offset and total; signed minor units; no version, so changes are counted."""

    secret_name = "api_key"
    requests_per_poll = 3
    unknown_values = ({"minor": "12.5"}, {"minor": True}, {"currency": "rupees"}, {"date": "2026-02-31 00:00:00"}, {"kind": "gift"})
    not_applicable: ClassVar[Mapping[str, str]] = {"token_refresh": "a key is issued once, by a person"}

    def definition(self) -> dict[str, Any]:
        return {
            "auth": {"kind": "api_key", "header": "X-Key"},
            "request": {
                "method": "POST",
                "path": "/accounts/{account}/search",
                "body": {"from": "{from}", "to": "{to}"},
                "page_in": "body",
            },
            "accounts": ["A/1"],
            "records": "",
            "paging": {"strategy": "offset", "limit": 4, "offset_param": "skip", "limit_param": "take"},
            "incremental": {"by": "time", "overlap": "7d", "start": "2025-01-01", "format": "date", "zone": str(self.zone)},
            "fields": {
                "id": "id",
                "currency": "currency",
                "amount": {"field": "minor", "unit": "minor"},
                "direction": {"positive": "CREDIT"},
                "booked_at": {"field": "date", "format": "%d/%m/%Y %H:%M:%S", "zone": str(self.zone)},
                "transaction_type": {"field": "kind", "map": {"transfer": "TRANSFER"}},
                "description": {"join": ["text", "note"]},
            },
            "watermark": {"lag": "1d"},
        }

    def handler(self, request: FakeRequest) -> FakeResponse:
        assert request.path == "/accounts/A%2F1/search"
        body = json.loads(request.body)
        rows = [
            self.row(one)
            for one in sorted(self.listed, key=lambda one: (one.booked_at, one.number))
            if body["from"] <= one.booked_at.astimezone(self.zone).date().isoformat() <= body["to"]
        ]
        return answer(rows[body["skip"] : body["skip"] + body["take"]])

    def row(self, record: SampleRecord) -> dict[str, Any]:
        return {
            "id": record.number,
            "currency": record.currency,
            "minor": record.amount_minor if record.is_credit else -record.amount_minor,
            "date": self.local(record),
            "kind": "transfer",
            "text": record.text,
            "note": None,
        } | dict(record.fields)


class TestWholeListing(RestContract):
    """A token that is fetched; the whole listing each time, newest first, by Link headers; columns of credit and debit."""

    secrets = (SECRET, ISSUED)
    secret_name = "client_secret"
    token_paths = ("/oauth/token",)
    requests_per_poll = 3
    unknown_values = ({"in": "1.00", "out": "2.00"}, {"in": "", "out": ""}, {"at": "1e3"}, {"at": None})
    currencies = ("JPY", "BHD")

    def definition(self) -> dict[str, Any]:
        return {
            "auth": {"kind": "oauth2", "token_url": "/oauth/token", "credentials": "body"},
            "request": {"path": "/ledger"},
            "records": "rows",
            "paging": {"strategy": "link_header"},
            "fields": {
                "id": {"join": ["book", "line"], "by": "-"},
                "account": {"constant": "LEDGER"},
                "currency": {"constant": self.currency},
                "amount": {"credit": "in", "debit": "out", "decimal": ",", "group": "."},
                "booked_at": {"field": "at", "format": "unix_ms"},
                "description": ["memo", "text"],
            },
        }

    def handler(self, request: FakeRequest) -> FakeResponse:
        if request.path == "/oauth/token":
            assert request.body == f"client_id={SECRET}&client_secret={SECRET}&grant_type=client_credentials".encode()
            return answer({"access_token": ISSUED, "expires_in": 3600})
        start = int(request.query.get("start", ["0"])[0])
        newest = sorted(self.listed, key=lambda one: (one.booked_at, one.arrival), reverse=True)
        part, more = newest[start : start + 4], len(newest) > start + 4
        links = {"Link": f'</ledger?start={start + 4}>; rel="next"'} if more else {}
        return answer({"rows": [self.row(one) for one in part]}, **links)

    def row(self, record: SampleRecord) -> dict[str, Any]:
        amount = format_minor(record.amount_minor, record.currency).replace(".", ",")
        return {
            "book": "B",
            "line": record.number,
            "in": amount if record.is_credit else "",
            "out": "" if record.is_credit else amount,
            "at": int(record.booked_at.timestamp()) * 1000,
            "memo": "",
            "text": record.text,
        } | dict(record.fields)
