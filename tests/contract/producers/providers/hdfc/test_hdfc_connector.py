"""The HDFC connector against the sandbox's HDFC, over real sockets, in JOSE and in plain JSON."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from unittest import mock

import httpx
import pytest

from producers.errors import AuthenticationError, ConfigurationError, ContractChangeError, PermissionDeniedError, TransientError
from producers.kit.contract import Page
from producers.kit.testing import FakeProvider, FakeRequest, FakeResponse, forward_to
from producers.providers.hdfc.connector import HdfcConnector, build
from producers.providers.hdfc.errors import JoseIntegrityError
from producers.sandbox.model import BankLine
from producers.sandbox.provider_keys import pem_pair
from producers.sandbox.providers import hdfc as sandbox
from reconduit.sources import SecretRef, SourceConfig
from schemas.money import format_minor
from schemas.records import CanonicalStatement, CanonicalTransaction, Proof, StatementKind
from tests.contract.producers.providers.sample_world import SandboxContract
from tests.fixtures.bank_statements import serving

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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    directory, stage = tmp_path_factory.mktemp("hdfc"), Stage()
    credentials = sandbox.generate_credentials(directory)
    with serving(sandbox.routes(stage, lambda: NOW, credentials), prefix="/hdfc") as url:
        yield Sandbox(url, directory, credentials, stage)


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


def records(pages: Sequence[Page]) -> list[CanonicalTransaction]:
    return [record for page in pages for record in page.transactions]


def statements(pages: Sequence[Page]) -> list[CanonicalStatement]:
    return [found for page in pages for found in page.statements if found.kind is StatementKind.STATEMENT]


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


@pytest.mark.parametrize("options", [{}, {"scheme": "none"}, {"window_days": 4}, {"page_style": "single", "page_size": 500}])
def test_every_line_once(server, options: dict[str, Any]):
    with connected(server, usual_lines(), **options) as connector:
        pages = list(connector.poll({}, NOW))
    got = records(pages)
    assert [record.txn_id for record in got] == [f"{ACCOUNT}:{found.line_id}" for found in usual_lines()]
    assert [record.amount_minor for record in got] == [found.amount_minor for found in usual_lines()]
    assert got[0].settlement_id == "UTIBN26323000000"
    by_id = {record.txn_id: record for record in got}
    assert by_id[f"{ACCOUNT}:H000021"].reference_number == "632312345678"
    assert by_id[f"{ACCOUNT}:H000020"].settlement_id is None
    assert by_id[f"{ACCOUNT}:H000020"].transaction_type == "FEE"


@pytest.mark.parametrize("window_days", [1, 4])
def test_statements_of_closed_days_prove_and_follow_each_other(server, window_days: int):
    with connected(server, usual_lines(), window_days=window_days) as connector:
        found = statements(list(connector.poll({}, NOW)))
    assert [statement.statement_id for statement in found] == [f"{ACCOUNT}:2026-11-{day}" for day in (17, 18, 19)]
    assert {statement.proof for statement in found} == {Proof.PROVED}
    assert found[0].opening_minor == OPENING
    assert [s.opening_minor for s in found[1:]] == [s.closing_minor for s in found[:-1]]
    assert [statement.entry_count for statement in found] == [7, 4, 1]


def test_the_bank_declares_the_watermark(server):
    with connected(server, usual_lines()) as connector:
        pages = list(connector.poll({}, NOW))
        (watermark,) = pages[-1].statements
        assert (watermark.kind, watermark.account_id) == (StatementKind.WATERMARK, ACCOUNT)
        assert watermark.complete_through == dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
        assert list(connector.poll(pages[-1].cursor, NOW)) == [], "nothing is new and the watermark has not moved"


def test_late_posting_inside_the_overlap_is_published_with_the_statements_behind_it(server):
    late = line(15, NOW - 2 * DAY + dt.timedelta(minutes=30))
    with connected(server, usual_lines()) as connector:
        cursor = list(connector.poll({}, NOW))[-1].cursor
        server.stage.lines = [*usual_lines(), late]
        pages = list(connector.poll(cursor, NOW))
    assert f"{ACCOUNT}:H000015" in {record.txn_id for record in records(pages)}
    assert {record.booked_at.day for record in records(pages)} == {18}, "the other days are as they were"
    assert [s.statement_id[-2:] for s in statements(pages)] == ["18", "19"]
    assert {s.proof for s in statements(pages)} == {Proof.PROVED}


def test_the_cursor_remembers_no_more_than_the_overlap_also_while_it_fills_the_past(server):
    with connected(server, usual_lines(), overlap_days=1) as connector:
        pages = list(connector.poll({}, NOW))
    remembered = [set(page.cursor["accounts"][ACCOUNT]["days"]) for page in pages]
    assert remembered[0] == {"2026-11-17"}
    assert remembered[-1] == {"2026-11-19", "2026-11-20"}


def test_a_new_line_of_today_is_published_alone(server):
    with connected(server, usual_lines()) as connector:
        cursor = list(connector.poll({}, NOW))[-1].cursor
        server.stage.lines = [*usual_lines(), line(31, NOW - dt.timedelta(hours=1))]
        pages = list(connector.poll(cursor, NOW))
    assert [record.txn_id for record in records(pages)] == [f"{ACCOUNT}:H000031"]
    assert statements(pages) == [], "today is not over"


def test_the_day_that_was_open_gets_its_statement_when_it_is_over(server):
    with connected(server, usual_lines()) as connector:
        cursor = list(connector.poll({}, NOW))[-1].cursor
        pages = list(connector.poll(cursor, NOW + DAY))
    assert records(pages) == []
    assert [statement.statement_id for statement in statements(pages)] == [f"{ACCOUNT}:2026-11-20"]


def test_a_line_without_which_the_balances_do_not_hold_fails_the_proof(server):
    """The bank's closing balance has a line that its list leaves out."""

    def drop_a_row(request: FakeRequest) -> FakeResponse:
        given = forward_to(server.url)(request)
        if request.path.endswith("Statement"):
            body = json.loads(given.body)
            body["ALL_RECORDS"] = [row for row in body["ALL_RECORDS"] if row["Transaction Id"] != "H000006"]
            given = replace(given, body=json.dumps(body).encode())
        return given

    server.stage.lines = usual_lines()
    with asking(drop_a_row, server) as connector:
        found = statements(list(connector.poll({}, NOW)))
    assert [statement.proof for statement in found] == [Proof.FAILED, Proof.PROVED, Proof.PROVED]


