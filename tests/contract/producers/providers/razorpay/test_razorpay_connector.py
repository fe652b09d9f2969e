"""The Razorpay connector against the sandbox's Razorpay, over real sockets."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import httpx
import pytest
import structlog

from producers.errors import AuthenticationError, ConfigurationError, ContractChangeError
from producers.kit.contract import Page
from producers.kit.testing import ConnectorContract, FakeProvider, FakeRequest, FakeResponse, SampleRecord, forward_to
from producers.providers.razorpay.connector import RazorpayConnector, build
from producers.sandbox.model import GatewayItem, Settlement
from producers.sandbox.providers import razorpay as sandbox
from reconduit.sources import SecretRef, SourceConfig
from schemas.records import CanonicalTransaction, StatementKind, Status
from tests.fixtures.bank_statements import serving

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def item(number: int, created: dt.datetime, settled: dt.datetime | None = None, **changes: Any) -> GatewayItem:
    fields: dict[str, Any] = {
        "entity_id": f"pay_{number:04}",
        "type": "payment",
        "amount": 10_000 + number,
        "fee": 236,
        "tax": 36,
        "credit": 10_000 + number - 236,
        "debit": 0,
        "currency": "INR",
        "created_at": created,
        "settled_at": settled,
        "settlement_id": "setl_A" if settled else None,
        "settlement_utr": "UTIBN26322000001" if settled else None,
        "order_id": f"order_{number}",
        "order_receipt": f"PAY{number:07}",
        "payment_id": None,
        "method": "upi",
        "visible_at": created,
    }
    return GatewayItem(**fields | changes)


class Money:
    """A small world of gateway rows; later rows can be added."""

    def __init__(self, items: Sequence[GatewayItem], settlements: Sequence[Settlement] = ()) -> None:
        self.items = list(items)
        self.known_settlements = list(settlements)

    def gateway_items(self, now: dt.datetime) -> list[GatewayItem]:
        return [item for item in self.items if item.visible_at <= now]

    def settlements(self, now: dt.datetime) -> list[Settlement]:
        return [settlement for settlement in self.known_settlements if settlement.visible_at <= now]


def settlement(settlement_id: str, utr: str, created: dt.datetime) -> Settlement:
    return Settlement(
        settlement_id=settlement_id, utr=utr, amount=1, fees=0, tax=0, status="processed", created_at=created, visible_at=created
    )


def usual_money() -> Money:
    paid_out = NOW - 2 * DAY
    rows = [item(n, NOW - 4 * DAY + dt.timedelta(minutes=n), paid_out) for n in range(25)]
    rows.append(
        item(
            90,
            NOW - 3 * DAY,
            paid_out,
            entity_id="rfnd_90",
            type="refund",
            credit=0,
            debit=10_090,
            fee=0,
            tax=0,
            payment_id="pay_1",
        )
    )
    rows.append(item(91, NOW - 3 * DAY, paid_out, entity_id="adj_91", type="adjustment", settlement_utr=None))
    rows.append(item(92, NOW - DAY))
    return Money(rows, [settlement("setl_A", "UTIBN26322000001", paid_out)])


class Stage:
    """What the one server of this module shows; each test puts its own money there."""

    def __init__(self) -> None:
        self.money = usual_money()

    def gateway_items(self, now: dt.datetime) -> list[GatewayItem]:
        return self.money.gateway_items(now)

    def settlements(self, now: dt.datetime) -> list[Settlement]:
        return self.money.settlements(now)


class Sandbox(NamedTuple):
    url: str
    directory: Path
    credentials: Mapping[str, str]
    stage: Stage


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    directory, stage = tmp_path_factory.mktemp("razorpay"), Stage()
    credentials = sandbox.generate_credentials(directory)
    with serving(sandbox.routes(stage, lambda: NOW, credentials), prefix="/razorpay") as url:
        yield Sandbox(url, directory, credentials, stage)


def source(base_url: str, directory: Path, **options: Any) -> SourceConfig:
    return SourceConfig(
        name="razorpay",
        connector="razorpay",
        base_url=f"{base_url}/razorpay",
        partition_by="settlement_id",
        options={"account_id": "razorpay-main", "start_days": 5, "page_size": 10, "requests_per_second": 1000} | options,
        secrets={name: SecretRef(file=directory / name) for name in ("key_id", "key_secret")},
    )


def records(pages: Sequence[Page]) -> list[CanonicalTransaction]:
    return [record for page in pages for record in page.transactions]


@contextmanager
def connected(server: Sandbox, money: Money, **options: Any) -> Iterator[RazorpayConnector]:
    server.stage.money = money
    with closing(build(source(server.url, server.directory, **options))) as connector:
        yield connector


def item_of(sample: SampleRecord, now: dt.datetime) -> GatewayItem:
    """A row of recon; a corrected record is one that has been settled since."""
    settled = now - dt.timedelta(hours=1) if sample.version else None
    return item(
        sample.number,
        sample.booked_at,
        settled,
        type="payment" if sample.is_credit else "refund",
        amount=sample.amount_minor,
        credit=sample.amount_minor if sample.is_credit else 0,
        debit=0 if sample.is_credit else sample.amount_minor,
        fee=0,
        tax=0,
        currency=sample.currency,
    )


class TestContract(ConnectorContract):
    """What every connector must do, with the sandbox behind the faults."""

    connectors = ("razorpay",)
    now = NOW
    secrets: ClassVar[tuple[str, ...]] = ()
    requests_per_poll = 10
    unknown_values = (
        {"type": "cashgram"},
        {"method": "pigeon"},
        {"currency": "rupees"},
        {"settled": "maybe"},
        {"on_hold": "maybe"},
    )
    currencies = ("JPY", "BHD")
    zones = ("Asia/Kolkata",)
    not_applicable: ClassVar[Mapping[str, str]] = {
        "token_refresh": "Razorpay takes key id and secret with each request; there is no token",
        "daylight_saving": "Razorpay's days are India's, which has had one time since 1945; its times are Unix seconds",
    }

    @pytest.fixture(autouse=True)
    def _sandbox(self, server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory = server.directory
        type(self).secrets = (server.credentials["key_secret"],)
        self.stage = server.stage
        self.forward = forward_to(server.url)
        written = sandbox._recon_row
        monkeypatch.setattr(sandbox, "_recon_row", lambda row, now: written(row, now) | dict(self._fields()[row.entity_id]))
        # The sandbox's provider lists each entity once; the case of duplicates wants one twice.
        monkeypatch.setattr(sandbox, "_latest", lambda items: items)

    def _fields(self) -> Mapping[str, Mapping[str, Any]]:
        return {f"pay_{sample.number:04}": sample.fields for sample in self.listed}

    def handler(self, request: FakeRequest) -> FakeResponse:
        self.stage.money = Money([item_of(sample, self.now) for sample in self.listed])
        return self.forward(request)

    def build(self, base_url: str) -> RazorpayConnector:
        return build(source(base_url, self.directory, page_size=2))


def test_all_rows_of_all_pages(server):
    money = usual_money()
    with connected(server, money) as connector:
        pages = list(connector.poll({}, NOW))
    got = records(pages)
    assert sorted(record.txn_id for record in got) == sorted(f"razorpay-main:{row.entity_id}" for row in money.items)
    assert {record.settlement_id for record in got if record.status is Status.SUCCESS} == {"UTIBN26322000001"}
    net = sum((r.amount_minor if r.direction == "CREDIT" else -r.amount_minor) - (r.fee_minor or 0) for r in got if r.settlement_id)
    assert net == sum(row.credit - row.debit for row in money.items if row.settlement_id)
    originals = {raw.sha256: raw.content for page in pages for raw in page.raw}
    assert all(record.raw_ref.partition("#")[0] in originals for record in got if record.raw_ref)


def test_watermark_is_indias_last_midnight(server):
    with connected(server, usual_money()) as connector:
        last = list(connector.poll({}, NOW))[-1]
    (watermark,) = last.statements
    assert watermark.kind is StatementKind.WATERMARK
    assert watermark.complete_through == dt.datetime(2026, 11, 19, 18, 30, tzinfo=dt.UTC)


def test_a_second_poll_publishes_nothing_and_settling_publishes_revision_one(server):
    money = usual_money()
    with connected(server, money) as connector:
        cursor = list(connector.poll({}, NOW))[-1].cursor
        assert records(list(connector.poll(cursor, NOW))) == []
        money.items[-1] = item(92, NOW - DAY, NOW - dt.timedelta(hours=1))
        (settled,) = [r for r in records(list(connector.poll(cursor, NOW))) if r.txn_id.endswith("pay_0092")]
    assert (settled.revision, settled.status) == (1, Status.SUCCESS)


def test_a_row_that_settles_long_after_the_overlap_is_seen(server):
    """Its day of creation is out of the overlap by then, its day of settlement is not."""
    money = Money([item(1, NOW - 9 * DAY)])
    with connected(server, money, overlap_days=1, start_days=10) as connector:
        pages = list(connector.poll({}, NOW))
        assert [r.revision for r in records(pages)] == [0]
        money.items[0] = item(1, NOW - 9 * DAY, NOW)
        (settled,) = records(list(connector.poll(pages[-1].cursor, NOW)))
    assert settled.revision == 1


def test_a_payout_whose_utr_comes_late_is_read_again(server):
    settled_at = NOW - 6 * DAY
    money = Money([item(1, NOW - 8 * DAY, settled_at, settlement_id="setl_B", settlement_utr=None)])
    with connected(server, money, overlap_days=1, start_days=10) as connector:
        pages = list(connector.poll({}, NOW))
        assert [(r.revision, r.settlement_id) for r in records(pages)] == [(0, None)]
        money.known_settlements.append(settlement("setl_B", "LATEUTR1", settled_at))
        (resolved,) = records(list(connector.poll(pages[-1].cursor, NOW)))
    assert (resolved.revision, resolved.settlement_id) == (1, "LATEUTR1")


def test_utr_from_a_sibling_row(server):
    money = usual_money()
    money.known_settlements.clear()
    with connected(server, money) as connector:
        got = {record.txn_id: record for record in records(list(connector.poll({}, NOW)))}
    assert got["razorpay-main:adj_91"].settlement_id == "UTIBN26322000001"


def _provider_of(rows: list[Any]) -> Callable[[FakeRequest], FakeResponse]:
    """A Razorpay that lists `rows` on every day."""

    def answer(request: FakeRequest) -> FakeResponse:
        listed = rows if request.path.endswith("combined") and request.query["day"] == ["18"] else []
        return FakeResponse(body=json.dumps({"entity": "collection", "count": len(listed), "items": listed}).encode())

    return answer


def test_unreadable_and_contradictory_rows_go_to_quarantine(server):
    good = sandbox._recon_row(item(1, NOW - 4 * DAY, NOW - 2 * DAY), NOW)
    rows = [good, good, good | {"settlement_utr": "OTHER"}, good | {"entity_id": "pay_2", "amount": "12.3.4"}, "not a row"]
    with FakeProvider(_provider_of(rows)) as provider, closing(build(source(provider.base_url, server.directory))) as connector:
        first, second = list(connector.poll({}, NOW)), list(connector.poll({}, NOW))
    bad = [record for page in first for record in page.bad]
    assert [record.txn_id for record in records(first)] == ["razorpay-main:pay_0001"]
    assert sorted(record.reason for record in bad) == ["amount", "repeated_entity", "shape"]
    assert [record.position for record in bad] == [record.position for page in second for record in page.bad]
    assert b"12.3.4" in b"".join(record.raw for record in bad)
    assert sum(page.fetched for page in first) == len(rows)


def test_a_peculiar_row_is_told_once(server):
    money = usual_money()
    money.items[0] = item(0, NOW - 4 * DAY, NOW - 2 * DAY, type="cashgram")
    with connected(server, money) as connector, structlog.testing.capture_logs() as events:
        cursor = list(connector.poll({}, NOW))[-1].cursor
        list(connector.poll(cursor, NOW))
    assert [event["txn_id"] for event in events if "peculiar" in event["event"]] == ["razorpay-main:pay_0000"]


def test_an_answer_without_items_is_a_contract_change(server):
    with (
        FakeProvider(lambda _: FakeResponse(body=b'{"entity": "collection"}')) as provider,
        closing(build(source(provider.base_url, server.directory))) as connector,
        pytest.raises(ContractChangeError, match="items"),
    ):
        list(connector.poll({}, NOW))


def test_wrong_key_is_refused(server, tmp_path):
    (tmp_path / "key_id").write_text(server.credentials["key_id"])
    (tmp_path / "key_secret").write_text("wrong")
    with closing(build(source(server.url, tmp_path))) as connector, pytest.raises(AuthenticationError):
        list(connector.poll({}, NOW))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/settlements/recon/combined?year=2026&month=11&count=1001", 400),
        ("/v1/settlements/recon/combined?month=11", 400),
        ("/v1/settlements?count=101", 400),
        ("/v1/settlements/setl_none", 400),
        ("/v1/settlements/setl_A", 200),
    ],
)
def test_sandbox_refuses_what_razorpay_refuses(server, path: str, status: int):
    server.stage.money = usual_money()
    auth = (server.credentials["key_id"], server.credentials["key_secret"])
    assert httpx.get(f"{server.url}/razorpay{path}", auth=auth, trust_env=False, timeout=60).status_code == status
    assert httpx.get(f"{server.url}/razorpay{path}", trust_env=False, timeout=60).status_code == 401


def test_credentials_are_for_the_owner_only(server):
    assert {oct(path.stat().st_mode & 0o777) for path in server.directory.iterdir()} == {"0o600"}


@pytest.mark.parametrize(
    ("change", "says"),
    [({"options": {}}, "account_id"), ({"options": {"account_id": "a", "colour": 1}}, "colour"), ({"secrets": {}}, "key_secret")],
)
def test_wrong_configuration_names_the_field(server, change: dict[str, Any], says: str):
    config = source("http://127.0.0.1:1", server.directory).model_copy(update=change)
    with pytest.raises(ConfigurationError, match=says):
        build(config)


def test_a_foreign_cursor_is_named(server):
    with (
        closing(build(source("http://127.0.0.1:1", server.directory))) as connector,
        pytest.raises(ConfigurationError, match="cursor"),
    ):
        list(connector.poll({"read_through": "yesterday"}, NOW))
