from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import AmountError
from schemas.money import MAX_AMOUNT_MINOR, currency_exponent, format_minor, parse_minor

currencies = st.sampled_from(["INR", "EUR", "JPY", "KWD", "CLF"])
amounts = st.integers(-MAX_AMOUNT_MINOR, MAX_AMOUNT_MINOR)


@pytest.mark.parametrize(
    ("currency", "exponent"), [("EUR", 2), ("INR", 2), ("JPY", 0), ("KRW", 0), ("UGX", 0), ("KWD", 3), ("TND", 3), ("CLF", 4)]
)
def test_exponents_of_iso_4217(currency: str, exponent: int) -> None:
    assert currency_exponent(currency) == exponent


@pytest.mark.parametrize("currency", ["", "EU", "EURO", "eur", "E1R", "ÄÖÜ", "₹₹₹"])
def test_what_is_no_currency(currency: str) -> None:
    with pytest.raises(AmountError, match="three capital letters"):
        currency_exponent(currency)


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("10,50,510.00", "INR", 105_051_000),
        ("1,050,510.00", "EUR", 105_051_000),
        (" -12.5 ", "EUR", -1250),
        ("+.5", "EUR", 50),
        ("5.", "EUR", 500),
        ("0012", "JPY", 12),
        ("1.200", "KWD", 1200),
        ("1.50000", "EUR", 150),  # more digits, but no more value
        ("1\u00a0234.00", "EUR", 123_400),
        (12, "EUR", 1200),
        (Decimal("12.34"), "EUR", 1234),
        (Decimal("1E+3"), "JPY", 1000),
        ("92233720368547758.07", "EUR", MAX_AMOUNT_MINOR),
    ],
)
def test_amounts_that_providers_send(text: str | int | Decimal, currency: str, minor: int) -> None:
    assert parse_minor(text, currency) == minor


def test_other_separators() -> None:
    assert parse_minor("1.234,56", "EUR", decimal=",", group=".") == 123_456
    assert parse_minor("1'234.56", "CHF", group="'") == 123_456
    assert parse_minor("1234,5", "EUR", decimal=",", group="") == 123_450


@pytest.mark.parametrize(
    "text", ["", " ", ".", "-", "1.2.3", "1e3", "NaN", "Infinity", "0x10", "12,34.5,6", "--1", "1-", "١٢", "1_000", "1 000"]
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(AmountError, match="is no amount"):
        parse_minor(text, "EUR")


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity"), Decimal("sNaN")])
def test_decimals_that_are_no_number(value: Decimal) -> None:
    with pytest.raises(AmountError):
        parse_minor(value, "EUR")


@pytest.mark.parametrize("value", [1.0, 0.1, True, None, b"1"])
def test_other_types_are_refused(value: object) -> None:
    with pytest.raises(AmountError, match="never as float"):
        parse_minor(value, "EUR")  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "currency"), [("0.001", "EUR"), ("1.5", "JPY"), ("1.0001", "KWD")])
def test_nothing_is_rounded(text: str, currency: str) -> None:
    with pytest.raises(AmountError, match="more decimals"):
        parse_minor(text, currency)


@pytest.mark.parametrize("text", ["92233720368547758.08", "-92233720368547758.08", "9" * 40, Decimal("1E+999"), "9" * 5000])
def test_more_than_64_bits(text: str | Decimal) -> None:
    with pytest.raises(AmountError):
        parse_minor(text, "EUR")


@given(amount=amounts, currency=currencies)
def test_format_and_parse_are_inverse(amount: int, currency: str) -> None:
    text = format_minor(amount, currency)
    assert parse_minor(text, currency) == amount
    assert parse_minor(Decimal(text), currency) == amount
    assert len(text.partition(".")[2]) == currency_exponent(currency)


@given(text=st.text(max_size=20), currency=currencies)
def test_any_text_is_an_amount_or_an_error(text: str, currency: str) -> None:
    try:
        minor = parse_minor(text, currency)
    except AmountError:
        return
    assert parse_minor(format_minor(minor, currency), currency) == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"), [(-1250, "EUR", "-12.50"), (5, "EUR", "0.05"), (-5, "KWD", "-0.005"), (0, "JPY", "0")]
)
def test_format(minor: int, currency: str, text: str) -> None:
    assert format_minor(minor, currency) == text
