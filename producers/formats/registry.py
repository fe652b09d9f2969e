"""The formats by name; a new one is a module with `parse` and `recognise`, and a line here."""

from collections.abc import Callable
from dataclasses import dataclass

from producers.errors import ConfigurationError
from producers.formats import (
    bai2,
    camt053,
    cfonb120,
    coda,
    csv_mapping,
    html_table,
    mt940,
    nacha,
    ofx,
    paypal_settlement,
    qif,
    spreadsheet,
)
from producers.formats.contract import StatementParser

__all__ = ["FORMATS", "StatementFormat", "format_named"]


@dataclass(frozen=True, slots=True)
class StatementFormat:
    """A readable format.

    Attributes:
        name: as feeds and reports call it.
        media_type: of its originals in the object store.
        parse: the streaming parser.
        recognise: says from the first bytes of a file whether it may be of this format.
    """

    name: str
    media_type: str
    parse: StatementParser
    recognise: Callable[[bytes], bool]


FORMATS = {
    found.name: found
    for found in (
        StatementFormat("camt.053", "application/xml", camt053.parse, camt053.recognise),
        StatementFormat("mt940", "text/plain", mt940.parse, mt940.recognise),
        StatementFormat("bai2", "text/plain", bai2.parse, bai2.recognise),
        StatementFormat("nacha", "text/plain", nacha.parse, nacha.recognise),
        StatementFormat("ofx", "application/x-ofx", ofx.parse, ofx.recognise),
        StatementFormat("cfonb120", "text/plain", cfonb120.parse, cfonb120.recognise),
        StatementFormat("coda", "text/plain", coda.parse, coda.recognise),
        StatementFormat("qif", "application/x-qif", qif.parse, qif.recognise),
        StatementFormat("spreadsheet", "application/vnd.ms-excel", spreadsheet.parse, spreadsheet.recognise),
        StatementFormat("html", "text/html", html_table.parse, html_table.recognise),
        StatementFormat("paypal.stl", "text/csv", paypal_settlement.parse, paypal_settlement.recognise),
        StatementFormat("csv", "text/csv", csv_mapping.parse, csv_mapping.recognise),
    )
}
"""By name, in the order in which a file is tried: the more specific signature first."""


_ALSO_CALLED = {
    "camt.052": "camt.053",
    "camt.054": "camt.053",
    "mt942": "mt940",
    "qfx": "ofx",
    "afb120": "cfonb120",
}


def format_named(name: str) -> StatementFormat:
    """The format of that name, or of one that the same parser reads (`afb120` is `cfonb120`, `mt942` is `mt940`).

    Raises:
        ConfigurationError: there is none; the message lists those that are.
    """
    found = FORMATS.get(_ALSO_CALLED.get(name, name))
    if found is None:
        raise ConfigurationError(
            f"format {name!r} is not known; use one of {', '.join(FORMATS)}, or leave it out to have it recognised"
        )
    return found
