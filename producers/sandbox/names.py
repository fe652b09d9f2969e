"""Invented payers and payees, and the banks that they pay from."""

import random

__all__ = ["company", "payer", "payer_bank"]

_FIRST = ("AARAV", "ANANYA", "DIYA", "ISHAAN", "KABIR", "MEERA", "NEHA", "PRIYA", "RAHUL", "ROHAN", "SARA", "VIKRAM", "ZOYA")
_LAST = ("BANERJEE", "DESAI", "FERNANDES", "GUPTA", "IYER", "KAPOOR", "MENON", "NAIR", "PATEL", "REDDY", "SHAH", "VERMA")
_TRADE = ("BLUE ORCHARD", "CEDAR", "CITYLINE", "EVEREST", "GREENFIELD", "HARBOUR", "LOTUS", "NORTHGATE", "SUNRISE", "TRIDENT")
_KIND = ("EXPORTS", "FOODS", "LOGISTICS", "MOTORS", "PAPER", "PHARMA", "STORES", "TEXTILES", "TRADERS", "WORKS")
_BANKS = ("AXIS", "BARB", "CNRB", "FDRL", "IDIB", "KKBK", "PUNB", "SBIN", "UTIB", "YESB")


def payer(rng: random.Random) -> str:
    """A person's or a company's name, capitals."""
    return f"{rng.choice(_FIRST)} {rng.choice(_LAST)}" if rng.randrange(2) else company(rng)


def company(rng: random.Random) -> str:
    """A company's name, capitals."""
    return f"{rng.choice(_TRADE)} {rng.choice(_KIND)}"


def payer_bank(rng: random.Random) -> str:
    """Four letters of an Indian bank, as in its IFSC and in its UTRs."""
    return rng.choice(_BANKS)
