"""Payment references inside bank narrations of India: the UTR of NEFT and RTGS, the RRN of UPI and IMPS.

Formats, as banks publish them and as narrations of several banks show them (sources conflict, so everything is loose):

| rail | shape |
|---|---|
| NEFT UTR | 16: four letters of the bank, a system character, `YYDDD` (DDD is the day of the year), six of a sequence |
| RTGS UTR | 22: four letters of the bank, `R`, a channel character, `YYYYMMDD`, eight of a sequence; some of NEFT too |
| IMPS and UPI RRN | 12 digits: last digit of the year, `DDD`, eight of a sequence; repeats across years and banks |
| UPI transaction id | 35 letters and digits |
| NACH mandate (UMRN) | 20: four letters, sixteen letters and digits |

A narration is never rejected: what is not sure to be a UTR or an RRN is only a candidate, best first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["References", "extract_references"]

_RAILS = ("NEFT", "RTGS", "IMPS", "NACH", "UPI")
_TOKEN = re.compile(r"[A-Z0-9]+", re.ASCII)
_NOT_A_BANK = r"(?!NEFT|RTGS|IMPS|NACH)"
_UTR = re.compile(rf"{_NOT_A_BANK}[A-Z]{{4}}(?:[A-Z0-9]\d{{11}}|[A-Z0-9]{{2}}\d{{16}})", re.ASCII)
# The beginning of a UTR that has a letter as its system character: what a space or the end of the line has cut.
_UTR_HEAD = re.compile(rf"{_NOT_A_BANK}[A-Z]{{5}}[A-Z0-9]\d{{0,15}}", re.ASCII)
_RRN = re.compile(r"\d{12}", re.ASCII)
_CUT_RRN = re.compile(r"\d{10,11}", re.ASCII)
_IFSC = re.compile(r"[A-Z]{4}0[A-Z0-9]{6}", re.ASCII)
_UPI_ID = re.compile(r"[A-Z0-9]{35}", re.ASCII)
_UMRN = re.compile(r"[A-Z]{4}[A-Z0-9]{16}", re.ASCII)
_RRN_RAIL = re.compile(r"(?<![A-Z])(?:UPI|IMPS|MMT|P2A|P2P|P2M)(?![A-Z])", re.ASCII)

_SHORTEST_CUT = 10
_SHORTEST_CANDIDATE = 8
_CANDIDATE_DIGITS = 4


@dataclass(frozen=True, slots=True)
class References:
    """What a narration says about the payment.

    Attributes:
        utr: the NEFT or RTGS transaction reference (16 or 22 characters, upper case), None when there is none.
        rrn: the UPI or IMPS retrieval reference (12 digits), None when there is none.
        candidates: every text that may be a reference, best first; `utr` and `rrn` are among them. A UTR that the bank
            has cut (10 characters or more of it) is only here: it needs amount and date beside it.
        cut: the longest beginning of a reference that the bank has cut, None when `utr` or `rrn` is whole.
    """

    utr: str | None
    rrn: str | None
    candidates: tuple[str, ...]
    cut: str | None = None

    @property
    def reference(self) -> str | None:
        """The text that ties the sides of a payment: the UTR, else the RRN, else None."""
        return self.utr or self.rrn


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    start: int
    end: int


def _tokens(narration: str) -> list[_Token]:
    """Runs of letters and digits, a rail's name that is glued to its reference cut off (`IMPS632312345678`)."""
    found = []
    for match in _TOKEN.finditer(narration):
        start, text = match.start(), match.group()
        for rail in _RAILS:
            if text.startswith(rail) and (_RRN.fullmatch(text[len(rail) :]) or _UTR.fullmatch(text[len(rail) :])):
                start, text = start + len(rail), text[len(rail) :]
                break
        found.append(_Token(text, start, match.end()))
    return found


def _has_julian_day(digits: str) -> bool:
    return 1 <= int(digits) <= 366


def _joined_over_spaces(narration: str, tokens: list[_Token]) -> Iterator[str]:
    """UTRs that the bank has split by one or two spaces, as it does at its own line width."""
    for index, first in enumerate(tokens):
        if not _UTR_HEAD.fullmatch(first.text):
            continue
        text = first.text
        for left, right in zip(tokens[index:], tokens[index + 1 : index + 3], strict=False):
            if narration[left.end : right.start].strip() or not right.text.isdigit():
                break
            text += right.text
            if _UTR.fullmatch(text):
                yield text
                break


def _find_utrs(narration: str, tokens: list[_Token]) -> list[str]:
    whole = [token.text for token in tokens if _UTR.fullmatch(token.text)]
    # A day of the year in its place is extra evidence, so that comes first; the rest keep the narration's order.
    whole.sort(key=lambda text: not (len(text) == 22 or _has_julian_day(text[7:10])))
    return whole or list(_joined_over_spaces(narration, tokens))


def _find_rrns(narration: str, tokens: list[_Token]) -> tuple[list[str], bool]:
    """Twelve-digit runs, those with a day of the year first, and whether the best of them is sure to be an RRN.

    Only a rail's name makes it sure: account numbers have twelve digits too, a third of them with a day in its place.
    """
    runs = [
        token.text
        for token in tokens
        # A telephone number with country code in front of a virtual payment address has 12 digits as well.
        if _RRN.fullmatch(token.text) and not narration.startswith("@", token.end)
    ]
    runs.sort(key=lambda text: not _has_julian_day(text[1:4]))
    return runs, bool(runs) and _RRN_RAIL.search(narration) is not None


def _find_cut(narration: str, tokens: list[_Token]) -> list[str]:
    """Beginnings of a UTR, and in a UPI or IMPS narration of an RRN, longest first."""
    has_rail = _RRN_RAIL.search(narration) is not None
    found = [
        token.text
        for token in tokens
        if (len(token.text) >= _SHORTEST_CUT and _UTR_HEAD.fullmatch(token.text))
        or (has_rail and _CUT_RRN.fullmatch(token.text) and not narration.startswith("@", token.end))
    ]
    return sorted(found, key=len, reverse=True)


def _is_other_reference(text: str) -> bool:
    if _IFSC.fullmatch(text):
        return False
    if _UPI_ID.fullmatch(text) or _UMRN.fullmatch(text):
        return any(character.isdigit() for character in text)
    return len(text) >= _SHORTEST_CANDIDATE and sum(character.isdigit() for character in text) >= _CANDIDATE_DIGITS


def extract_references(narration: str) -> References:
    """The references in a narration of any of the families that Indian banks write.

    Families seen: `NEFT CR-<IFSC>-<name>-<UTR>`, `NEFT-<UTR>-<name>`, `RTGS-<UTR>`, `UPI/<RRN>/...`,
    `UPI-<name>-<vpa>-<RRN>`, `IMPS/.../<RRN>`, `MMT/IMPS/<RRN>/...`, `INF/...`, `BIL/...`, `ACH D-...`.

    Args:
        narration: the bank's text, any case; empty is fine.

    Returns:
        The UTR and RRN (upper case) and all candidates; nothing is ever rejected with an error.
    """
    text = narration.upper()
    tokens = _tokens(text)
    utrs = _find_utrs(text, tokens)
    rrns, sure = _find_rrns(text, tokens)
    cut = _find_cut(text, tokens)
    other = [token.text for token in tokens if _is_other_reference(token.text)]
    return References(
        utr=utrs[0] if utrs else None,
        rrn=rrns[0] if sure else None,
        cut=cut[0] if cut and not utrs and not sure else None,
        candidates=tuple(dict.fromkeys([*utrs, *rrns, *cut, *other])),
    )
