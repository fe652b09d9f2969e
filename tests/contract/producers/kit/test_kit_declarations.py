"""What a provider cannot be asked is declared with a reason; what was only forgotten is not skipped."""

from collections.abc import Mapping
from typing import Any, ClassVar
from unittest import SkipTest

import pytest

from producers.kit.contract import Capabilities
from tests.contract.producers.kit.rows_bank import RowsConnector, RowsContract


class CrownsOnly(RowsConnector):
    """Has nothing to correct and one currency."""

    capabilities = Capabilities(revisions=False)


class Declared(RowsContract):
    """What `CrownsOnly` may declare."""

    not_applicable: ClassVar[Mapping[str, str]] = {"corrections": "the bank never changes a row that it has booked"}
    connector = CrownsOnly


def test_what_is_declared_is_skipped_with_its_reason() -> None:
    Declared().test_what_is_not_applicable()
    with pytest.raises(SkipTest, match="never changes a row"):
        Declared().test_corrections()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("no_such_case", "there is no case of this name at all"),
        ("rerun_gives_the_same_records", "the ids of this bank are drawn at random"),
        ("daylight_saving", "India"),
        ("daylight_saving", "the bank has no daylight saving that I know of"),
        ("token_refresh", "the token of this bank never ends"),
        ("refused_credentials", "the bank lets everybody in, says its page"),
        ("timeouts", "the bank has always answered so far"),
        ("unknown_values", "the bank documents every one of its values"),
        ("currency_decimals", "the account is in rupees and stays in rupees"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(name: str, reason: str) -> None:
    suite = Declared()
    suite.not_applicable = {**Declared.not_applicable, name: reason}  # type: ignore[misc]
    with pytest.raises(AssertionError, match=r"not_applicable|every connector"):
        suite.test_what_is_not_applicable()


def test_revisions_are_shown_or_declared() -> None:
    for suite, connector in ((RowsContract(), CrownsOnly), (Declared(), RowsConnector)):
        suite.build = lambda base_url, made=connector, zone=suite.zone: made(base_url, zone)  # type: ignore[misc]
        with pytest.raises(AssertionError, match="revisions"):
            suite.test_what_is_not_applicable()


def test_several_currencies_belie_that_there_is_one() -> None:
    class Mixed(Declared):
        currencies = ()
        not_applicable: ClassVar[Mapping[str, str]] = Declared.not_applicable | {"currency_decimals": "every account is in rupees"}

        def row(self, record: Any) -> dict[str, Any]:
            return super().row(record) | {"currency": "INR" if record.number else "EUR"}

    with pytest.raises(AssertionError, match="several currencies"):
        Mixed().test_what_is_not_applicable()


def test_a_case_that_was_forgotten_is_not_skipped() -> None:
    class Forgetful(RowsContract):
        unknown_values = ()
        currencies = ()
        requests_per_poll = None
        token_paths = ()
        zones = ("Asia/Kolkata",)

    for case in ("unknown_values", "currency_decimals", "paging_to_the_end", "token_refresh", "daylight_saving"):
        with pytest.raises(AssertionError, match=r"name|say in"):
            getattr(Forgetful(), f"test_{case}")()
