"""What the words of an Indian bank's narration say about the kind of a movement.

Abbreviations as the statements of several banks show them: MMT (mobile money transfer), INF and INB (internet banking), BIL (bill
payment), ACH, NACH and ECS (mandates), CAM (cash machine deposit), CLG (clearing of a cheque), CHG and GST (charges and their tax).
"""

import re
from dataclasses import dataclass

__all__ = ["Narration", "read_narration"]

_WORD = re.compile(r"[A-Z]+", re.ASCII)
_REVERSAL = re.compile(r"^\W*(REV|RTN|RETURN|REVERSED)\b|\bREVERSAL\b", re.ASCII)
_HEAD_WORDS = 4
"""The family is among the first words; further on the same letters are part of a name or a note."""

# Word: (channel, transaction type).
_FAMILIES = {
    "UPI": ("UPI", "TRANSFER"),
    "IMPS": ("IMPS", "TRANSFER"),
    "NEFT": ("NEFT", "TRANSFER"),
    "RTGS": ("RTGS", "TRANSFER"),
    "MMT": ("MOBILE", "TRANSFER"),
    "INF": ("ONLINE", "TRANSFER"),
    "INB": ("ONLINE", "TRANSFER"),
    "BIL": ("ONLINE", "PAYMENT"),
    "ACH": ("ACH", "PAYMENT"),
    "NACH": ("ACH", "PAYMENT"),
    "ECS": ("ACH", "PAYMENT"),
    "ATM": ("ATM", "WITHDRAWAL"),
    "CAM": ("ATM", "DEPOSIT"),
    "POS": ("POS", "PAYMENT"),
    "CLG": ("CHEQUE", "PAYMENT"),
    "CHQ": ("CHEQUE", "PAYMENT"),
    "CHEQUE": ("CHEQUE", "PAYMENT"),
    "CHG": ("OTHER", "FEE"),
    "CHRG": ("OTHER", "FEE"),
    "CHARGE": ("OTHER", "FEE"),
    "CHARGES": ("OTHER", "FEE"),
    "FEE": ("OTHER", "FEE"),
    "GST": ("OTHER", "FEE"),
}


@dataclass(frozen=True, slots=True)
class Narration:
    """Channel and transaction type as in the canonical record, OTHER where the words say nothing."""

    channel: str
    transaction_type: str
    is_reversal: bool


def read_narration(text: str) -> Narration:
    """The kind of movement that a narration tells; a rail (`MMT/IMPS/...`) says more than the service it was ordered by."""
    upper = text.upper()
    words = _WORD.findall(upper)[:_HEAD_WORDS]
    known = [word for word in words if word in _FAMILIES]
    best = next((word for word in known if word != "MMT"), known[0] if known else None)
    channel, kind = _FAMILIES[best] if best else ("OTHER", "OTHER")
    return Narration(channel, kind, _REVERSAL.search(upper) is not None)
