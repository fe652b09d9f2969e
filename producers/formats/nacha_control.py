"""Control totals of NACHA: what batch control (8) and file control (9) declare, and what was read."""

from typing import NamedTuple

__all__ = ["Control", "Running", "batch_control", "differences", "file_control"]

_HASH_LIMIT = 10**10


class Control(NamedTuple):
    """Declared totals; None where the columns hold no number. `entry_hash` is the sum of routing numbers modulo 10^10."""

    entries: int | None
    entry_hash: int | None
    debit_minor: int | None
    credit_minor: int | None
    batches: int | None = None


class Running:
    """The same, as read; entries and addenda are counted together."""

    __slots__ = ("batches", "credit_minor", "debit_minor", "entries", "entry_hash")

    def __init__(self) -> None:
        self.entries = self.entry_hash = self.debit_minor = self.credit_minor = self.batches = 0

    def include(self, other: "Running") -> None:
        """Add a batch."""
        self.entries += other.entries
        self.entry_hash += other.entry_hash
        self.debit_minor += other.debit_minor
        self.credit_minor += other.credit_minor
        self.batches += 1


def batch_control(text: str, *, adv: bool) -> Control:
    """Record 8; ADV has amounts of 20 digits."""
    amounts = (text[20:40], text[40:60]) if adv else (text[20:32], text[32:44])
    return Control(_number(text[4:10]), _number(text[10:20]), _number(amounts[0]), _number(amounts[1]))


def file_control(text: str, *, adv: bool) -> Control:
    """Record 9."""
    amounts = (text[31:51], text[51:71]) if adv else (text[31:43], text[43:55])
    return Control(_number(text[13:21]), _number(text[21:31]), _number(amounts[0]), _number(amounts[1]), _number(text[1:7]))


def differences(declared: Control, running: Running, name: str) -> list[tuple[str, str]]:
    """A (code, message) for each total that does not hold."""
    pairs = [
        ("entries and addenda", declared.entries, running.entries),
        ("entry hash", declared.entry_hash, running.entry_hash % _HASH_LIMIT),
        ("debits in cents", declared.debit_minor, running.debit_minor),
        ("credits in cents", declared.credit_minor, running.credit_minor),
    ]
    if name.startswith("file"):
        pairs.append(("batches", declared.batches, running.batches))
    return [
        ("control_total", f"{name} declares {what} {'unreadably' if stated is None else stated}, its records make {counted}")
        for what, stated, counted in pairs
        if stated != counted
    ]


def _number(text: str) -> int | None:
    plain = text.strip()
    return int(plain) if plain.isdigit() and plain.isascii() else None
