"""Who may use the API: the rule at the start, sessions and one-time links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from api.access import Access, is_loopback, refuse_open_door
from api.errors import AccessRefusedError
from api.session import SESSION_SECONDS, TICKET_SECONDS, Tickets, login_path, new_session, session_is_valid
from reconduit.settings import Settings

TOKEN = "t" * 32
ACCESS = Access.of(TOKEN)


def settings(token: str | None) -> Settings:
    return Settings(api_token=None if token is None else SecretStr(token))


@pytest.mark.parametrize(
    ("token", "host", "no_auth", "allowed"),
    [
        (TOKEN, "127.0.0.1", False, True),
        (TOKEN, "0.0.0.0", False, True),
        (TOKEN, "0.0.0.0", True, True),
        (None, "127.0.0.1", True, True),
        (None, "::1", True, True),
        (None, "localhost", True, True),
        (None, "127.0.0.1", False, False),
        (None, "0.0.0.0", True, False),
        (None, "192.168.1.2", True, False),
        (None, "bank.example", True, False),
        ("short", "127.0.0.1", False, False),
        ("", "127.0.0.1", True, False),
    ],
)
def test_the_door_is_never_open_to_others(token: str | None, host: str, no_auth: bool, allowed: bool) -> None:
    if allowed:
        refuse_open_door(settings(token), host=host, no_auth=no_auth)
    else:
        with pytest.raises(AccessRefusedError):
            refuse_open_door(settings(token), host=host, no_auth=no_auth)


def test_loopback_is_more_than_one_address() -> None:
    assert is_loopback("127.8.8.8") and is_loopback("[::1]")
    assert not is_loopback("localhost.example") and not is_loopback("")


@given(st.text())
def test_only_the_token_is_admitted(text: str) -> None:
    assert ACCESS.admits(text) == (text == TOKEN)
    assert not Access.of(None).admits(text)


@given(st.text())
def test_only_our_sessions_are_valid(text: str) -> None:
    assert not session_is_valid(ACCESS, text, 0)


def test_a_session_ends() -> None:
    value = new_session(ACCESS, 1000)
    assert session_is_valid(ACCESS, value, 1000 + SESSION_SECONDS - 1)
    assert not session_is_valid(ACCESS, value, 1000 + SESSION_SECONDS)
    assert not session_is_valid(Access.of("u" * 32), value, 1000)
    longer = value.replace(str(1000 + SESSION_SECONDS), str(9999 + SESSION_SECONDS))
    assert not session_is_valid(ACCESS, longer, 1000)


def test_a_ticket_is_no_session_and_works_once() -> None:
    ticket = login_path(TOKEN, 1000).partition("=")[2]
    tickets = Tickets(ACCESS)
    assert not session_is_valid(ACCESS, ticket, 1000)
    assert not tickets.redeem(ticket, 1000 + TICKET_SECONDS)
    assert tickets.redeem(ticket, 1001)
    assert not tickets.redeem(ticket, 1002)
    assert not tickets.redeem(new_session(ACCESS, 1000), 1001)
