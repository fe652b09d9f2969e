"""Control files that a bank puts beside its data (`.done`, `.ok`, `.ctl`), and what they promise about it.

A trailer may be empty: then it only says that its data is whole. One with content is read as the feed declares it, and every
promise that the feed names is kept or the file is quarantined.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from producers.errors import FileFormatError, ProducerError
from producers.kit.http.payload import parse_json
from schemas.errors import SchemaError
from schemas.money import parse_minor
from schemas.records import CanonicalStatement

__all__ = ["TrailerForm", "TrailerOptions", "broken_promises", "parse_trailer"]

_MOST_BYTES = 64 << 10


class TrailerForm(StrEnum):
    """How a trailer is written."""

    PRESENCE = "presence"
    KEY_VALUE = "key_value"
    CSV = "csv"
    JSON = "json"


Promise = Literal["size", "sha256", "entries", "credit", "debit", "credit_minor", "debit_minor", "currency"]
"""`size` in bytes and `sha256` (hex) are of the file as transferred. `entries` counts its booked entries; `credit` and `debit`
are their sums in major units, `..._minor` in minor units; `currency` names the currency of the sums."""


class TrailerOptions(BaseModel):
    """What the file of sources says under `options.trailer`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = "{name}.done"
    """Name of the trailer: `{name}` is the data file's, `{stem}` the same without its last extension."""
    form: TrailerForm = TrailerForm.PRESENCE
    """`key_value`: a line `KEY=VALUE` or `KEY: VALUE` each. `csv`: a header line and one line of values. `json`: one object."""
    fields: dict[Promise, str] = Field(default_factory=dict)
    """Promise → its key, column or member in the trailer; each one named must be there. Members of members are joined by dots."""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    decimal: str = "."
    group: str = ","
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    """Currency of `credit` and `debit`, where the trailer names none."""

    @model_validator(mode="after")
    def _consistent(self) -> "TrailerOptions":
        if "{name}" not in self.name and "{stem}" not in self.name:
            raise ValueError("trailer.name needs {name} or {stem}")
        if self.fields and self.form is TrailerForm.PRESENCE:
            raise ValueError("trailer.fields needs a form: key_value, csv or json")
        if {"credit", "debit"} & set(self.fields) and self.currency is None and "currency" not in self.fields:
            raise ValueError("trailer.currency is needed to read the sums")
        return self

    def of(self, data: str) -> str:
        """Name of the trailer of a data file."""
        folder, slash, last = data.rpartition("/")
        stem = last.rpartition(".")[0] or last
        return folder + slash + self.name.replace("{name}", last).replace("{stem}", stem)


def parse_trailer(content: bytes, options: TrailerOptions) -> dict[str, str]:
    """The promises of a trailer, as written.

    Raises:
        FileFormatError: it is not of its declared form, or lacks a field that the feed names.
    """
    if options.form is TrailerForm.PRESENCE:
        return {}
    if len(content) > _MOST_BYTES:
        raise FileFormatError(f"the trailer has {len(content)} bytes, more than {_MOST_BYTES}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError("the trailer is no UTF-8") from error
    read = {TrailerForm.KEY_VALUE: _key_value, TrailerForm.CSV: _csv, TrailerForm.JSON: _json}[options.form]
    values = read(text, options)
    missing = [key for key in options.fields.values() if not values.get(key)]
    if missing:
        raise FileFormatError(f"the trailer lacks {', '.join(missing)}; it has {', '.join(values) or 'nothing'}")
    return {promise: values[key] for promise, key in options.fields.items()}


def broken_promises(
    promises: Mapping[str, str],
    options: TrailerOptions,
    *,
    size: int,
    sha256: str,
    statements: Sequence[CanonicalStatement],
) -> list[str]:
    """What the trailer says otherwise than the file, in words; empty when every promise is kept.

    Args:
        promises: of `parse_trailer`.
        options: the feed's.
        size: bytes of the file as transferred.
        sha256: of the same bytes, lower-case hex.
        statements: everything that was parsed of it.
    """
    try:
        wanted = _wanted(promises, options)
    except (ValueError, SchemaError) as error:
        return [f"the trailer cannot be read: {error}"]
    found: dict[str, Any] = {
        "size": size,
        "sha256": sha256,
        "entries": sum(one.entry_count or 0 for one in statements),
        "credit_minor": sum(one.credit_minor or 0 for one in statements),
        "debit_minor": sum(one.debit_minor or 0 for one in statements),
    }
    broken = [f"{name} is {found[name]}, the trailer says {value}" for name, value in wanted.items() if found[name] != value]
    currencies = {one.currency for one in statements if one.currency}
    if {"credit_minor", "debit_minor"} & set(wanted) and len(currencies) > 1:
        broken.append(f"the sums of the trailer are over several currencies: {', '.join(sorted(currencies))}")
    return broken


def _wanted(promises: Mapping[str, str], options: TrailerOptions) -> dict[str, int | str]:
    currency = promises.get("currency", options.currency) or ""
    wanted: dict[str, int | str] = {}
    for promise, text in promises.items():
        if promise == "sha256":
            wanted[promise] = text.strip().lower()
        elif promise in {"credit", "debit"}:
            minor = parse_minor(text, currency, decimal=options.decimal, group=options.group)
            wanted[f"{promise}_minor"] = abs(minor)
        elif promise != "currency":
            wanted[promise] = int(text)
    return wanted


def _key_value(text: str, _options: TrailerOptions) -> dict[str, str]:
    values = {}
    for line in filter(str.strip, text.splitlines()):
        mark = min((at for at in (line.find("="), line.find(":")) if at > 0), default=-1)
        if mark < 0:
            raise FileFormatError(f"the trailer has a line without = or colon: {line[:60]!r}")
        values[line[:mark].strip()] = line[mark + 1 :].strip()
    return values


def _csv(text: str, options: TrailerOptions) -> dict[str, str]:
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=options.delimiter) if row]
    if len(rows) != 2 or len(rows[0]) != len(rows[1]):
        raise FileFormatError("the trailer is not a header line and one line of as many values")
    return {key.strip(): value.strip() for key, value in zip(*rows, strict=True)}


def _json(text: str, _options: TrailerOptions) -> dict[str, str]:
    try:
        document = parse_json(text.encode(), "trailer")
    except ProducerError as error:
        raise FileFormatError(f"the trailer is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise FileFormatError("the trailer is no JSON object")
    return dict(_flat(document, ""))


def _flat(document: Mapping[str, Any], prefix: str) -> list[tuple[str, str]]:
    found = []
    for key, value in document.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{key}.")
        elif isinstance(value, str | int | Decimal) and not isinstance(value, bool):
            found.append((f"{prefix}{key}", str(value)))
    return found
