"""An explanation for a person at a terminal: plain lines, folded at the width of the terminal."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from schemas.errors import AmountError
from schemas.money import format_minor
from schemas.told_amounts import with_decimals

__all__ = ["print_explanation"]


def print_explanation(console: Console, document: Mapping[str, Any]) -> None:
    """Every decision about the id with its evidence, most important first."""
    for indent, line in _lines(document):
        console.print(Padding(Text(line, overflow="fold"), (0, 0, 0, indent)))


def _lines(document: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    record = document["record"]
    if record is not None:
        yield 0, f"{record['id']}: {_money(record['amount_minor'], record['currency'])}, account {record['account']}"
        yield 2, f"booked {record['booked_at']}, {record['status']}, reference {record['reference'] or 'none'}"
        if record["superseded_revisions"]:
            earlier = ", ".join(map(str, record["superseded_revisions"]))
            yield 2, f"revision {record['revision']} is the newest; it superseded {earlier}"
    for match in document["matches"]:
        yield from _match(match)
    for broken in document["breaks"]:
        yield from _break(broken)
    for one in document["quarantined"]:
        yield 0, f"in quarantine since {one['arrived_at']}: {one['reason']}, from {one['source']} at {one['position']}"
        yield 2, one["detail"]
    if document["note"] is not None:
        yield 0, f"in no match and no break: {document['note']}"


def _match(match: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    amount = "" if match["amount_minor"] is None else f" of {_money(match['amount_minor'], match['currency'])}"
    yield 0, f"MATCHED{amount} by {_rules(match['rules'])}"
    yield 2, f"stage {match['stage']}, {match['decision']}, probability {match['probability']:.6f}{_standing(match['final'])}"
    yield from _members(match)
    yield from _signals(match)
    runner_up = match["runner_up"]
    if runner_up is not None:
        behind = "" if runner_up["behind_bits"] is None else f", {runner_up['behind_bits']:.1f} bits behind"
        lacks = "; ".join(map(_said, runner_up["lacks"]))
        yield 2, f"runner-up {runner_up['id']}{behind}{f': {lacks}' if lacks else ''}"


def _break(broken: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    yield 0, f"OPEN, {broken['type']}: {_money(broken['amount_minor'], broken['currency'])} by {_rules(broken['rules'])}"
    if broken["final"] is not None:
        yield 2, "final" if broken["final"] else "not final yet"
    yield from _members(broken)
    yield from _signals(broken)
    for candidate in broken["candidates"]:
        differs = "; ".join(map(_said, candidate["differs"])) or "nothing separates it"
        cause = "" if candidate["suspected"] is None else f" (suspected: {candidate['suspected']['cause']})"
        yield 2, f"candidate {candidate['side']} {candidate['id']}: {differs}{cause}"
    if broken["suspected"] is not None:
        yield 2, f"suspected cause: {broken['suspected']['cause']}, because {with_decimals('', broken['suspected']['why'])}"
    due = broken["due"]
    if due is not None:
        yield 2, f"counterpart due by {due['at']}"
        for mark in due["sources"]:
            yield 4, f"{mark['source']} {_through(mark['complete_through'])}: {'passed' if mark['passed'] else 'waiting for it'}"


def _through(moment: str | None) -> str:
    if moment is None:
        return "gave no watermark"
    # The last moment that there is stands for what never gets more records, such as a listing.
    return "is complete" if moment.startswith("9999-") else f"is complete through {moment}"


def _members(decision: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    for member in decision["members"]:
        yield 2, f"{member['side']}: {member['id']}"


def _signals(decision: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    for one in decision["signals"]:
        bits = "" if one["bits"] is None else f" ({one['bits']:+.1f} bits)"
        yield 2, f"{one['signal']}: {with_decimals(one['signal'], one['text'])}{bits}"


def _said(reason: Mapping[str, Any]) -> str:
    return f"{reason['signal']} {with_decimals(reason['signal'], reason['text'])}"


def _rules(rules: Mapping[str, Any]) -> str:
    digest = "" if rules["digest"] is None else f" ({rules['digest'][:12]})"
    return f"rules {rules['name']} version {rules['version']}{digest}"


def _standing(final: bool | None) -> str:
    return "" if final is None else ", final" if final else ", provisional"


def _money(amount_minor: int, currency: str) -> str:
    try:
        return f"{format_minor(amount_minor, currency)} {currency}"
    except AmountError:
        return f"{amount_minor} minor units {currency}"
