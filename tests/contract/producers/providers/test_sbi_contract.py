import datetime as dt
import json
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from producers.errors import (
    AuthenticationError,
    ConfigurationError,
    ContractChangeError,
    PermissionDeniedError,
    ProducerError,
    TransientError,
)
from producers.kit.auth.rsa_keys import load_private_key
from producers.kit.contract import Connector, Page
from producers.kit.testing import FakeProvider, FakeRequest, FakeResponse, without_waiting
from producers.providers.sbi.connector import build
from producers.providers.sbi.crypto import encrypt, open_access_token, sign
from producers.sandbox.providers import sbi as sandbox
from producers.sandbox.providers.sbi import generate_credentials, routes
from schemas.records import Proof, StatementKind
from tests.contract.producers.providers.sample_world import KeyedBankContract, keyed_source
from tests.fixtures.bank_statements import NOW, ListWorld, fortnight, line, serving

ACCOUNT = "00000031234567890"
SAMPLES = Path(__file__).parents[5] / "shared/samples/providers/hand_written/sbi"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Mapping[str, str]]:
    directory = tmp_path_factory.mktemp("sbi")
    return directory, generate_credentials(directory, bits=2048)


def connector(base_url: str, directory: Path, **options: Any) -> Connector:
    own = {"source_id": "XX", "window_days": 8}
    return build(keyed_source("sbi", ACCOUNT, base_url, directory, ("private_key", "bank_public_key"), **own | options))


class TestSbi(KeyedBankContract):
    connectors = ("sbi",)
    sandbox = sandbox
    account = ACCOUNT
    requests_per_poll = 4
    unknown_values = ({"DR_CR": "XX"}, {"POST_DATE": "yesterday"}, {"VALUE_DATE": "2026"}, {"NARRATION": "???/NEW RAIL/1"})
    shown_secrets = staticmethod(lambda keys: (keys["private_key"].splitlines()[3],))
    connect = staticmethod(connector)


def ids(pages: list[Page]) -> list[str]:
    return [record.txn_id.removeprefix(f"{ACCOUNT}:") for page in pages for record in page.transactions]


@pytest.mark.parametrize("padding", ["PKCS1", "OAEP_SHA1", "OAEP_SHA256"])
def test_every_line_comes_once_whatever_the_padding(keys: tuple[Path, Mapping[str, str]], padding: Any) -> None:
    router = routes(ListWorld(ACCOUNT, fortnight()), lambda: NOW, keys[1], page_size=20, rsa_padding=padding)
    with serving(router) as url, without_waiting(), closing(connector(url, keys[0], rsa_padding=padding)) as found:
        pages = list(found.poll({}, NOW))
    expected = [f"S{day}{n}" for day in range(14) for n in range(3)] + ["L1", "L1-1"]
    assert sorted(ids(pages)) == sorted(expected)
    statements = {s.statement_id: s for page in pages for s in page.statements}
    assert {s.proof for s in statements.values() if s.kind is StatementKind.STATEMENT} == {Proof.PROVED}
    assert pages[-1].statements[-1].complete_through == dt.datetime(2026, 11, 19, 18, 30, tzinfo=dt.UTC)


def test_another_padding_than_the_bank_s_is_refused_as_credentials(keys: tuple[Path, Mapping[str, str]]) -> None:
    with (
        serving(routes(ListWorld(ACCOUNT, fortnight()), lambda: NOW, keys[1])) as url,
        without_waiting(),
        closing(connector(url, keys[0], rsa_padding="OAEP_SHA256")) as found,
        pytest.raises(AuthenticationError, match="SI411"),
    ):
        list(found.poll({}, NOW))


def test_a_foreign_signing_key_is_refused(keys: tuple[Path, Mapping[str, str]], tmp_path: Path) -> None:
    generate_credentials(tmp_path, bits=2048)
    (tmp_path / "bank_public_key").write_text(keys[1]["bank_public_key"], encoding="utf-8")
    with (
        serving(routes(ListWorld(ACCOUNT, fortnight()), lambda: NOW, keys[1])) as url,
        without_waiting(),
        closing(connector(url, tmp_path)) as found,
        pytest.raises(AuthenticationError, match="SI412"),
    ):
        list(found.poll({}, NOW))


def test_a_line_that_appears_between_two_pages_is_seen_in_the_next_poll(keys: tuple[Path, Mapping[str, str]]) -> None:
    clock = iter([NOW] + [NOW + dt.timedelta(minutes=1)] * 50)
    late = line("LATE", dt.datetime(2026, 11, 18, 6, tzinfo=dt.UTC), 99)
    hidden = [*fortnight(), replace(late, visible_at=NOW + dt.timedelta(seconds=1))]
    with (
        serving(routes(ListWorld(ACCOUNT, hidden), lambda: next(clock), keys[1], page_size=20)) as url,
        without_waiting(),
        closing(connector(url, keys[0], window_days=30)) as found,
    ):
        first = list(found.poll({}, NOW))
        second = list(found.poll(first[-1].cursor, NOW))
    assert len(ids(first)) == 44
    assert "LATE" not in ids(first)
    assert "LATE" in ids(second)


