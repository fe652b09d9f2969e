"""What the columns of a delimited file mean: a declared mapping, or headers that everybody uses."""

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from producers.formats.contract import EntryStatus

__all__ = ["COLUMNS", "Columns", "CsvMapping", "header_fingerprint", "normal_header", "recognise_header"]

Columns = Mapping[str, tuple[int, ...]]
"""Canonical column → the cells it may stand in, the first that is not empty counts; for `id_columns` and `fee_columns` all."""

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
    "channel": ("channel", "payment channel", "payment method", "payment mode"),
    "balance": ("balance", "closing balance", "running balance", "saldo"),
    "gross": (), "net": (), "settlement": (), "settlement_reference": (), "status": (), "kind": (),
}  # fmt: skip
"""Canonical column → headers that mean it, lower case and without punctuation (`normal_header`).

`gross` and `net` are held against amount and fee; `settlement` is the payout or batch and `settlement_reference` what the bank
calls it; `status` and `kind` are read through `statuses` and `types` of the mapping. They are only read where a mapping names them.
"""

_BY_HEADER = {header: column for column, headers in COLUMNS.items() for header in headers}
_PARENTHESIS = re.compile(r"\([^()]*\)")
_NOISE = re.compile(r"[^\w/]+")


class CsvMapping(BaseModel):
    """How one feed's tables (delimited text, spreadsheets, HTML) are to be read.

    Whatever is left out is recognised from the content, never guessed.

    Attributes:
        name: a ready-made mapping (`producers.formats.mappings`) that the other settings change; by default the header tells.
        columns: canonical column (see `COLUMNS`) → header as the file writes it, or several of which the first filled one counts.
        id_columns: headers that make the row's id together, where no single one does. `fee_columns`: headers that are summed.
        optional: canonical columns that may be missing although `columns` names them.
        only_declared: take no column that `columns` does not name.
        encoding: `utf-8-sig` unless said otherwise; a UTF-16 byte order mark is honoured by itself.
        delimiter: None to recognise one of comma, semicolon, tab and bar.
        date_format: as `datetime.strptime` takes it, or several; None to take the only format that fits every date of the column.
        decimal: decimal separator; None to take the only one that fits every amount of the columns.
        symbols: currency signs that stand beside amounts, such as `$`.
        currency: ISO 4217, where no column says it; it wins over the feed's default.
        signs: `positive_credit` when a positive amount is money in, `positive_debit` for the inverse (card statements).
        credit_flags: values of the direction column that mean money in. `debit_flags`: that mean money out.
        amounts: `gross` when the amount is before the fee, `net` when it is after; an entry's amount is always before.
        fee_signs: `positive_cost` when a positive fee was kept by the source, `negative_cost` for the inverse.
        statuses: value of the status column, lower case → status; a value that is not listed is quarantined.
        types: value of the kind column, lower case → canonical transaction type; a value that is not listed is a finding.
        totals: regular expressions; a row they match has the sums of the amount columns so far, which are held against the entries.
        skip: regular expressions; a row they match is no entry. `stop`: the row that begins the footer, which is not read.
        wrapped: a row with nothing but text continues the description of the row before.
        reference_patterns: regular expressions; the first hit in the description is the end-to-end id.
        zero_sum: whether the net amounts of one settlement sum to zero: `always`, or with its `payout` row, or `never`.
        payout_types: canonical types of the row that pays a settlement out.
        fingerprint: of the header as `reconduit inspect` shows it; another header stops the feed.
        sheet: name of the sheet of a workbook; None for the only one with a header.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str | None = None
    columns: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)
    id_columns: tuple[str, ...] = ()
    fee_columns: tuple[str, ...] = ()
    optional: frozenset[str] = frozenset()
    only_declared: bool = False
    encoding: str = "utf-8-sig"
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    date_format: str | tuple[str, ...] | None = None
    decimal: Literal[".", ","] | None = None
    symbols: str = ""
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    signs: Literal["positive_credit", "positive_debit"] = "positive_credit"
    credit_flags: tuple[str, ...] = ("C", "CR", "CREDIT", "CRDT", "IN", "DEPOSIT", "+")
    debit_flags: tuple[str, ...] = ("D", "DR", "DEBIT", "DBIT", "OUT", "WITHDRAWAL", "-")
    amounts: Literal["gross", "net"] = "gross"
    fee_signs: Literal["positive_cost", "negative_cost"] = "positive_cost"
    statuses: dict[str, EntryStatus] = Field(default_factory=dict)
    types: dict[str, str] = Field(default_factory=dict)
    totals: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    wrapped: bool = False
    reference_patterns: tuple[str, ...] = ()
    zero_sum: Literal["never", "payout", "always"] = "never"
    payout_types: frozenset[str] = frozenset()
    fingerprint: str | None = None
    sheet: str | None = None

    @field_validator("columns")
    @classmethod
    def _known(cls, columns: dict[str, str | tuple[str, ...]]) -> dict[str, str | tuple[str, ...]]:
        unknown = set(columns) - set(COLUMNS)
        if unknown:
            raise ValueError(f"columns {', '.join(sorted(unknown))} are not known; use {', '.join(COLUMNS)}")
        return columns

    @field_validator("totals", "skip", "stop", "reference_patterns")
    @classmethod
    def _expressions(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
        return patterns


def normal_header(text: str) -> str:
    """`Withdrawal Amt.` → `withdrawal amt`; `Balance (INR )` → `balance`."""
    return (
        _NOISE.sub(" ", _PARENTHESIS.sub("", text.replace(".", " ").replace("_", " ")))
        .strip()
        .replace(" /", "/")
        .replace("/ ", "/")
        .lower()
    )


def header_fingerprint(header: Iterable[str]) -> str:
    """Names a header: its cells in their order, without regard to letter case and blanks around and inside of them."""
    return sha256("\x1f".join(" ".join(cell.lower().split()) for cell in header).encode()).hexdigest()[:12]


def recognise_header(cells: Iterable[str], mapping: CsvMapping) -> dict[str, tuple[int, ...]]:
    """Where the canonical columns stand in a row that is a header; empty for a row that is none.

    A header names a date and an amount (or debit or credit). Declared columns win over recognised ones. `id_columns` and
    `fee_columns` stand under their own names.
    """
    row = list(cells)
    exact = {cell.strip().lower(): index for index, cell in reversed(list(enumerate(row)))}
    found: dict[str, tuple[int, ...]] = {}
    declared = mapping.columns | {"id_columns": mapping.id_columns, "fee_columns": mapping.fee_columns}
    for column, headers in declared.items():
        names = (headers,) if isinstance(headers, str) else headers
        indexes = tuple(index for name in names if (index := _place(name, exact)) is not None)
        if indexes:
            found[column] = indexes
    if not mapping.only_declared:
        taken = {index for indexes in found.values() for index in indexes}
        for index, cell in enumerate(row):
            column = _BY_HEADER.get(normal_header(cell), "")
            if column and column not in mapping.columns and index not in taken:
                found.setdefault(column, (index,))
    has_amount = "amount" in found or "debit" in found or "credit" in found
    return found if "date" in found and has_amount and set(mapping.columns) - mapping.optional <= set(found) else {}


def _place(name: str, exact: Mapping[str, int]) -> int | None:
    """Index of a declared header; blanks inside of it may differ (`Amount (INR )`, `Amount (INR)`)."""
    plain = name.strip().lower()
    if plain in exact:
        return exact[plain]
    squeezed = "".join(plain.split())
    return next((index for cell, index in exact.items() if "".join(cell.split()) == squeezed), None)
