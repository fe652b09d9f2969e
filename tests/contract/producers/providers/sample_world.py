"""The test-kit's records in the sandbox's banks: the world whose lines a case shows, and the sandbox with its rows changed."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar
from unittest import mock

import pytest
from fastapi import APIRouter

from producers.kit.auth import rsa_keys
from producers.kit.contract import Connector
from producers.kit.testing import ConnectorContract, FakeRequest, FakeResponse, SampleRecord, forward_to
from producers.sandbox.model import BankLine
from reconduit.sources import SecretRef, SourceConfig
from schemas.money import format_minor
from tests.fixtures.bank_statements import NOW, ListWorld, serving

__all__ = ["KeyedBankContract", "SampleWorld", "SandboxContract", "keyed_source", "line_of"]


class SampleWorld(ListWorld):
    """One account with the lines that a case shows at the moment."""

    def __init__(self, account: str) -> None:
        super().__init__(account, [])
        self.now = dt.datetime.min.replace(tzinfo=dt.UTC)
        self.fields: dict[str, Mapping[str, Any]] = {}

    def show(self, records: Sequence[SampleRecord], now: dt.datetime) -> None:
        """Have these records, at this time."""
        self.now = now
        self.fields = {line_id(record): record.fields for record in records}
        ListWorld.__init__(self, self._account, [line_of(record) for record in sorted(records, key=_listed_order)])

    def complete_through(self, now: dt.datetime) -> dt.datetime:
        return now - dt.timedelta(days=1)


def _listed_order(record: SampleRecord) -> tuple[dt.datetime, int]:
    return record.booked_at, record.number


def line_id(record: SampleRecord) -> str:
    return f"S{record.number:04}"


def line_of(record: SampleRecord) -> BankLine:
    """The record as a line of a bank's list."""
    return BankLine(
        line_id=line_id(record),
        account_id="",
        booked_at=record.booked_at,
        value_date=record.booked_at.date(),
        amount_minor=record.amount_minor,
        currency=record.currency,
        direction="CREDIT" if record.is_credit else "DEBIT",
        channel="NEFT",
        narration=record.text,
        reference=None,
        balance_after_minor=0,
        counterparty_name="VENDOR",
        visible_at=record.booked_at,
    )


class SandboxContract(ConnectorContract):
    """A connector against the sandbox's bank, which writes the rows of the case's records."""

    sandbox: ClassVar[ModuleType]
    account: ClassVar[str]
    amount_fields: ClassVar[Mapping[str, str]]
    """Name of the row's field → the line's attribute; the sandbox's banks only know rupees."""
    world: ClassVar[SampleWorld]
    upstream: ClassVar[str]

    @classmethod
    @contextmanager
    def serve(cls, router: Callable[[SampleWorld, Callable[[], dt.datetime]], APIRouter]) -> Iterator[None]:
        """The sandbox for a class of cases."""
        cls.world = SampleWorld(cls.account)
        # Reading a private key takes longer than a poll does, and each case builds many connectors.
        read_once = cache(rsa_keys.load_pem_private_key)
        with (
            mock.patch.object(rsa_keys, "load_pem_private_key", read_once),
            serving(router(cls.world, lambda: cls.world.now)) as cls.upstream,
            cls._changed_rows(),
        ):
            yield

    def handler(self, request: FakeRequest) -> FakeResponse:
        self.world.show(self.listed, self.now)
        with mock.patch.object(self.sandbox, "IST", self.zone):
            return forward_to(self.upstream)(request)

    @classmethod
    @contextmanager
    def _changed_rows(cls) -> Iterator[None]:
        written = cls.sandbox._row

        def row(line: BankLine, *balance: int) -> dict[str, Any]:
            amounts = {"amount": line.amount_minor, "balance": balance[0] if balance else line.balance_after_minor}
            texts = {name: format_minor(amounts[of], line.currency) for name, of in cls.amount_fields.items()}
            rupees = line.currency == "INR"
            return written(line, *balance) | ({} if rupees else texts) | cls.times_of(line) | dict(cls.world.fields[line.line_id])

        with mock.patch.object(cls.sandbox, "_row", row):
            yield

    @classmethod
    def times_of(cls, line: BankLine) -> dict[str, str]:
        """Fields with times, where the sandbox writes less than the bank may."""
        return {}


def keyed_source(bank: str, account: str, base_url: str, directory: Path, secrets: Sequence[str], **options: Any) -> SourceConfig:
    """A source of ICICI or SBI whose windows are short, with the secrets that are files of these names."""
    usual = {"accounts": [account], "start_date": "2026-11-06", "overlap_days": 2, "requests_per_second": 1000}
    return SourceConfig(
        name=bank,
        connector=bank,
        base_url=base_url,
        options=usual | options,
        secrets={name: SecretRef(file=directory / name) for name in secrets},
    )


class KeyedBankContract(SandboxContract):
    """ICICI or SBI: keys in place of tokens, India's time, and ids that the legs of one transaction share."""

    now = NOW
    amount_fields: ClassVar[Mapping[str, str]] = {"AMOUNT": "amount", "BALANCE": "balance"}
    currencies = ("JPY", "BHD")
    zones = ("Asia/Kolkata",)
    not_applicable: ClassVar[Mapping[str, str]] = {
        "token_refresh": "the bank knows its customer by keys; there is no token that ends",
        "duplicate_records": "rows of one id are the legs of one transaction, so a row that is there twice is two",
        "daylight_saving": "the bank writes India's time, which has been the same since 1945",
    }
    shown_secrets: ClassVar[Callable[[Mapping[str, str]], tuple[str, ...]]]
    """What of the credentials must never show up; of a PEM text one line."""
    connect: ClassVar[Callable[..., Connector]]
    directory: ClassVar[Path]

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def bank(cls, keys: tuple[Path, Mapping[str, str]]) -> Iterator[None]:
        cls.directory, credentials = keys
        cls.secrets = cls.shown_secrets(credentials)
        with cls.serve(lambda world, clock: cls.sandbox.routes(world, clock, credentials, page_size=4)):
            yield

    def build(self, base_url: str) -> Connector:
        options = {"start_date": None, "initial_days": 4, "window_days": 4, "currency": self.currency}
        return type(self).connect(base_url, self.directory, **options)
