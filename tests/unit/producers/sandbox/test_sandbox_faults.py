"""Fault injection and quotas: repeatable, switchable, and never so bad that a patient client does not get through."""

import asyncio
import json
from collections import Counter

import pytest

from producers.sandbox.faults import Fault, FaultMiddleware, FaultPlan, Outage, provider_of
from producers.sandbox.quotas import QuotaMiddleware

BODY = json.dumps({"records": list(range(100))}).encode()


async def app(scope, receive, send) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": BODY[:50], "more_body": True})
    await send({"type": "http.response.body", "body": BODY[50:]})


def ask(application, path: str = "/hdfc/x") -> tuple[int, dict[bytes, bytes], bytes]:
    sent = []

    async def send(message) -> None:
        sent.append(message)

    asyncio.run(application({"type": "http", "path": path}, None, send))
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), body


@pytest.mark.parametrize(
    ("path", "provider"),
    [("/hdfc/a/b", "hdfc"), ("/feeds/core/records", "core"), ("/_sandbox/truth", None), ("/", None), ("/feeds", "feeds")],
)
def test_provider_of(path: str, provider: str | None) -> None:
    assert provider_of(path) == provider


def test_plan_is_repeatable_and_independent_of_other_providers() -> None:
    alone = FaultPlan(5, per_thousand=300)
    first = [alone.next_for("hdfc") for _ in range(300)]
    mixed = FaultPlan(5, per_thousand=300)
    second = []
    for _ in range(300):
        mixed.next_for("sbi")
        second.append(mixed.next_for("hdfc"))
    assert first == second
    assert {fault for fault in first if fault} == set(Fault)


def test_three_requests_after_a_fault_are_left_alone() -> None:
    plan = FaultPlan(5, per_thousand=1000)
    assert [plan.next_for("hdfc") is not None for _ in range(8)] == [True, False, False, False] * 2


def test_switched_off_nothing_fails() -> None:
    plan = FaultPlan(5, enabled=False, per_thousand=1000)
    assert [plan.next_for("hdfc") for _ in range(20)] == [None] * 20


def test_an_outage_lasts_for_its_requests_and_hits_nobody_else() -> None:
    plan = FaultPlan(5, per_thousand=0, outages={"sbi": Outage(Fault.SERVER_ERROR, first=2, requests=3)})
    assert [plan.next_for("sbi") for _ in range(7)] == [None, None, *[Fault.SERVER_ERROR] * 3, None, None]
    assert [plan.next_for("hdfc") for _ in range(7)] == [None] * 7


class _Always(FaultPlan):
    def next_for(self, provider: str) -> Fault | None:
        return self.fault


def always(fault: Fault) -> FaultMiddleware:
    plan = _Always(1, slow_seconds=0)
    plan.fault = fault
    return FaultMiddleware(app, plan)


def test_each_fault() -> None:
    status, headers, _ = ask(always(Fault.RATE_LIMITED))
    assert (status, headers[b"retry-after"]) == (429, b"1")
    assert ask(always(Fault.SERVER_ERROR))[0] == 500
    assert ask(always(Fault.SLOW))[2] == BODY
    status, headers, body = ask(always(Fault.TRUNCATED))
    assert (status, body, headers[b"content-length"]) == (200, BODY[: len(BODY) // 2], str(len(body)).encode())
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_the_sandbox_itself_never_fails() -> None:
    assert ask(always(Fault.SERVER_ERROR), "/_sandbox/truth")[0] == 200


def test_quota_refuses_what_is_beyond_it_and_recovers() -> None:
    now = [0.0]
    limited = QuotaMiddleware(app, {"hdfc": 3}, clock=lambda: now[0])
    assert [ask(limited)[0] for _ in range(5)] == [200, 200, 200, 429, 429]
    assert ask(limited, "/sbi/x")[0] == 200
    now[0] += 1
    assert Counter(ask(limited)[0] for _ in range(5)) == {200: 3, 429: 2}
