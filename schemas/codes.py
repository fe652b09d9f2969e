"""The small numbers that stand for names in the hot tables. Apart from `schemas.tables`, so a worker does without SQLAlchemy."""

__all__ = ["BREAK_TYPES", "DIRECTIONS", "STAGES", "STATUSES"]

DIRECTIONS = {"CREDIT": 1, "DEBIT": -1}
"""Code of each direction in `transaction.direction`; times amount_minor it is the signed movement."""

STATUSES = {"SUCCESS": 0, "FAILED": 1, "PENDING": 2, "VOID": 3}
"""Code of each status in `transaction.status`."""

BREAK_TYPES = {
    "MISSING_LEFT": 1,
    "MISSING_RIGHT": 2,
    "AMOUNT": 3,
    "CURRENCY": 4,
    "STATUS": 5,
    "DUPLICATE": 6,
    "TIMING": 7,
    "FEE_VARIANCE": 8,
    "SPLIT": 9,
    "REFERENCE": 10,
    "AMBIGUOUS": 11,
    "BALANCE": 12,
}
"""Code of each break type in `break.type`."""

STAGES = {"key": 1, "settlement": 2, "reference": 3, "tolerance": 4, "manual": 5, "probabilistic": 6, "group": 7}
"""Code of the stage that made a match, in `match.stage`."""
