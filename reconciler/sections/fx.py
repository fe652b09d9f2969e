"""The section `fx` and the file of rates that it may name."""

import csv
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from reconciler.errors import RulesError
from reconciler.fx import ForeignExchange, Quote, Rates, parse_rate
from reconciler.tolerance import MILLION
from reconciler.yaml_nodes import Origin, YamlValue

__all__ = ["read_fx"]

_HEADERS = ("date", "currency", "rate")
_INLINE = "the rules file"


def read_fx(value: YamlValue) -> ForeignExchange:
    """The base currency, its rates and what may differ after conversion."""
    entries = value.mapping(("base", "rates", "source", "tolerance_ppm", "days"))
    decimals = value.origin.decimals
    if decimals is None:
        value.fail("needs to know how many decimals each currency has, and the caller that reads this text did not say")
    base = value.require(entries, "base").currency()
    given = value.require(entries, "rates")
    source = entries["source"].text() if "source" in entries else None
    rates = _rates_of_file(given, source) if given.is_scalar else _inline_rates(given, source or _INLINE)
    if base in rates:
        given.fail(f"has rates of {base}, which is the base itself")
    if not rates:
        given.fail("has no rate at all")
    return ForeignExchange(
        base=base,
        rates=rates,
        decimals={currency: decimals[currency] for currency in sorted({base, *rates})},
        tolerance_ppm=entries["tolerance_ppm"].integer(maximum=MILLION) if "tolerance_ppm" in entries else 0,
        days=entries["days"].integer(maximum=366) if "days" in entries else 0,
    )


def _inline_rates(value: YamlValue, source: str) -> Rates:
    rates: dict[str, tuple[Quote, ...]] = {}
    for currency, quotes in value.mapping().items():
        if not value.origin.has_currency(currency):
            quotes.fail("is no currency; use ISO 4217 letters")
        rates[currency] = _ascending(_inline_quote(day, rate, source) for day, rate in quotes.mapping().items())
    return rates


def _inline_quote(day: str, rate: YamlValue, source: str) -> Quote:
    try:
        date = dt.date.fromisoformat(day)
    except ValueError:
        rate.fail("is no date; a date is written YYYY-MM-DD")
    try:
        parse_rate(rate.text())
    except ValueError:
        rate.fail(f"is {rate.text()!r}; a rate is a plain decimal above 0")
    return Quote(date, rate.text(), source)


def _rates_of_file(value: YamlValue, source: str | None) -> Rates:
    """Rates of a CSV file with the columns `date`, `currency` and `rate`, and `source` if it has one."""
    name = value.text()
    if value.origin.read_beside is None:
        value.fail(f"names the file {name}, and this text was not read from a folder")
    try:
        text = value.origin.read_beside(name)
    except (OSError, UnicodeDecodeError) as error:
        value.fail(f"names the file {name}, which cannot be read: {getattr(error, 'strerror', None) or error}")
    reader = csv.DictReader(text.lstrip("\ufeff").splitlines())
    lacking = [header for header in _HEADERS if header not in (reader.fieldnames or ())]
    if lacking:
        raise RulesError(f"{name}:1: lacks the columns {', '.join(lacking)}; a file of rates has {', '.join(_HEADERS)}")
    found: defaultdict[str, dict[dt.date, Quote]] = defaultdict(dict)
    for row in reader:
        currency, quote = _quote_of_row(row, f"{name}:{reader.line_num}", source or name, value.origin)
        if quote.day in found[currency]:
            raise RulesError(f"{name}:{reader.line_num}: has a second rate of {currency} on {quote.day}")
        found[currency][quote.day] = quote
    return {currency: _ascending(quotes.values()) for currency, quotes in sorted(found.items())}


def _quote_of_row(row: dict[str, str | None], place: str, source: str, origin: Origin) -> tuple[str, Quote]:
    currency, day, rate = ((row[key] or "").strip() for key in ("currency", "date", "rate"))
    if not origin.has_currency(currency):
        raise RulesError(f"{place}: {currency!r} is no currency; use ISO 4217 letters")
    try:
        date = dt.date.fromisoformat(day)
    except ValueError as error:
        raise RulesError(f"{place}: {day!r} is no date; a date is written YYYY-MM-DD") from error
    try:
        parse_rate(rate)
    except ValueError as error:
        raise RulesError(f"{place}: {rate!r} is no rate; a rate is a plain decimal above 0") from error
    return currency, Quote(date, rate, (row.get("source") or "").strip() or source)


def _ascending(quotes: Iterable[Quote]) -> tuple[Quote, ...]:
    return tuple(sorted(quotes, key=lambda quote: quote.day))
