"""The connector of docs/connectors.md keeps the contract of a connector, and is the one that the page shows."""

import datetime as dt
import json
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

import pytest

from producers.errors import ConfigurationError, ContractChangeError
from producers.kit.contract import Connector, Page
from producers.kit.registry import build_connector
from producers.kit.testing import ConnectorContract, FakeProvider, FakeRequest, FakeResponse, SampleRecord, without_waiting
from reconduit.sources import SourceConfig
from schemas.money import format_minor
from schemas.records import Direction

DOCS = Path(__file__).parents[3] / "docs"
TOKEN = "acme-token-for-tests"
NOW = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
THROUGH = "2026-03-04T00:00:00+00:00"
PAGE = 3


def entry(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"E{number}",
        "account": "ACME-1",
        "amount": f"{number}.50",
        "currency": "INR",
        "side": "credit" if number % 2 else "debit",
        "booked": f"2026-03-0{1 + number % 3}T09:30:00+05:30",
        "text": f"NEFT payment {number}",
        "reference": f"PAY{number}",
    } | changes


ENTRIES = [entry(number) for number in range(1, 9)]


def bank(entries: list[Any]):
    def handler(request: FakeRequest) -> FakeResponse:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return FakeResponse(401)
        start = int(request.query.get("after", ["0"])[0] or 0)
        part = entries[start : start + PAGE]
        end = start + len(part)
        body = {"entries": part, "next": str(end), "more": end < len(entries), "complete_through": THROUGH}
        return FakeResponse(body=json.dumps(body).encode())

    return handler


def config(base_url: str, tmp_path: Path) -> SourceConfig:
    file = tmp_path / "token"
    file.write_text(TOKEN, encoding="utf-8")
    return SourceConfig(name="acme", connector="acme_bank:build", base_url=base_url, secrets={"token": {"file": str(file)}})


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(DOCS / "examples"))


def poll(entries: list[Any], tmp_path: Path) -> list[Page]:
    with (
        FakeProvider(bank(entries)) as provider,
        without_waiting(),
        closing(build_connector(config(provider.base_url, tmp_path))) as connector,
    ):
        return list(connector.poll({}, NOW))


class TestAcmeBankKeepsTheContract(ConnectorContract):
    now = NOW
    secrets: ClassVar[tuple[str, ...]] = (TOKEN,)
    requests_per_poll = 3
    unknown_values = ({"side": "both"}, {"currency": "rupees"}, {"booked": "yesterday"})
    currencies = ("JPY", "BHD")
    zones = ("Asia/Kolkata", "Europe/Berlin")
    not_applicable: ClassVar[Mapping[str, str]] = {
        "token_refresh": "Acme Bank gives one token for good",
        "corrections": "Acme Bank never changes an entry; it books another one",
    }

    @pytest.fixture(autouse=True)
    def _given(self, tmp_path: Path) -> None:
        self._folder = tmp_path

    def handler(self, request: FakeRequest) -> FakeResponse:
        return bank([self.entry(record) for record in self.listed])(request)

    def entry(self, record: SampleRecord) -> dict[str, Any]:
        return {
            "id": f"E{record.number}",
            "account": "ACME-1",
            "amount": format_minor(record.amount_minor, record.currency),
            "currency": record.currency,
            "side": "credit" if record.is_credit else "debit",
            "booked": record.booked_at.astimezone(self.zone).isoformat(),
            "text": record.text,
        } | dict(record.fields)

    def build(self, base_url: str) -> Connector:
        return build_connector(config(base_url, self._folder))


def test_entries_become_canonical_records(tmp_path: Path) -> None:
    pages = poll(ENTRIES, tmp_path)
    first = pages[0].transactions[0]
    assert (first.txn_id, first.amount_minor, first.direction) == ("ACME-1:E1", 150, Direction.CREDIT)
    assert first.booked_at == dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
    assert [len(page.transactions) for page in pages] == [3, 3, 2]
    marks = [mark.complete_through for page in pages for mark in page.statements]
    assert marks == [dt.datetime.fromisoformat(THROUGH)]


@pytest.mark.parametrize(
    "broken",
    [
        entry(9, amount="1.234"),
        entry(9, amount=1.5),  # a number: whoever writes it may have gone through a float
        entry(9, amount="-5.00"),
        entry(9, side="both"),
        entry(9, booked="2026-03-02T09:30:00"),
        entry(9, booked=None),
        entry(9, account=5),
        {"id": "E9"},
        "E9",
    ],
)
def test_a_bad_entry_is_quarantined_alone_with_its_bytes(broken: Any, tmp_path: Path) -> None:
    pages = poll([*ENTRIES[:2], broken, *ENTRIES[2:]], tmp_path)
    (bad,) = [bad for page in pages for bad in page.bad]
    assert json.loads(bad.raw) == json.loads(json.dumps(broken, default=str), parse_float=str)
    assert bad.position.startswith("/v1/entries#")
    assert sum(len(page.transactions) for page in pages) == len(ENTRIES)
    assert sum(page.fetched for page in pages) == len(ENTRIES) + 1


@pytest.mark.parametrize(
    "body",
    [
        {"entries": []},
        {"entries": 1, "next": "0", "more": False, "complete_through": THROUGH},
        {"entries": [], "next": 0, "more": False, "complete_through": THROUGH},
        {"entries": [], "next": "0", "more": False, "complete_through": "2026-03-04T00:00:00"},
        [],
    ],
)
def test_another_shape_is_a_contract_change(body: Any, tmp_path: Path) -> None:
    with (
        FakeProvider(lambda _: FakeResponse(body=json.dumps(body).encode())) as provider,
        without_waiting(),
        closing(build_connector(config(provider.base_url, tmp_path))) as connector,
        pytest.raises(ContractChangeError),
    ):
        list(connector.poll({}, NOW))


def test_a_source_without_token_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="token"):
        build_connector(SourceConfig(name="acme", connector="acme_bank:build", base_url="http://127.0.0.1:1"))


def test_the_page_shows_these_very_cases_and_names_every_case() -> None:
    page, source = (DOCS / "connectors.md").read_text(encoding="utf-8"), Path(__file__).read_text(encoding="utf-8")
    shown = source[source.index("class TestAcmeBank") :].split("\n\n\n", 1)[0]
    assert f"```python\n{shown}\n```" in page
    cases = {name.removeprefix("test_") for name in dir(ConnectorContract) if name.startswith("test_")}
    assert [case for case in sorted(cases) if f"`{case}`" not in page] == ["what_is_not_applicable"]


def test_the_page_shows_this_very_file() -> None:
    shown = (DOCS / "connectors.md").read_text(encoding="utf-8")
    assert f"```python\n{(DOCS / 'examples' / 'acme_bank.py').read_text(encoding='utf-8')}```" in shown
