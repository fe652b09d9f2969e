"""References of payment rails, each unique in its world: UTR, RRN, end-to-end id; and the ways in which they get damaged."""

import datetime as dt
import random

from producers.sandbox.names import payer_bank

__all__ = ["ReferenceSeries", "transposed", "truncated"]

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


class ReferenceSeries:
    """Hands out references of the rails' shapes; no two of one series are equal, nor one the transposition of another."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._used: set[str] = set()

    def _claim(self, reference: str) -> bool:
        if reference in self._used or transposed(reference) in self._used:
            return False
        self._used.add(reference)
        return True

    def neft_utr(self, date: dt.date) -> str:
        """NEFT UTR: four letters of the bank, N, YY, day of the year, six of a sequence."""
        while True:
            text = f"{payer_bank(self._rng)}N{date:%y%j}{self._rng.randrange(10**6):06d}"
            if self._claim(text):
                return text

    def rtgs_utr(self, date: dt.date) -> str:
        """RTGS UTR: four letters of the bank, R, channel, YYYYMMDD, eight of a sequence."""
        while True:
            text = f"{payer_bank(self._rng)}R5{date:%Y%m%d}{self._rng.randrange(10**8):08d}"
            if self._claim(text):
                return text

    def rrn(self, date: dt.date) -> str:
        """RRN of UPI and IMPS: last digit of the year, day of the year, eight of a sequence."""
        while True:
            text = f"{date:%y%j}"[1:] + f"{self._rng.randrange(10**8):08d}"
            if self._claim(text):
                return text

    def end_to_end(self) -> str:
        """An end-to-end id of 14 characters: it fits the 16 of MT940's field 61 and SWIFT's characters."""
        while True:
            tail = "".join(self._rng.choice(_LETTERS) for _ in range(4))
            text = f"E2E{self._rng.randrange(10**7):07d}{tail}"
            if self._claim(text):
                return text


def transposed(reference: str) -> str:
    """The reference as a tired person types it: the last pair of unlike digits in the other order."""
    for index in range(len(reference) - 1, 0, -1):
        left, right = reference[index - 1], reference[index]
        if left != right and left.isdigit() and right.isdigit():
            return reference[: index - 1] + right + left + reference[index + 1 :]
    return reference[:-1] + ("X" if reference[-1] != "X" else "Y")


def truncated(reference: str) -> str:
    """The reference as a narrow column shows it: its last four characters cut off, yet no fewer than ten left."""
    return reference[: max(10, len(reference) - 4)]
