"""What each endpoint tells about the seeded rows."""

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from markupsafe import escape


def get(client: httpx.Client, path: str, **query: Any) -> Any:
    answer = client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_summary_counts_records_and_open_amounts(client: httpx.Client) -> None:
    summary = get(client, "/v1/summary")
    by_name = {entry["name"]: entry for entry in summary["reconciliations"]}
    payments = by_name["payments-three-way"]
    assert summary["as_of"] == "2026-03-20T12:00:00Z"
    assert summary["quarantined"] == 1
    assert (payments["records"], payments["matched"], payments["provisional"]) == (125, 120, 24)
    assert (payments["match_rate_ppm"], payments["match_rate"]) == (960_000, "96.00 %")
    assert {entry["type"]: entry["open"]["minor_units"] for entry in payments["breaks"]} == {
        "AMOUNT": "45000",
        "MISSING_RIGHT": "799900",
        "STATUS": "20000",
        "TIMING": "55000",
    }
    ages = {entry["age"]: (entry["open"]["minor_units"], entry["expected"]["minor_units"]) for entry in payments["ageing"]}
    assert ages == {"0-1": ("55000", "55000"), "2-3": ("45000", "0"), "4-7": ("799900", "0"), "8-30": ("20000", "0")}
    ledger = by_name["ledger-bank"]
    assert (ledger["matched"], ledger["suggested"], ledger["oldest_open"]) == (0, 2, "2026-02-08")
    assert [entry["age"] for entry in ledger["ageing"]] == ["4-7", "30+"]


def test_sources_tell_health_lag_and_watermark(client: httpx.Client) -> None:
    sources = {source["name"]: source for source in get(client, "/v1/sources")["sources"]}
    assert {name: source["health"] for name, source in sources.items()} == {
        "camt": "healthy",
        "core": "healthy",
        "gateway": "healthy",
        "hdfc": "failing",
        "icici": "healthy",
        "mobile": "stale",
        "razorpay": "waiting",
        "sbi": "healthy",
    }
    core = sources["core"]
    assert (core["fetched"], core["stored"], core["quarantined"], core["lag_records"]) == (45, 44, 1, 3)
    assert core["complete_through"] == "2026-03-20T00:00:00Z"
    assert sources["gateway"]["lag_records"] is None
    assert sources["hdfc"]["last_error"].startswith("HDFC answered 503")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"source": "icici"}, {"icici:1"}),
        ({"reference": "PAY0000900"}, {"core-900", "gateway-900"}),
        ({"reference": "PAY0000900", "source": "core"}, {"core-900"}),
        ({"currency": "EUR"}, {"DE89:1"}),
        ({"direction": "DEBIT"}, {"rzp:pay_1", "sbi:1"}),
        ({"status": "FAILED"}, {"core-903"}),
        ({"status": "PENDING"}, set()),
        ({"status": "PENDING", "revisions": "all"}, {"sbi:1"}),
        ({"amount_min": 1_205_000, "amount_max": 1_250_000}, {"core-900", "gateway-900"}),
        ({"booked_to": "2026-02-28"}, {"DE89:1"}),
        ({"account_id": "rzp"}, {"rzp:pay_1"}),
    ],
)
def test_transaction_filters(client: httpx.Client, query: dict[str, Any], expected: set[str]) -> None:
    assert {item["txn_id"] for item in get(client, "/v1/transactions", **query)["items"]} == expected


def test_a_transaction_is_whole(client: httpx.Client) -> None:
    (item,) = get(client, "/v1/transactions", reference="UTR1")["items"]
    assert item["amount"] == {"minor_units": "9876543210", "currency": "INR", "exponent": 2}
    assert item["fee"]["minor_units"] == "23600"
    assert item["booked_at"].startswith("2026-03-18T11:00:00") and item["booked_at"].endswith("Z")
    assert (item["direction"], item["revision"], item["current"], item["kafka_partition"]) == ("DEBIT", 0, True, 2)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"type": "AMOUNT"}, {"PAY0000900"}),
        ({"reconciliation": "razorpay-settlements"}, {"UTR1"}),
        ({"final": "false"}, {"PAY0000902"}),
        ({"source": "mobile"}, {"PAY0000902"}),
        ({"source": "camt"}, {"RE77"}),
        ({"key": "pay-0000 901"}, {"PAY0000901"}),
        ({"currency": "EUR", "booked_to": "2026-03-01"}, {"RE77"}),
        ({"amount_min": 700_000}, {"PAY0000901"}),
        ({"account_id": "rzp", "type": "AMOUNT"}, set()),
        ({"type": "", "currency": "", "account_id": "rzp"}, {"UTR1"}),
    ],
)
def test_break_filters(client: httpx.Client, query: dict[str, Any], expected: set[str]) -> None:
    assert {item["key"] for item in get(client, "/v1/breaks", **query)["items"]} == expected


