"""Continuity of an account's statements, file names, and the address of a drop."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import ConfigurationError
from producers.providers.sftp_drop.connector import build
from producers.providers.sftp_drop.names import is_control, is_unfinished, refusal
from producers.providers.sftp_drop.options import parse_address
from producers.providers.sftp_drop.patterns import is_wanted
from producers.providers.sftp_drop.watermark import advance, complete_through
from reconduit.sources import SecretRef, SourceConfig
from schemas.records import CanonicalStatement, Proof, StatementKind

NOW = dt.datetime(2026, 2, 1, tzinfo=dt.UTC)
FIRST = dt.date(2026, 1, 1)


def statement(day: int, opening: int | None, closing: int | None, proof: Proof = Proof.PROVED) -> CanonicalStatement:
    return CanonicalStatement(
        statement_id=f"S{day}",
        source="camt",
        account_id="A",
        currency="EUR",
        kind=StatementKind.STATEMENT,
        opening_minor=opening,
        closing_minor=closing,
        closing_date=FIRST + dt.timedelta(days=day),
        proof=proof,
        ingested_at=NOW,
    )


def through(*statements: CanonicalStatement) -> dt.date | None:
    state = None
    for one in statements:
        state = json.loads(json.dumps(advance(state, one)))
    end = complete_through(state or {})
    return end.date() - dt.timedelta(days=1) if end else None


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


def test_the_watermark_waits_for_the_late_statement_and_then_catches_up():
    assert through(statement(0, 0, 10), statement(2, 20, 30)) == day(0)
    assert through(statement(0, 0, 10), statement(2, 20, 30), statement(3, 30, 30), statement(1, 10, 20)) == day(3)


def test_a_failed_proof_holds_it_until_a_corrected_statement_comes():
    failed = statement(1, 10, 20, Proof.FAILED)
    assert through(statement(0, 0, 10), failed, statement(2, 20, 30)) == day(0)
    assert through(statement(0, 0, 10), failed, statement(2, 20, 30), statement(1, 10, 20)) == day(2)


def test_the_same_statement_again_changes_nothing():
    once = advance(None, statement(0, 0, 10))
    assert advance(once, statement(0, 0, 10)) == once
    quiet = [statement(number, 5, 5) for number in range(4)]
    assert through(*quiet, quiet[1], quiet[3]) == day(3)


def test_statements_without_balances_count_by_their_date():
    assert through(statement(0, None, None, Proof.NOT_PROVABLE), statement(3, None, None, Proof.NOT_PROVABLE)) == day(3)


@given(st.permutations(range(1, 7)))
def test_any_order_of_delivery_ends_at_the_last_day(order):
    chain = {number: statement(number, number * 10, number * 10 + 10) for number in range(7)}
    assert through(chain[0], *(chain[number] for number in order)) == day(6)


@pytest.mark.parametrize("name", ["a/b", "..", "a\\b", "a\nb", "a\u202eb.xml", "a\u200bb", "x" * 256, "ü" * 130, "\ud800", ""])
def test_odd_names_are_refused(name):
    assert refusal(name)


@pytest.mark.parametrize("name", ["camt.xml", "Kontoauszug März 2026.STA", "a..b", "x" * 255])
def test_ordinary_names_are_not(name):
    assert refusal(name) is None
    assert not is_unfinished(name)


@pytest.mark.parametrize("name", ["a.part", "A.TMP", "a.xml.filepart", ".hidden", "a.done"])
def test_uploads_under_way_are_left_alone(name):
    assert is_unfinished(name) or is_control(name)


def test_patterns_ignore_letter_case():
    assert is_wanted("DAY.XML", ["*.xml"], [])
    assert not is_wanted("day.xml.bak", ["*.xml"], [])


def test_addresses():
    assert parse_address("sftp://me%40bank@Host.example:2222/in/box") == ("host.example", 2222, "me@bank", "/in/box")
    assert parse_address("sftp://me@h").port == 22
    for wrong in ("https://h/x", "sftp://h/x", "sftp://me@h:port/", "sftp://me@h/x?y"):
        with pytest.raises(ConfigurationError):
            parse_address(wrong)
    with pytest.raises(ConfigurationError) as raised:
        parse_address("sftp://me:hunter2@h/")
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "secrets", "named"),
    [
        ({}, ("password",), "known_hosts"),
        ({"known_hosts": "k", "patern": "*"}, ("password",), "patern"),
        ({"known_hosts": "k"}, (), "private_key or password"),
        ({"known_hosts": "k"}, ("token",), "token"),
        ({"known_hosts": "k", "format": "camt.999"}, ("password",), "camt.999"),
    ],
)
def test_wrong_configurations_name_what_is_wrong(monkeypatch, options, secrets, named):
    monkeypatch.setenv("DROP_SECRET", "hunter2")
    config = SourceConfig(
        name="camt",
        connector="sftp_drop",
        base_url="sftp://me@127.0.0.1/",
        options=options,
        secrets={name: SecretRef(env="DROP_SECRET") for name in secrets},
    )
    with pytest.raises(ConfigurationError, match=named):
        build(config)