def test_rows_without_ids_get_digests_with_ordinals(keys: tuple[Path, Mapping[str, str]]) -> None:
    day = dt.datetime(2026, 11, 19, 6, tzinfo=dt.UTC)
    twins = [line("A", day, 5, "TEA"), line("B", day, 5, "TEA"), line("C", day, 6, "TEA")]
    options = {"fields": {"id": None, "balance": None}}
    with serving(routes(ListWorld(ACCOUNT, twins), lambda: NOW, keys[1])) as url, without_waiting():
        found = []
        for _ in range(2):
            with closing(connector(url, keys[0], **options)) as one:
                found.append(ids(list(one.poll({}, NOW))))
    first, second, third = found[0]
    assert found[0] == found[1]
    assert (first[-2:], second[-2:], third[-2:]) == ("-0", "-1", "-0")
    assert first[:-2] == second[:-2] != third[:-2]


Answer = Callable[..., list[Page]]


@pytest.fixture
def answered(keys: tuple[Path, Mapping[str, str]]) -> Answer:
    """Poll a gateway that seals `inner` truly and then changes the envelope, or that answers `plain` in the open."""
    bank = load_private_key(keys[1]["bank_private_key"], "bank_private_key")

    def run(inner: Any = None, *, plain: Any = None, change: Mapping[str, str] | None = None, **options: Any) -> list[Page]:
        def handler(request: FakeRequest) -> FakeResponse:
            if plain is not None:
                return FakeResponse(200, json.dumps(plain).encode())
            session_key = open_access_token(request.headers["accesstoken"], bank, "PKCS1")
            text = json.dumps(inner).encode()
            answer = {
                "RESPONSE": encrypt(text, session_key),
                "REQUEST_REFERENCE_NUMBER": json.loads(request.body)["REQUEST_REFERENCE_NUMBER"],
                "DIGI_SIGN": sign(text, bank),
            }
            return FakeResponse(200, json.dumps(answer | dict(change or {})).encode())

        with (
            FakeProvider(handler) as provider,
            without_waiting(),
            closing(connector(provider.base_url, keys[0], start_date="2026-11-20", **options)) as found,
        ):
            return list(found.poll({}, NOW))

    return run


@pytest.mark.parametrize(
    "change",
    [
        {"DIGI_SIGN": ""},
        {"DIGI_SIGN": "AAAA"},
        {"RESPONSE": "AAAA"},
        {"REQUEST_REFERENCE_NUMBER": "SBIXX26324183015123456789"},
    ],
)
def test_a_response_that_is_not_the_bank_s_to_this_call_is_refused(answered: Answer, change: Mapping[str, str]) -> None:
    assert ids(answered({"TRANSACTIONS": []})) == []
    with pytest.raises(ContractChangeError):
        answered({"TRANSACTIONS": []}, change=change)


@pytest.mark.parametrize(
    ("description", "error"),
    [
        ("Technical failure, please try again", TransientError),
        ("Source not registered", PermissionDeniedError),
        ("Invalid account number", ConfigurationError),
        ("Qwertz", ContractChangeError),
        ("", ContractChangeError),
    ],
)
def test_failures_are_typed_by_their_words(answered: Answer, description: str, error: type[ProducerError]) -> None:
    failure = {"RESPONSE_STATUS": "2", "ERROR_CODE": "SI999", "ERROR_DESCRIPTION": description}
    with pytest.raises(error, match="SI999"):
        answered(plain=failure)
    with pytest.raises(error, match="SI999"):
        answered(failure)


def test_a_configured_code_goes_before_the_words(answered: Answer) -> None:
    failure = {"RESPONSE_STATUS": "2", "ERROR_CODE": "SI999", "ERROR_DESCRIPTION": "Invalid account number"}
    with pytest.raises(TransientError):
        answered(plain=failure, error_kinds={"SI999": "retry"})
    assert ids(answered(plain=failure, error_kinds={"SI999": "empty"})) == []


def test_the_sample_of_an_error_is_an_error(answered: Answer) -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the shared samples are not beside the repository")
    with pytest.raises(ContractChangeError, match="SI411"):
        answered(plain=json.loads((SAMPLES / "gen6_error.json").read_text(encoding="utf-8")))


def test_a_bad_row_goes_to_quarantine_and_the_rest_is_kept(answered: Answer) -> None:
    good = {"TXN_ID": "T1", "POST_DATE": "20-11-2026 10:00:00", "AMOUNT": "1.00", "DR_CR": "CR", "NARRATION": "X"}
    bad = good | {"TXN_ID": "T2", "AMOUNT": "12.3.4"}
    first, second = (answered({"TRANSACTIONS": [bad, good]}) for _ in range(2))
    assert ids(first) == ["T1"]
    [record] = first[0].bad
    assert json.loads(record.raw) == bad
    assert "AMOUNT" in record.detail
    assert record.position == second[0].bad[0].position


def test_a_page_key_that_comes_back_is_refused(answered: Answer) -> None:
    with pytest.raises(ContractChangeError, match="circles"):
        answered({"TRANSACTIONS": [], "NEXT_PAGE_KEY": "again"})


def test_wrong_options_are_named(keys: tuple[Path, Mapping[str, str]]) -> None:
    with pytest.raises(ConfigurationError, match="source_id"):
        connector("http://127.0.0.1:1", keys[0], source_id="TOOLONG")
    with pytest.raises(ConfigurationError, match="rsa_padding"):
        connector("http://127.0.0.1:1", keys[0], rsa_padding="NONE")
