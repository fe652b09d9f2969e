"""The demo's file of sources: loads, names the world's accounts, and puts both sides of a payment into one partition."""

from pathlib import Path

import pytest

from producers.formats.registry import format_named
from producers.providers.feed.options import load_options as load_feed_options
from producers.providers.hdfc.options import load_options as load_hdfc_options
from producers.providers.icici.options import IciciOptions
from producers.providers.razorpay.options import load_options as load_razorpay_options
from producers.providers.sbi.options import SbiOptions
from producers.providers.sftp_drop.options import SftpDropOptions, parse_address
from producers.sandbox.accounts import RAZORPAY_ACCOUNT, account_of
from reconduit.sources import SourceConfig, load_sources

SOURCES = Path(__file__).parents[4] / "deploy" / "demo" / "sources.yaml"


@pytest.fixture(scope="module")
def sources() -> dict[str, SourceConfig]:
    return {source.name: source for source in load_sources(SOURCES)}


def test_nine_sources(sources: dict[str, SourceConfig]) -> None:
    assert set(sources) == {"hdfc", "icici", "sbi", "razorpay", "core", "gateway", "mobile", "camt", "mt940"}


def test_sides_of_a_reconciliation_share_their_partition_key(sources: dict[str, SourceConfig]) -> None:
    by_settlement = {name for name, source in sources.items() if source.partition_by == "settlement_id"}
    assert by_settlement == {"hdfc", "razorpay"}
    assert {source.partition_by for name, source in sources.items() if name not in by_settlement} == {"reference_number"}


def test_options_are_the_connectors_and_the_accounts_the_worlds(sources: dict[str, SourceConfig]) -> None:
    assert list(load_hdfc_options(sources["hdfc"]).account_ids) == [account_of("hdfc").account_id]
    assert list(IciciOptions.model_validate(sources["icici"].options).accounts) == [account_of("icici").account_id]
    assert list(SbiOptions.model_validate(sources["sbi"].options).accounts) == [account_of("sbi").account_id]
    assert load_razorpay_options(sources["razorpay"]).account_id == RAZORPAY_ACCOUNT
    for feed in ("core", "gateway", "mobile"):
        load_feed_options(sources[feed])
        assert sources[feed].base_url.endswith(f"/feeds/{feed}")


@pytest.mark.parametrize("name", ["camt", "mt940"])
def test_drops_name_a_format_and_a_folder(sources: dict[str, SourceConfig], name: str) -> None:
    options = SftpDropOptions.model_validate(sources[name].options)
    assert options.format
    format_named(options.format)
    assert parse_address(sources[name].base_url).folder == f"/{name}"


def test_no_secret_is_inside(sources: dict[str, SourceConfig]) -> None:
    assert all(
        ref.file is not None and not ref.file.is_absolute() for source in sources.values() for ref in source.secrets.values()
    )
