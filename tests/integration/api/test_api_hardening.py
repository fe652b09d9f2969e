"""Who gets in, what every answer carries, and what hostile input does."""

import datetime as dt
import re
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.app import create_app
from api.security_headers import HEADERS
from api.session import COOKIE, TICKET_SECONDS, login_path
from tests.fixtures.app_server import serving_app
from tests.integration.api.conftest import TOKEN, settings_for
from tests.integration.api.seeding import NOW, XSS

SAMPLE_ID = "payments-three-way.0000000000000000.000000000000"
SAMPLE_NUMBER = "987654321"
OPEN = {"/livez", "/readyz"}
PAGES = ["/", "/fragments/overview", f"/breaks/{SAMPLE_ID}", f"/matches/{SAMPLE_ID}", "/quarantine"]


def documented_paths(app: FastAPI, method: str | None = None) -> list[str]:
    """Every path, or those that take `method`, with a value for each parameter."""
    named = [path for path, operations in app.openapi()["paths"].items() if method is None or method in operations]
    paths = [re.sub(r"\{\w+\}", SAMPLE_ID, path.replace("{number}", SAMPLE_NUMBER)) for path in named]
    assert len(paths) >= 11
    return paths


def assert_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "instance"} <= problem.keys()
    assert problem["status"] == status
    assert problem["type"].startswith("/problems/")
    assert "Traceback" not in answer.text and "psycopg" not in answer.text
    return problem


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN}x"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": "Bearer"},
        {"Cookie": f"{COOKIE}=9999999999.x.y"},
        {"Cookie": f"{COOKIE}={TOKEN}"},
        {"X-Api-Key": TOKEN},
    ],
)
def test_every_route_but_health_is_closed(app: FastAPI, anonymous: httpx.Client, headers: dict[str, str]) -> None:
    for path in [*documented_paths(app), *PAGES, "/v1/openapi.json", "/v1/no-such-route"]:
        answer = anonymous.get(path, headers=headers)
        if path in OPEN:
            assert answer.status_code == 200
        else:
            assert_problem(answer, 401)
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_the_token_opens_every_route(app: FastAPI, client: httpx.Client) -> None:
    for path in [*documented_paths(app, "get"), *PAGES, "/v1/openapi.json"]:
        assert client.get(path).status_code == (404 if SAMPLE_ID in path or SAMPLE_NUMBER in path else 200), path


def test_the_token_is_not_taken_from_the_address(anonymous: httpx.Client) -> None:
    assert anonymous.get("/v1/summary", params={"token": TOKEN, "access_token": TOKEN}).status_code == 401


def test_headers_on_every_answer(app: FastAPI, client: httpx.Client, anonymous: httpx.Client) -> None:
    paths = [*documented_paths(app), *PAGES, "/login", "/static/page.css", "/static/none.css", "/static/../app.py", "/none"]
    answers = [caller.request(method, path) for caller in (client, anonymous) for method in ("GET", "POST") for path in paths]
    for answer in answers:
        for name, value in HEADERS.items():
            assert answer.headers[name] == value, (answer.url, name)
    policy = HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy and "frame-ancestors 'none'" in policy


def test_errors_are_problems(client: httpx.Client) -> None:
    assert_problem(client.get("/v1/nothing"), 404)
    assert_problem(client.get("/static/nothing.css"), 404)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert_problem(client.request(method, "/v1/breaks"), 405)
    for query in (
        {"limit": 0},
        {"limit": 501},
        {"limit": "many"},
        {"type": "NONSENSE"},
        {"currency": "euro"},
        {"amount_min": "-1"},
        {"amount_min": "1.5"},
        {"amount_min": 2**63},
        {"amount_min": 2, "amount_max": 1},
        {"booked_from": "2026-13-01"},
        {"booked_from": "2026-02-02", "booked_to": "2026-02-01"},
        {"unknown": "1"},
        {"key": "a\x00b"},
        {"account_id": "x" * 201},
    ):
        problem = assert_problem(client.get("/v1/breaks", params=query), 422)
        assert problem["errors"]


def test_problem_types_resolve(anonymous: httpx.Client, client: httpx.Client) -> None:
    for path in ("/v1/nothing", "/v1/breaks?limit=0", "/v1/breaks?cursor=x"):
        address = client.get(path).json()["type"]
        assert anonymous.get(address).status_code == 200


def test_an_unexpected_error_tells_nothing_inside(seeded_url: str) -> None:
    app = create_app(settings_for(seeded_url), now=lambda: NOW)

    @app.get("/v1/broken")
    def broken() -> None:
        raise RuntimeError("secret inner detail")

    with serving_app(app) as url:
        answer = httpx.get(f"{url}/v1/broken", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60)
    assert_problem(answer, 500)
    assert "secret inner detail" not in answer.text
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


