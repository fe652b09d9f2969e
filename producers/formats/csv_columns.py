"""What the columns of a delimited file mean: a declared mapping, or headers that everybody uses."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from producers.errors import ConfigurationError

__all__ = ["COLUMNS", "CsvMapping", "mapping_of", "recognise_header"]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "transaction id", "txn id", "txnid", "record id", "entry id", "payment id", "transactionid"),
    "date": ("date", "booking date", "booked", "txn date", "transaction date", "posting date", "tran date", "buchungstag"),
    "value_date": ("value date", "value dt", "valuta", "valutadatum"),
    "amount": ("amount", "amt", "transaction amount", "betrag", "value"),
    "debit": ("debit", "debit amount", "withdrawal", "withdrawal amt", "withdrawal amount", "paid out", "money out", "dr"),
    "credit": ("credit", "credit amount", "deposit", "deposit amt", "deposit amount", "paid in", "money in", "cr"),
    "direction": ("direction", "dr/cr", "cr/dr", "debit/credit", "credit/debit", "drcr", "type", "sign", "cdtdbtind"),
    "currency": ("currency", "ccy", "curr", "currency code", "waehrung", "währung"),
    "reference": (
        "reference", "ref", "reference number", "ref no", "reference no", "utr", "rrn", "chq/ref no", "ref no/cheque no",
        "end to end id", "customer reference", "transaction reference", "cheque number",
    ),
    "description": (
        "description", "memo", "narration", "details", "text", "particulars", "remarks", "transaction remarks", "verwendungszweck",
    ),
    "counterparty": ("counterparty", "name", "payee", "payer", "beneficiary", "counterparty name"),
    "account": ("account", "account id", "account number", "account no", "iban"),
    "balance": ("balance", "closing balance", "running balance", "saldo"),
}  # fmt: skip
"""Canonical column → headers that mean it, lower case and without punctuation (`normal_header`)."""

_BY_HEADER = {header: column for column, headers in COLUMNS.items() for header in headers}
_PARENTHESIS = re.compile(r"\([^()]*\)")
_NOISE = re.compile(r"[^\w/]+")


class CsvMapping(BaseModel):
    """How one feed's delimited files are to be read. Whatever is left out is recognised from the content, never guessed.

    Attributes:
        columns: canonical column (see `COLUMNS`) → header as the file writes it.
        encoding: `utf-8-sig` unless said otherwise; a UTF-16 byte order mark is honoured by itself.
        delimiter: None to recognise one of comma, semicolon, tab and bar.
        date_format: as `datetime.strptime` takes it; None to take the only format that fits every date of the column.
        decimal: decimal separator; None to take the only one that fits every amount of the columns.
        signs: `positive_credit` when a positive amount is money in, `positive_debit` for the inverse (card statements).
        credit_flags: values of the direction column that mean money in. `debit_flags`: that mean money out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: dict[str, str] = Field(default_factory=dict)
    encoding: str = "utf-8-sig"
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    date_format: str | None = None
    decimal: Literal[".", ","] | None = None
    signs: Literal["positive_credit", "positive_debit"] = "positive_credit"
    credit_flags: tuple[str, ...] = ("C", "CR", "CREDIT", "CRDT", "IN", "DEPOSIT", "+")
    debit_flags: tuple[str, ...] = ("D", "DR", "DEBIT", "DBIT", "OUT", "WITHDRAWAL", "-")


def mapping_of(options: Mapping[str, Any]) -> CsvMapping:
    """The mapping of a feed's options.

    Raises:
        ConfigurationError: a key or value does not fit; the message names it.
    """
    try:
        mapping = CsvMapping.model_validate(dict(options))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        raise ConfigurationError(f"csv mapping: {wrong}") from None
    unknown = set(mapping.columns) - set(COLUMNS)
    if unknown:
        raise ConfigurationError(f"csv mapping: columns {', '.join(sorted(unknown))} are not known; use {', '.join(COLUMNS)}")
    return mapping


def normal_header(text: str) -> str:
    """`Withdrawal Amt.` → `withdrawal amt`; `Balance (INR )` → `balance`."""
    return (
        _NOISE.sub(" ", _PARENTHESIS.sub("", text.replace(".", " ").replace("_", " ")))
        .strip()
        .replace(" /", "/")
        .replace("/ ", "/")
        .lower()
    )


def recognise_header(cells: Iterable[str], mapping: CsvMapping) -> dict[str, int]:
    """Canonical column → index, for a row that is a header; empty for a row that is none.

    A header names a date and an amount (or debit or credit). Declared columns win over recognised ones.
    """
    found: dict[str, int] = {}
    declared = {header.strip().lower(): column for column, header in mapping.columns.items()}
    for index, cell in enumerate(cells):
        column = declared.get(cell.strip().lower())
        if column is not None:
            found[column] = index
            continue
        column = _BY_HEADER.get(normal_header(cell))
        if column is not None and column not in mapping.columns:
            found.setdefault(column, index)
    has_amount = "amount" in found or "debit" in found or "credit" in found
    return found if "date" in found and has_amount and set(mapping.columns) <= set(found) else {}
