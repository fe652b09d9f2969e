import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.errors import ContractChangeError, TransientError
from producers.kit.http.payload import parse_json

DOCUMENT = json.dumps({"rows": [{"id": "a}", "amount": 12.5, "ok": True, "näme": "₹"}], "next": None}, ensure_ascii=False)


def test_fractions_are_decimal() -> None:
    assert parse_json(b'{"a": 10.10, "b": 1e2, "c": 3}', "GET x") == {"a": Decimal("10.10"), "b": Decimal("1E+2"), "c": 3}


@given(st.integers(0, len(DOCUMENT.encode()) - 1))
def test_every_cut_is_retryable(length: int) -> None:
    with pytest.raises(TransientError, match="GET rows"):
        parse_json(DOCUMENT.encode()[:length], "GET rows")


@pytest.mark.parametrize("page", [b"<html>", b"  <!DOCTYPE html><p>", b"\xef\xbb\xbf<?xml version='1.0'?>"])
def test_a_page_is_retryable_and_shown(page: bytes) -> None:
    with pytest.raises(TransientError, match="HTML or XML") as caught:
        parse_json(page, "GET rows")
    assert page.decode("utf-8-sig").strip()[:4] in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"{'a': 1}", b'{"a": 1,, "b": 2}', b'{"a": NaN}', b"Service OK", b'{"a": "\xff"}', b"[" * 100_000 + b"]"]
)
def test_what_is_no_json_at_all_needs_a_person(body: bytes) -> None:
    with pytest.raises(ContractChangeError, match="GET rows"):
        parse_json(body, "GET rows")


def test_a_byte_order_mark_is_no_matter() -> None:
    assert parse_json(b"\xef\xbb\xbf[1]", "x") == [1]