INJECTIONS = ["' OR '1'='1", "'; DROP TABLE break; --", "%s", "%(x)s", "{}", "\\", "1) OR (1=1", "$1", "ő\u202e"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_filters_are_data_not_sql(client: httpx.Client, text: str) -> None:
    for path, names in {
        "/v1/transactions": ("source", "account_id", "reference"),
        "/v1/matches": ("reconciliation", "source", "account_id", "key"),
        "/v1/breaks": ("reconciliation", "source", "account_id", "key"),
        "/v1/quarantine": ("source", "reason"),
    }.items():
        for name in names:
            answer = client.get(path, params={name: text})
            assert (answer.status_code, answer.json()["items"]) == (200, []), (path, name)
    assert_problem(client.get(f"/v1/breaks/{text.replace('%', '%25')}"), 404)
    assert len(client.get("/v1/breaks").json()["items"]) == 7


def test_the_connection_cannot_write(app: FastAPI) -> None:
    from psycopg import sql

    database = app.state.context.database
    database.ping()
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        database.rows(sql.SQL("DELETE FROM break RETURNING 1"))


def test_text_of_a_record_is_never_markup(client: httpx.Client) -> None:
    for path in ("/", "/fragments/overview"):
        page = client.get(path).text
        assert "&lt;script&gt;document.title" in page
        assert "<script>document" not in page and "<img" not in page
    (amount,) = client.get("/v1/breaks", params={"type": "AMOUNT"}).json()["items"]
    page = client.get(f"/breaks/{amount['id']}").text
    assert "&lt;script&gt;document.title" in page
    assert XSS not in page
    filtered = client.get("/", params={"key": '"><script>x</script>'}).text
    assert "<script>x" not in filtered


def sign_in(client: httpx.Client, token: str, **headers: str) -> httpx.Response:
    return client.post("/login", data={"token": token}, headers=headers)


def test_the_form_starts_a_session_that_ends(anonymous: httpx.Client, seeded_url: str) -> None:
    assert sign_in(anonymous, "wrong").status_code == 401
    assert COOKIE not in anonymous.cookies
    answer = sign_in(anonymous, TOKEN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and TOKEN not in cookie
    assert anonymous.get("/").status_code == 200
    value = anonymous.cookies[COOKIE]
    later = create_app(settings_for(seeded_url), now=lambda: NOW + dt.timedelta(hours=13))
    other = create_app(settings_for(seeded_url, token="another-token-" + "y" * 20), now=lambda: NOW)
    for app in (later, other):
        with serving_app(app) as url:
            assert httpx.get(f"{url}/v1/summary", cookies={COOKIE: value}, timeout=60).status_code == 401
    anonymous.post("/logout")
    assert anonymous.get("/").status_code == 401


def test_a_form_of_another_site_is_refused(anonymous: httpx.Client) -> None:
    assert_problem(sign_in(anonymous, TOKEN, Origin="https://evil.example"), 403)
    assert_problem(sign_in(anonymous, TOKEN, Origin="null"), 403)
    for site in ("cross-site", "same-site"):
        assert_problem(sign_in(anonymous, TOKEN, **{"Sec-Fetch-Site": site}), 403)
    assert sign_in(anonymous, TOKEN, Origin=str(anonymous.base_url).rstrip("/")).status_code == 303


def test_a_large_form_is_not_read_to_its_end(anonymous: httpx.Client) -> None:
    assert sign_in(anonymous, "x" * 100_000).status_code == 401


def test_a_login_link_works_once_and_not_for_long(anonymous: httpx.Client) -> None:
    link = login_path(TOKEN, int(NOW.timestamp()))
    assert TOKEN not in link
    assert anonymous.get(link).status_code == 200
    assert anonymous.get("/").status_code == 200
    anonymous.cookies.clear()
    assert anonymous.get(link).status_code == 401
    assert anonymous.get("/").status_code == 401
    old = login_path(TOKEN, int(NOW.timestamp()) - TICKET_SECONDS - 1)
    assert anonymous.get(old).status_code == 401
    assert anonymous.get("/login", params={"ticket": "1.2.3"}).status_code == 401


def test_without_a_token_only_this_machine_is_answered(seeded_url: str) -> None:
    app = create_app(settings_for(seeded_url, token=None), no_auth=True, now=lambda: NOW)
    with serving_app(app) as url:
        assert httpx.get(f"{url}/v1/summary", timeout=60).status_code == 200
        assert_problem(httpx.get(f"{url}/v1/summary", headers={"Host": "evil.example"}, timeout=60), 421)


def test_postgres_away_is_503_and_the_process_lives(seeded_url: str) -> None:
    settings = settings_for("postgresql://nobody@127.0.0.1:9/none")
    with (
        serving_app(create_app(settings, now=lambda: NOW)) as url,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as client,
    ):
        assert client.get("/livez").status_code == 200
        answer = client.get("/readyz")
        assert_problem(answer, 503)
        assert answer.headers["retry-after"] == "5"
        assert "recon_database_up 0.0" in client.get("/metrics").text
        page = client.get("/", headers={"Accept": "text/html"})
        assert page.status_code == 503 and "tries again" in page.text


def test_a_database_without_tables_names_the_way_out(empty_database_url: str) -> None:
    settings = settings_for(empty_database_url).model_copy(update={"database_url": SecretStr(empty_database_url)})
    with serving_app(create_app(settings, now=lambda: NOW)) as url:
        problem = assert_problem(httpx.get(f"{url}/readyz", timeout=60), 503)
    assert "reconduit migrate" in problem["detail"]