def test_break_orders(client: httpx.Client) -> None:
    newest = [item["booked_on"] for item in get(client, "/v1/breaks")["items"]]
    oldest = [item["booked_on"] for item in get(client, "/v1/breaks", sort="oldest")["items"]]
    largest = [int(item["amount"]["minor_units"]) for item in get(client, "/v1/breaks", sort="largest", currency="INR")["items"]]
    assert newest == sorted(newest, reverse=True) == oldest[::-1]
    assert largest == sorted(largest, reverse=True)


def test_a_break_explains_itself(client: httpx.Client) -> None:
    (item,) = get(client, "/v1/breaks", key="PAY0000901")["items"]
    detail = get(client, f"/v1/breaks/{quote(item['id'])}")
    assert detail["reasons"] == [{"signal": "counterpart", "text": "gateway is complete to 2026-03-19 and has no PAY0000901"}]
    assert detail["nearest"]["id"] == "gateway-777"
    assert detail["nearest"]["suspected"] == "REFERENCE"
    (member,) = detail["members"]
    assert (member["side"], member["source"], member["transaction"]["amount"]["minor_units"]) == ("core", "core", "799900")


def test_every_listed_break_and_match_can_be_opened(client: httpx.Client) -> None:
    for kind in ("breaks", "matches"):
        for item in get(client, f"/v1/{kind}")["items"]:
            detail = get(client, f"/v1/{kind}/{quote(item['id'], safe='')}")
            assert detail["key"] == item["key"]
            assert [m["txn_id"] for m in detail["members"]] == [m["txn_id"] for m in item["members"]]
            page = client.get(f"/{kind}/{quote(item['id'], safe='')}")
            assert page.status_code == 200
            assert str(escape(item["key"])) in page.text


def test_a_member_that_is_not_stored_is_named_as_such(client: httpx.Client) -> None:
    (item,) = get(client, "/v1/breaks", type="AMBIGUOUS")["items"]
    assert item["members"] == [{"side": "bank", "source": None, "txn_id": None}]


def test_match_filters(client: httpx.Client) -> None:
    (suggested,) = get(client, "/v1/matches", decision="suggested")["items"]
    assert (suggested["stage"], [member["side"] for member in suggested["members"]]) == ("tolerance", ["ledger", "bank"])
    assert len(get(client, "/v1/matches", final="false", reconciliation="payments-three-way")["items"]) == 8
    assert len(get(client, "/v1/matches", stage="key", limit=500)["items"]) == 40


def test_quarantine_tells_reason_and_position(client: httpx.Client) -> None:
    (item,) = get(client, "/v1/quarantine", source="core")["items"]
    assert (item["reason"], item["position"], item["raw_bytes"]) == ("amount", "/feeds/core/records[17]", 9)
    assert get(client, "/v1/quarantine", stage="consumer")["items"] == []


def test_metrics_are_the_same_totals(client: httpx.Client) -> None:
    text = client.get("/metrics").text
    assert 'recon_open_breaks{reconciliation="payments-three-way",type="AMOUNT"} 1.0' in text
    assert 'recon_records{reconciliation="payments-three-way",result="matched"} 120.0' in text
    assert 'recon_source_fetched_total{source="core"} 45.0' in text
    assert "recon_database_up 1.0" in text
    assert "PAY00" not in text


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_health_needs_no_token(anonymous: httpx.Client, path: str) -> None:
    assert anonymous.get(path).status_code == 200
