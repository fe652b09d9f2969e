"""A record becomes the canonical transaction that its rules say, or is refused with the field that is wrong."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.kit.http.payload import parse_json
from producers.kit.record_origin import RecordOrigin
from producers.providers.rest.errors import MappingError
from producers.providers.rest.fields import FieldRules
from producers.providers.rest.mapping import identity_of, to_transaction
from producers.providers.rest.moments import MomentFormat
from producers.providers.rest.request import ListingRequest, filled
from schemas.errors import SchemaError
from schemas.money import format_minor
from schemas.records import CanonicalTransaction, Direction, Status

NOW = dt.datetime(2026, 3, 4, 12, tzinfo=dt.UTC)
ORIGIN = RecordOrigin("acme", "tenant", "ACC", "raw#0", NOW)
RULES: dict[str, Any] = {
    "id": "id",
    "currency": "ccy",
    "amount": "amount",
    "direction": {"positive": "CREDIT"},
    "booked_at": "at",
}
RECORD: dict[str, Any] = {"id": "E1", "ccy": "EUR", "amount": "12.50", "at": "2026-03-04T09:30:00+05:30"}


def mapped(rules: dict[str, Any] | None = None, **record: Any) -> CanonicalTransaction:
    return to_transaction(RECORD | record, FieldRules.model_validate(RULES | (rules or {})), ORIGIN)


def test_the_plain_fields() -> None:
    found = mapped()
    assert (found.tenant_id, found.txn_id, found.revision, found.source, found.account_id) == ("tenant", "ACC:E1", 0, "acme", "ACC")
    assert (found.amount_minor, found.currency, found.direction, found.status) == (1250, "EUR", Direction.CREDIT, Status.SUCCESS)
    assert (found.booked_at, found.raw_ref, found.ingested_at) == (dt.datetime(2026, 3, 4, 4, tzinfo=dt.UTC), "raw#0", NOW)
    assert (found.channel, found.transaction_type, found.is_reversal, found.value_date, found.fee_minor) == (
        "OTHER",
        "OTHER",
        False,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("rule", "amount", "minor", "direction"),
    [
        ({}, "-12.50", 1250, "DEBIT"),
        ({}, Decimal("12.5"), 1250, "CREDIT"),
        ({}, 12, 1200, "CREDIT"),
        ({}, "0.00", 0, "CREDIT"),
        ({"unit": "minor"}, -1250, 1250, "DEBIT"),
        ({"unit": "minor"}, "1250", 1250, "CREDIT"),
        ({"unit": "minor"}, Decimal("1.25E+3"), 1250, "CREDIT"),
        ({"decimal": ",", "group": "."}, "1.250.000,5", 125_000_050, "CREDIT"),
        ({"group": " "}, "1 250.00", 125_000, "CREDIT"),
    ],
)
def test_signed_amounts(rule: dict[str, str], amount: Any, minor: int, direction: str) -> None:
    found = mapped({"amount": {"field": "amount"} | rule}, amount=amount)
    assert (found.amount_minor, found.direction) == (minor, direction)


@pytest.mark.parametrize(
    ("credit", "debit", "expected"),
    [
        ("1.00", "", (100, "CREDIT")),
        (None, "1.00", (100, "DEBIT")),
        ("0.00", "1.00", (100, "DEBIT")),
        ("1.00", "1.00", None),
        ("", None, None),
        ("-1.00", "", None),
        ("0", "0", None),
    ],
)
def test_pairs_of_columns(credit: Any, debit: Any, expected: tuple[int, str] | None) -> None:
    rules = {"amount": {"credit": "in", "debit": "out"}, "direction": None}
    if expected is None:
        with pytest.raises(MappingError, match="amount: credit is") as raised:
            mapped(rules, **{"in": credit, "out": debit})
        assert raised.value.reason == "amount"
    else:
        found = mapped(rules, **{"in": credit, "out": debit})
        assert (found.amount_minor, found.direction) == expected


def test_a_column_of_negative_debits_is_taken_without_its_sign_on_request() -> None:
    rules = {"amount": {"credit": "in", "debit": "out", "absolute": True}, "direction": None}
    found = mapped(rules, **{"in": None, "out": "-7.00"})
    assert (found.amount_minor, found.direction) == (700, "DEBIT")


def test_a_sign_beside_a_word_for_the_direction_is_refused_unless_it_says_the_same() -> None:
    by_word = {"field": "side", "map": {"D": "DEBIT"}}
    with pytest.raises(MappingError, match="below zero, but direction says the way"):
        mapped({"direction": by_word}, side="D", amount="-1.00")
    found = mapped({"direction": by_word, "amount": {"field": "amount", "absolute": True}}, side="D", amount="-1.00")
    assert (found.amount_minor, found.direction) == (100, "DEBIT")


FLAG = {"reversal": {"field": "flag"}}
KINDS = {"transaction_type": {"field": "kind", "map": {"1": "PAYMENT", "true": "FEE"}}}
BY_STATE = {"status": {"field": "state", "map": {"done": "SUCCESS", "gone": "VOID"}}}


@pytest.mark.parametrize(
    ("rules", "record", "name", "value"),
    [
        ({"account": "acc.iban"}, {"acc": {"iban": "DE1"}}, "txn_id", "DE1:E1"),
        ({"account": {"constant": "X"}}, {}, "account_id", "X"),
        ({"id": {"join": ["day", "no"], "by": "/"}}, {"day": "0304", "no": 7}, "txn_id", "ACC:0304/7"),
        ({"currency": {"constant": "JPY"}}, {"amount": "12"}, "amount_minor", 12),
        ({}, {"ccy": "eur"}, "currency", "EUR"),
        (BY_STATE, {"state": "gone"}, "status", Status.VOID),
        (KINDS, {"kind": 1}, "transaction_type", "PAYMENT"),
        (KINDS, {"kind": True}, "transaction_type", "FEE"),
        (KINDS, {"kind": None}, "transaction_type", "OTHER"),
        ({"channel": {"field": "way", "map": {"u": "UPI"}, "otherwise": "ONLINE"}}, {"way": "x"}, "channel", "ONLINE"),
        ({"channel": "way"}, {"way": "UPI"}, "channel", "UPI"),
        (FLAG, {"flag": True}, "is_reversal", True),
        (FLAG, {}, "is_reversal", False),
        ({"reversal": {"field": "kind", "values": ["R"]}}, {"kind": "R"}, "is_reversal", True),
        ({"reversal": {"field": "kind", "values": ["R"]}}, {"kind": None}, "is_reversal", False),
        ({"revision": "version"}, {"version": "12"}, "revision", 12),
        ({"revision": {"field": "up", "format": "unix"}}, {"up": 1_700_000_000}, "revision", 1_700_000_000_000),
        ({"fee": "fee"}, {"fee": "-0.30"}, "fee_minor", -30),
        ({"fee": "fee"}, {"fee": None}, "fee_minor", None),
        (
            {"value_date": {"field": "v", "format": "date", "zone": "Asia/Kolkata"}},
            {"v": "2026-03-05"},
            "value_date",
            dt.date(2026, 3, 5),
        ),
        ({"value_date": {"field": "v", "zone": "Asia/Kolkata"}}, {"v": "2026-03-04T20:00:00Z"}, "value_date", dt.date(2026, 3, 5)),
        ({"value_date": {"field": "v", "format": "date", "zone": "UTC"}}, {"v": ""}, "value_date", None),
        ({"description": {"join": ["a", "b", "c"]}}, {"a": "one", "b": "", "c": 3}, "description", "one 3"),
        ({"description": ["a", "b"]}, {"a": None, "b": "two"}, "description", "two"),
        ({"description": ["a", "b"]}, {}, "description", None),
        ({"reference_number": "lines.0.ref"}, {"lines": [{"ref": "R"}]}, "reference_number", "R"),
    ],
)
def test_rules(rules: dict[str, Any], record: dict[str, Any], name: str, value: Any) -> None:
    assert getattr(mapped(rules, **record), name) == value


@pytest.mark.parametrize(
    ("rules", "record", "field", "reason"),
    [
        ({}, {"id": None}, "id", "malformed_record"),
        ({}, {"id": ["E1"]}, "id", "malformed_record"),
        ({}, {"id": "E\0"}, "id", "malformed_record"),
        ({"id": {"join": ["id", "no"]}}, {}, "id", "malformed_record"),
        ({"account": "acc"}, {}, "account", "malformed_record"),
        ({}, {"ccy": "rupees"}, "currency", "currency"),
        ({}, {"amount": None}, "amount", "amount"),
        ({}, {"amount": "12.345"}, "amount", "amount"),
        ({}, {"amount": "1,250.00"}, "amount", "amount"),
        ({}, {"amount": True}, "amount", "amount"),
        ({}, {"amount": "99999999999999999999"}, "amount", "amount"),
        ({"amount": {"field": "amount", "unit": "minor"}}, {"amount": Decimal("1.5")}, "amount", "amount"),
        ({"direction": {"field": "side", "map": {"C": "CREDIT"}}}, {"side": "c"}, "direction", "unknown_direction"),
        ({"direction": {"field": "side", "map": {"C": "CREDIT"}}}, {}, "direction", "unknown_direction"),
        (BY_STATE, {"state": "new"}, "status", "unknown_status"),
        (BY_STATE, {}, "status", "unknown_status"),
        (KINDS, {"kind": "gift"}, "transaction_type", "unknown_transaction_type"),
        (FLAG, {"flag": "yes"}, "reversal", "malformed_record"),
        ({"revision": "version"}, {"version": -1}, "revision", "malformed_record"),
        ({"revision": "version"}, {"version": 2**63}, "revision", "malformed_record"),
        ({"revision": {"field": "up", "format": "unix"}}, {"up": "soon"}, "revision", "time"),
        ({"fee": "fee"}, {"fee": "x"}, "fee", "amount"),
        ({}, {"at": "2026-03-04T09:30:00"}, "booked_at", "time"),
        ({}, {"at": "0001-01-01T00:00:00+10:00"}, "booked_at", "time"),
        ({}, {"at": 1_700_000_000}, "booked_at", "time"),
        ({"value_date": {"field": "v", "format": "date", "zone": "UTC"}}, {"v": "04.03.2026"}, "value_date", "time"),
    ],
)
def test_what_cannot_be_kept_as_it_is_meant_is_refused(
    rules: dict[str, Any], record: dict[str, Any], field: str, reason: str
) -> None:
    with pytest.raises(MappingError) as raised:
        mapped(rules, **record)
    assert (raised.value.field, raised.value.reason) == (field, reason)
    assert str(raised.value).startswith(f"{field}: ")


@pytest.mark.parametrize("record", ["E1", None, 7, ["E1"]])
def test_a_record_is_an_object(record: Any) -> None:
    with pytest.raises(MappingError, match="a record is an object"):
        to_transaction(record, FieldRules.model_validate(RULES), ORIGIN)
    assert identity_of(record, FieldRules.model_validate(RULES)) is None


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, places=3)
    | st.text(max_size=5)
    | st.just("2026-03-04"),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@settings(max_examples=80)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*RECORD, "side", "state", "v", "fee", "flag", "version", "text"), VALUES)))
def test_any_record_is_mapped_or_refused(record: dict[str, Any]) -> None:
    rules = FieldRules.model_validate(
        RULES
        | BY_STATE
        | FLAG
        | {
            "value_date": {"field": "v", "format": "date", "zone": "UTC"},
            "fee": "fee",
            "revision": "version",
            "description": "text",
        }
    )
    try:
        to_transaction({**RECORD, "state": "done", "version": 1} | record, rules, ORIGIN)
    except (MappingError, SchemaError) as error:
        assert str(error)


@settings(max_examples=60)
@given(minor=st.integers(-(10**15), 10**15), currency=st.sampled_from(["EUR", "JPY", "KWD", "CLF"]))
def test_amounts_come_back_as_they_were_sent(minor: int, currency: str) -> None:
    text = format_minor(minor, currency)
    for amount in (text, parse_json(text.encode(), "amount")):
        found = mapped(amount=amount, ccy=currency)
        assert found.amount_minor * (1 if found.direction is Direction.CREDIT else -1) == minor


FORMATS = [
    {},
    {"zone": "Asia/Kolkata"},
    {"format": "unix"},
    {"format": "unix_ms"},
    {"format": "%Y-%m-%d %H:%M:%S", "zone": "Asia/Kolkata"},
    {"format": "%d.%m.%y %H:%M:%S %z", "zone": "America/New_York"},
]


@settings(max_examples=60)
@given(seconds=st.integers(946_684_800, 2_840_140_799), written=st.sampled_from(FORMATS))  # the years 2000 to 2059
def test_a_time_that_was_written_is_read_again(seconds: int, written: dict[str, str]) -> None:
    moment = dt.datetime.fromtimestamp(seconds, dt.UTC)
    form = MomentFormat.model_validate(written)
    assert form.read(form.write(moment)) == moment
    # The start of a window is never after the moment that it stands for.
    assert form.read(form.write(moment + dt.timedelta(microseconds=999))) == moment


@pytest.mark.parametrize(
    ("form", "by_day"),
    [({}, False), ({"format": "unix"}, False), ({"format": "date", "zone": "UTC"}, True)]
    + [
        ({"format": pattern, "zone": "UTC"}, by_day)
        for pattern, by_day in (("%d/%m/%Y", True), ("%d/%m/%Y %H", False), ("%c", False))
    ],
)
def test_formats_of_days_are_told_from_formats_of_times(form: dict[str, str], by_day: bool) -> None:
    assert MomentFormat.model_validate(form).by_day is by_day


def test_a_day_is_its_first_moment_in_its_zone() -> None:
    assert MomentFormat(format="date", zone="Asia/Kolkata").read("2026-03-04") == dt.datetime(2026, 3, 3, 18, 30, tzinfo=dt.UTC)


def test_places_are_filled_and_keep_their_kind() -> None:
    request = ListingRequest.model_validate(
        {
            "path": "/a/{account}/list",
            "method": "POST",
            "params": {"q": "from:{from}", "n": 5},
            "body": {"range": ["{from}", {"to": "{to}"}], "flag": True},
        }
    )
    places: dict[str, str | int] = {"account": "A/1 ü", "from": 17, "to": "x"}
    assert request.places == {"account", "from", "to"}
    assert filled(request.path, places, quoted=True) == "/a/A%2F1%20%C3%BC/list"
    assert filled(request.params, places) == {"q": "from:17", "n": 5}
    assert filled(request.body, places) == {"range": [17, {"to": "x"}], "flag": True}
