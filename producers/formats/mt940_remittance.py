"""Field 86 of MT940/MT942 in its dialects: German subfields, slash-structured (Dutch, Swiss), and free text.

Source: DFÜ agreement annex 3 (German ?00..?63 and the SEPA keys inside the purpose); Rabobank, ABN AMRO and ING guides for
`/EREF/.../REMI/...`; Polish banks write the German subfields with `~`, `<` or `>` for `?`.
"""

import re
from typing import NamedTuple

from producers.formats.references import clean_reference

__all__ = ["Remittance", "parse_remittance"]

_GERMAN = re.compile(r"(?P<code>\d{3})?(?P<separator>[?<>~^])(?=\d{2})", re.ASCII)
_SUBFIELDS = {separator: re.compile(rf"{re.escape(separator)}(?=\d\d)") for separator in "?<>~^"}
_PURPOSE = frozenset([*(str(number) for number in range(20, 30)), "60", "61", "62", "63"])
_SEPA_KEY = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|COAM|OAMT|SVWZ|ABWA|ABWE|IBAN|BIC|PURP|RREF)\+", re.ASCII)
_BANK_NOTICE = "MTLG:"
"""Begins what the bank itself says, such as why it returns the payment; it is in no reference before it."""
_SLASH_KEYS = (
    "EREF|MARF|CSID|KREF|PREF|RTRN|ORDP|BENM|CNTP|REMI|ISDT|PURP|TRTP|IBAN|BIC|NAME|ULTC|ULTD|ULTB|TRCD|ACCW|OCMT|CHGS|"
    "PREF|NRTX|INIT|USTD|STRD|ADDR|ID"
)
_SLASH = re.compile(rf"/({_SLASH_KEYS})/", re.ASCII)
_SLASH_START = re.compile(rf"\s*(?:\d{{3}})?/(?:{_SLASH_KEYS})/", re.ASCII)


class Remittance(NamedTuple):
    """What field 86 says. `text` is the payment's purpose, whole when the field has no structure."""

    text: str | None = None
    code: str | None = None
    end_to_end_id: str | None = None
    customer_reference: str | None = None
    mandate_id: str | None = None
    counterparty_name: str | None = None
    counterparty_account: str | None = None
    counterparty_bank: str | None = None


def parse_remittance(lines: list[str]) -> Remittance:
    """Field 86 from its lines; never fails, because text that fits no dialect is free text."""
    head = lines[0]
    match = _GERMAN.match(head)
    if match is not None:
        return _german("".join(lines), match)
    if head.lstrip()[:1] == "/" or head[3:4] == "/":
        joined = "".join(lines)
        if _SLASH_START.match(joined):
            return _slash(joined)
    return Remittance(text="\n".join(line.rstrip() for line in lines).strip() or None)


def _german(text: str, match: re.Match[str]) -> Remittance:
    subfields: dict[str, str] = {}
    purpose: list[str] = []
    for part in _SUBFIELDS[match["separator"]].split(text[match.start("separator") :])[1:]:
        code = part[:2]
        if code in _PURPOSE:
            purpose.append(part[2:])
        else:
            subfields[code] = subfields.get(code, "") + part[2:]
    # Keys and values are cut after 27 characters wherever that falls, so the parts are joined before they are split.
    said, _, notice = "".join(purpose).partition(_BANK_NOTICE)
    free, sepa = _sepa(said)
    texts = [part for part in (sepa.get("SVWZ", free).strip(), notice.strip()) if part]
    remittance = "\n".join(texts) or subfields.get("00", "").strip()
    return Remittance(
        text=remittance or None,
        code=match["code"],
        end_to_end_id=clean_reference(sepa.get("EREF")),
        customer_reference=clean_reference(sepa.get("KREF")),
        mandate_id=clean_reference(sepa.get("MREF")),
        counterparty_name=(subfields.get("32", "") + subfields.get("33", "")).strip() or sepa.get("ABWA", "").strip() or None,
        counterparty_account=(sepa.get("IBAN") or subfields.get("38") or subfields.get("31") or "").strip() or None,
        counterparty_bank=(sepa.get("BIC") or subfields.get("30") or "").strip() or None,
    )


def _sepa(purpose: str) -> tuple[str, dict[str, str]]:
    parts = _SEPA_KEY.split(purpose)
    return parts[0], dict(zip(parts[1::2], parts[2::2], strict=True))


def _slash(text: str) -> Remittance:
    parts = _SLASH.split(text)
    values: dict[str, str] = {}
    for key, value in zip(parts[1::2], parts[2::2], strict=True):
        if not values.get(key):
            # Some banks end each value with a slash of its own: `/EREF/42//CNTP/...`.
            values[key] = value.rstrip("/")
    name, account, bank = values.get("NAME"), values.get("IBAN"), values.get("BIC")
    if "CNTP" in values:
        # ING: /CNTP/account/bic/name/city/
        fields = [*values["CNTP"].split("/"), "", "", ""]
        account, bank, name = fields[0] or account, fields[1] or bank, fields[2] or name
    remittance = values.get("REMI", "")
    for marker in ("USTD//", "STRD/CUR/"):
        remittance = remittance.removeprefix(marker)
    remittance = remittance.strip() or values.get("USTD", "").strip("/ ") or values.get("STRD", "").strip("/ ")
    return Remittance(
        text=remittance or text.strip(),
        end_to_end_id=clean_reference(values.get("EREF")),
        customer_reference=clean_reference(values.get("KREF") or values.get("PREF")),
        mandate_id=clean_reference(values.get("MARF")),
        counterparty_name=(name or "").strip() or None,
        counterparty_account=(account or "").strip() or None,
        counterparty_bank=(bank or "").strip() or None,
    )