@contextmanager
def asking(answer: Callable[[FakeRequest], FakeResponse], server: Sandbox, **options: Any) -> Iterator[HdfcConnector]:
    """A connector in plain JSON whose bank answers with a function."""
    with (
        FakeProvider(answer) as provider,
        closing(build(source(provider.base_url, server.directory, scheme="none", **options))) as connector,
    ):
        yield connector


def _statement_of(rows: Sequence[Any], **fields: Any) -> Callable[[FakeRequest], FakeResponse]:
    """A bank that answers a token, and on the 18th these rows."""

    def answer(request: FakeRequest) -> FakeResponse:
        if request.path.endswith("token"):
            return FakeResponse(body=b'{"access_token": "t", "expires_in": 300}')
        asked = json.loads(request.body)
        listed = rows if asked["FROM_DATE"] == "2026-11-18" else []
        return FakeResponse(body=json.dumps({"ALL_RECORDS": listed, "Has More": "N"} | fields).encode())

    return answer


def test_unreadable_lines_go_to_quarantine_and_the_others_on(server):
    good = sandbox._row(line(1, NOW - 2 * DAY), OPENING)
    rows = [good, good | {"Transaction Id": "H2", "Amount": "12.3.4"}, {"Amount": "1.00"}, 17, good]
    with asking(_statement_of(rows), server) as connector:
        pages, again = list(connector.poll({}, NOW)), list(connector.poll({}, NOW))
    bad = [found for page in pages for found in page.bad]
    assert [record.txn_id for record in records(pages)] == [f"{ACCOUNT}:H000001"], "the line that came twice is one"
    assert [found.reason for found in bad] == ["amount", "direction", "shape"]
    assert bad[0].position == f"/api/v1/corp-accountStatement?account={ACCOUNT}#H2"
    assert b"12.3.4" in bad[0].raw
    assert [found.position for found in bad] == [found.position for page in again for found in page.bad]
    assert [statement.proof for statement in statements(pages)] == [Proof.NOT_PROVABLE]
    assert sum(page.fetched for page in pages) == len(rows)


def test_an_id_that_repeats_with_another_amount_is_another_record(server):
    good = sandbox._row(line(1, NOW - 2 * DAY), OPENING)
    rows = [good, good | {"Amount": "7.00"}]
    with asking(_statement_of(rows), server) as connector:
        got = records(list(connector.poll({}, NOW)))
    assert [(record.txn_id, record.amount_minor) for record in got] == [
        (f"{ACCOUNT}:H000001", 10_001),
        (f"{ACCOUNT}:H000001-1", 700),
    ]


def test_without_a_declaration_the_watermark_lags(server):
    with asking(_statement_of([]), server, complete_lag_days=2) as connector:
        (page,) = list(connector.poll({}, NOW))
    assert page.statements[0].complete_through == dt.datetime(2026, 11, 17, 18, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"ALL_RECORDS": "none"}, "ALL_RECORDS"),
        ({"Opening Balance": "?"}, "Opening Balance"),
        ({"Complete Upto": "soon"}, "Complete Upto"),
    ],
)
def test_an_answer_of_another_shape_is_a_contract_change(server, fields: dict[str, Any], says: str):
    with asking(_statement_of([], **fields), server) as connector, pytest.raises(ContractChangeError, match=says):
        list(connector.poll({}, NOW))


@pytest.mark.parametrize(
    ("text", "error"),
    [("System is busy, try again", TransientError), ("User not authorised", PermissionDeniedError), ("Kaput", ContractChangeError)],
)
def test_a_failure_beside_http_200_is_an_error(server, text: str, error: type[Exception]):
    answer = _statement_of([], errorCode="E77", errorMessage=text)
    with asking(answer, server) as connector, pytest.raises(error, match="E77"):
        list(connector.poll({}, NOW))


