"""What every connector must do, held by HDFC's: in JOSE and in plain JSON."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import ClassVar
from unittest import mock

import pytest

from producers.kit.testing import FakeRequest, FakeResponse
from producers.providers.hdfc.connector import HdfcConnector, build
from producers.sandbox.model import BankLine
from producers.sandbox.providers import hdfc as sandbox
from schemas.money import format_minor
from tests.contract.producers.providers.hdfc.staged_bank import ACCOUNT, NOW, Sandbox, source
from tests.contract.producers.providers.sample_world import SandboxContract


class Contract(SandboxContract):
    connectors = ("hdfc",)
    now = NOW
    sandbox = sandbox
    account = ACCOUNT
    amount_fields: ClassVar[Mapping[str, str]] = {"Amount": "amount", "Balance": "balance"}
    token_paths = ("/auth/",)
    requests_per_poll = 3
    unknown_values = (
        {"Debit Credit": "Sideways"},
        {"Transaction Date": "yesterday"},
        {"Value Date": "2026"},
        {"Reversal Flag": "MAYBE"},
        {"Mnemonic Code": "NEWRAIL"},
    )
    currencies = ("JPY", "BHD")
    zones = ("Asia/Kolkata", "Europe/Berlin")
    scheme: ClassVar[str]
    directory: ClassVar[Path]

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def bank(cls, server: Sandbox) -> Iterator[None]:
        cls.directory, credentials = server.directory, server.credentials
        cls.secrets = tuple(credentials[name] for name in ("client_secret", "api_key", "client_private_key"))
        with cls.serve(lambda world, clock: sandbox.routes(world, clock, credentials)):
            yield

    def handler(self, request: FakeRequest) -> FakeResponse:
        with mock.patch.object(sandbox, "format_minor", lambda minor, _: format_minor(minor, self.currency)):
            return super().handler(request)

    @classmethod
    def times_of(cls, line: BankLine) -> dict[str, str]:
        return {"Transaction Date": f"{line.booked_at.astimezone(sandbox.IST):%Y-%m-%d %H:%M:%S}"}

    def build(self, base_url: str) -> HdfcConnector:
        options = {"start_days": 5, "window_days": 3, "currency": self.currency, "time_zone": self.zone.key, "scheme": self.scheme}
        config = source(base_url, self.directory, **options)
        return build(config.model_copy(update={"base_url": base_url}))


class TestContractInJose(Contract):
    """What every connector must do, with signed and encrypted messages."""

    scheme = "jose"


class TestContractInJson(Contract):
    """What every connector must do, in plain JSON."""

    scheme = "none"
