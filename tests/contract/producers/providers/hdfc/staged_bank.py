"""The sandbox's HDFC with lines that each test puts there, and connectors to it over real sockets."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from producers.kit.contract import Page
from producers.kit.testing import FakeProvider, FakeRequest, FakeResponse
from producers.providers.hdfc.connector import HdfcConnector, build
from producers.sandbox.model import BankLine
from reconduit.sources import SecretRef, SourceConfig
from schemas.records import CanonicalStatement, CanonicalTransaction, StatementKind

__all__ = [
    "ACCOUNT",
    "DAY",
    "NOW",
    "OPENING",
    "SECRETS",
    "Sandbox",
    "Stage",
    "asking",
    "connected",
    "line",
    "records",
    "source",
    "statements",
    "usual_lines",
]

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ACCOUNT = "50200012345678"
OPENING = 1_000_000
SECRETS = ("client_id", "client_secret", "api_key", "client_private_key", "bank_public_key")


def line(number: int, booked: dt.datetime, **changes: Any) -> BankLine:
    utr = f"UTIBN26323{number:06}"
    fields: dict[str, Any] = {
        "line_id": f"H{number:06}",
        "account_id": ACCOUNT,
        "booked_at": booked,
        "value_date": booked.date(),
        "amount_minor": 10_000 + number,
        "currency": "INR",
        "direction": "CREDIT",
        "channel": "ONLINE",
        "narration": f"NEFT CR-UTIB0000100-RAZORPAY SOFTWARE PRIVATE LIMITED-ACME-{utr}",
        "reference": utr,
        "balance_after_minor": 0,
        "counterparty_name": "RAZORPAY",
        "visible_at": booked,
    }
    return BankLine(**fields | changes)


def usual_lines() -> list[BankLine]:
    lines = [line(n, NOW - 3 * DAY + dt.timedelta(minutes=n)) for n in range(7)]
    lines += [line(n, NOW - 2 * DAY + dt.timedelta(minutes=n)) for n in range(10, 13)]
    lines.append(
        line(20, NOW - 2 * DAY + dt.timedelta(hours=1), direction="DEBIT", narration="CMS CHARGES INCL GST", reference=None)
    )
    lines.append(line(21, NOW - DAY, narration="UPI-ASHA-asha@okaxis-PAYMENT", reference="632312345678", counterparty_name="ASHA"))
    lines.append(line(30, NOW - dt.timedelta(hours=2)))
    return lines


class Stage:
    """What the one server of this module shows; each test puts its own lines there."""

    def __init__(self) -> None:
        self.lines = usual_lines()

    def bank_lines(self, bank: str, account_id: str, now: dt.datetime) -> list[BankLine]:
        visible = [found for found in self.lines if found.visible_at <= now and account_id == ACCOUNT]
        return sorted(visible, key=lambda found: (found.booked_at, found.line_id))

    def accounts(self, bank: str) -> list[str]:
        return [ACCOUNT]

    def opening_balance(self, bank: str, account_id: str) -> int:
        return OPENING

    def complete_through(self, now: dt.datetime) -> dt.datetime:
        return dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


class Sandbox(NamedTuple):
    url: str
    directory: Path
    credentials: Mapping[str, str]
    stage: Stage


def source(base_url: str, directory: Path, **options: Any) -> SourceConfig:
    return SourceConfig(
        name="hdfc",
        connector="hdfc",
        base_url=f"{base_url}/hdfc",
        partition_by="settlement_id",
        options={"account_ids": [ACCOUNT], "start_days": 3, "page_size": 3, "requests_per_second": 1000} | options,
        secrets={name: SecretRef(file=directory / name) for name in SECRETS},
    )


@contextmanager
def connected(server: Sandbox, lines: list[BankLine], **options: Any) -> Iterator[HdfcConnector]:
    server.stage.lines = lines
    with closing(build(source(server.url, server.directory, **options))) as connector:
        yield connector


@contextmanager
def asking(answer: Callable[[FakeRequest], FakeResponse], server: Sandbox, **options: Any) -> Iterator[HdfcConnector]:
    """A connector in plain JSON whose bank answers with a function."""
    with (
        FakeProvider(answer) as provider,
        closing(build(source(provider.base_url, server.directory, scheme="none", **options))) as connector,
    ):
        yield connector


def records(pages: Sequence[Page]) -> list[CanonicalTransaction]:
    return [record for page in pages for record in page.transactions]


def statements(pages: Sequence[Page]) -> list[CanonicalStatement]:
    return [found for page in pages for found in page.statements if found.kind is StatementKind.STATEMENT]