def test_no_records_is_an_empty_answer(server):
    def answer(request: FakeRequest) -> FakeResponse:
        if request.path.endswith("token"):
            return FakeResponse(body=b'{"access_token": "t"}')
        return FakeResponse(body=b'{"errorCode": "E01", "errorMessage": "No records found"}')

    with asking(answer, server) as connector:
        (page,) = list(connector.poll({}, NOW))
    assert page.transactions == ()
    assert page.statements[0].kind is StatementKind.WATERMARK


def test_paging_without_end_is_stopped(server):
    with (
        asking(_statement_of([], **{"Has More": "Y"}), server, max_pages=5) as connector,
        pytest.raises(ContractChangeError, match="5 pages"),
    ):
        list(connector.poll({}, NOW))


def test_an_answer_sealed_by_another_key_is_refused(server, tmp_path):
    for name in SECRETS:
        (tmp_path / name).write_text(server.credentials[name])
    (tmp_path / "bank_public_key").write_text(pem_pair(2048)[1])
    with (
        closing(build(source(server.url, tmp_path, bank_kid="agreed"))) as connector,
        pytest.raises((JoseIntegrityError, ContractChangeError)),
    ):
        list(connector.poll({}, NOW))


@pytest.mark.parametrize(("name", "error"), [("client_secret", AuthenticationError), ("api_key", AuthenticationError)])
def test_wrong_secrets_are_refused(server, tmp_path, name: str, error: type[Exception]):
    for secret in SECRETS:
        (tmp_path / secret).write_text(server.credentials[secret])
    (tmp_path / name).write_text("wrong")
    with closing(build(source(server.url, tmp_path))) as connector, pytest.raises(error):
        list(connector.poll({}, NOW))


def test_wrong_scope_is_refused(server):
    with (
        closing(build(source(server.url, server.directory, scope="other"))) as connector,
        pytest.raises((AuthenticationError, PermissionDeniedError)),
    ):
        list(connector.poll({}, NOW))


def test_calls_are_named_and_sealed(server):
    server.stage.lines = usual_lines()
    with (
        FakeProvider(forward_to(server.url)) as provider,
        closing(build(source(provider.base_url, server.directory))) as connector,
    ):
        list(connector.poll({}, NOW))
    token, *calls = provider.requests
    assert token.query == {"grant_type": ["client_credentials"], "scope": [sandbox.SCOPE]}
    assert token.headers["content-type"] == "application/x-www-form-urlencoded"
    names = [call.headers["transactionid"] for call in calls]
    assert len(set(names)) == len(names)
    assert {call.headers["content-type"] for call in calls} == {"application/jose"}
    assert all(ACCOUNT.encode() not in call.body and call.body.count(b".") == 4 for call in calls)


@pytest.mark.parametrize(("header", "status"), [("authorization", 401), ("apikey", 401), ("scope", 403), ("transactionid", 400)])
def test_sandbox_wants_every_header(server, header: str, status: int):
    credentials = server.credentials
    with httpx.Client(base_url=f"{server.url}/hdfc", trust_env=False, timeout=60) as client:
        token = client.post(
            f"/auth/oauth/v1/token?grant_type=client_credentials&scope={sandbox.SCOPE}",
            auth=(credentials["client_id"], credentials["client_secret"]),
        ).json()["access_token"]
        headers = {
            "authorization": f"Bearer {token}",
            "apikey": credentials["api_key"],
            "scope": sandbox.SCOPE,
            "transactionid": "1",
            "content-type": "application/json",
        }
        body = json.dumps({"ACCOUNT_NUMBER": ACCOUNT, "FROM_DATE": "2026-11-18", "TO_DATE": "2026-11-18"})
        path = "/api/v1/corp-accountStatement"
        assert client.post(path, headers=headers, content=body).status_code == 200
        del headers[header]
        assert client.post(path, headers=headers, content=body).status_code == status
        assert client.get("/auth/oauth/v1/token").status_code == 405


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"options": {}}, "account_ids"),
        ({"options": {"account_ids": ["1"], "payout_pattern": "("}}, "payout_pattern"),
        ({"options": {"account_ids": ["1"], "time_zone": "India"}}, "time_zone"),
        ({"options": {"account_ids": ["1"], "client_certificate": "a.pem"}}, "client_certificate_key"),
        ({"secrets": {"client_id": SecretRef(env="X")}}, "bank_public_key"),
        ({"base_url": ""}, "base_url"),
    ],
)
def test_wrong_configuration_names_the_field(server, change: dict[str, Any], says: str):
    with pytest.raises(ConfigurationError, match=says):
        build(source("http://127.0.0.1:1", server.directory).model_copy(update=change))


def test_a_foreign_cursor_is_named(server):
    with (
        closing(build(source("http://127.0.0.1:1", server.directory))) as connector,
        pytest.raises(ConfigurationError, match="cursor"),
    ):
        list(connector.poll({"accounts": {ACCOUNT: {"read_through": "yesterday"}}}, NOW))
