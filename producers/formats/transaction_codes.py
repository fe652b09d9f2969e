"""Canonical transaction type and channel of a bank's transaction code.

Source: ISO 20022 external bank transaction codes (domain/family/subfamily) and the SWIFT type identification codes of field 61.
"""

__all__ = ["channel_of", "transaction_type_of"]

_SWIFT_TYPES = {
    "TRF": "TRANSFER",
    "CHG": "FEE",
    "COM": "FEE",
    "CHK": "WITHDRAWAL",
    "RTI": "REFUND",
    "DDT": "PAYMENT",
    "INT": "INTEREST",
}
_FEE_SUBFAMILIES = frozenset({"CHRG", "COMM", "FEES", "COME"})
_FAMILIES = {
    "RCDT": "TRANSFER",
    "ICDT": "TRANSFER",
    "RRCT": "TRANSFER",
    "IRCT": "TRANSFER",
    "RDDT": "PAYMENT",
    "IDDT": "PAYMENT",
    "CCRD": "PAYMENT",
    "MCRD": "PAYMENT",
    "CNTR": "DEPOSIT",
}
_CHANNELS = {"CCRD": "POS", "MCRD": "POS", "CNTR": "BRANCH"}


def transaction_type_of(code: str | None) -> str:
    """TRANSFER, PAYMENT, FEE, ... of `PMNT/RCDT/ESCT` or `NTRF`; OTHER for a code without a common meaning."""
    if not code:
        return "OTHER"
    parts = code.split("/")
    if len(parts) == 3:
        return "FEE" if parts[2] in _FEE_SUBFAMILIES else _FAMILIES.get(parts[1], "OTHER")
    return _SWIFT_TYPES.get(code[1:4], "OTHER")


def channel_of(code: str | None) -> str:
    """POS or BRANCH where the code tells, else OTHER."""
    parts = code.split("/") if code else []
    return _CHANNELS.get(parts[1], "OTHER") if len(parts) == 3 else "OTHER"
