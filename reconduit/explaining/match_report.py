"""Explaining a record of two files from the JSON report of `reconduit match`, with the files or without them.

The report has the decisions and their evidence. Candidates, and what separates them, need the records themselves.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reconciler.explaining.candidates import by_nearness, nearest_candidates
from reconciler.explaining.causes import Cause, Circumstances, Suspicion, suspect, suspect_pair
from reconciler.explaining.explanation import ExplainedBreak, ExplainedMatch, Explanation, RuleStamp
from reconciler.explaining.separation import separate
from reconciler.explaining.signals import RunnerUp, Signal, runner_up_of, signals_of
from reconciler.explaining.told_causes import tied_by_reference, told_cause
from reconciler.explaining.waiting import Due, SourceMark
from reconciler.reconciliation import Reconciliation
from reconciler.types import Item, Member, Reason
from reconduit.errors import SettingsError
from reconduit.matching.items import horizon_of, items_of
from reconduit.matching.rules import load_reconciliation
from reconduit.matching.run import read_pair

__all__ = ["explain_from_report"]

_SIDES = ("left", "right")


def explain_from_report(identity: str, report: Path, files: tuple[str, str] | None, rules: Path | None) -> Explanation:
    """What the report says about a record.

    Args:
        identity: the record's id as the report has it.
        report: what `reconduit match --json` wrote.
        files: the two files that it is about; without them only what the report itself says.
        rules: the rules that it was made with, to be given with the files; None for the default ones.

    Raises:
        SettingsError: the report cannot be read, does not name the record, or was made with other rules.
    """
    document = _read(report)
    try:
        stamp = RuleStamp(document["rules"]["name"], document["rules"]["version"], document["rules"]["digest"])
        matches = [one for one in document["matches"] if identity in one["left"] or identity in one["right"]]
        breaks = [one for one in document["breaks"] if identity in one["left"] or identity in one["right"]]
        if not matches and not breaks:
            raise SettingsError(f"{report} has no decision about {identity}; ids are as the report writes them")
        books = None if files is None else _Books.read(document, files, rules, str(report))
        return Explanation(
            asked=identity,
            matches=tuple(_match(one, stamp, books) for one in matches),
            breaks=tuple(_break(one, stamp, books) for one in breaks),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SettingsError(f"{report} is no report of `reconduit match --json`: {error!r}") from error


@dataclass(frozen=True, slots=True)
class _Books:
    """The records of both files, and the rules that they were matched by. Sides are called left and right, as in the report."""

    rules: Reconciliation
    items: Mapping[Member, Item]
    open: frozenset[Member]
    complete: Mapping[str, SourceMark]
    circumstances: Circumstances

    @classmethod
    def read(cls, document: Mapping[str, Any], files: tuple[str, str], rules_file: Path | None, report: str) -> "_Books":
        rules = load_reconciliation(rules_file)
        if rules.digest != document["rules"]["digest"]:
            raise SettingsError(
                f"{report} was made with rules of digest {document['rules']['digest'][:12]}, not with {rules.name} version "
                f"{rules.version} ({rules.digest[:12]}); name the rules of the report with --rules"
            )
        pair = read_pair(rules, *files, None)
        horizon = horizon_of(rules, *pair)
        called = dict(zip(rules.side_names, _SIDES, strict=True))
        return cls(
            rules=rules,
            items={Member(called[item.side], item.id): item for item in items_of(rules, *pair)},
            open=frozenset(members[0] for one in document["breaks"] if len(members := _members(one)) == 1),
            complete={
                called[side]: SourceMark(path, horizon[side], passed=False)
                for side, path in zip(rules.side_names, files, strict=True)
            },
            circumstances=Circumstances(tolerance=rules.tolerance, fees=rules.fees, sides=rules.side_names),
        )

    def of(self, members: Iterable[Member]) -> list[Item]:
        """Items of a decision.

        Raises:
            SettingsError: the files do not have one of them.
        """
        missing = [member.id for member in members if member not in self.items]
        if missing:
            raise SettingsError(f"the files have no record {missing[0]}, so the report is about others")
        return [self.items[member] for member in members]

    def due(self, item: Item) -> Due:
        """When the item's counterpart is due, and whether the other file goes that far."""
        at = self.rules.calendar.due_at(item.booked_at)
        other = self.complete[_SIDES[1 - self.rules.side_names.index(item.side)]]
        passed = other.through is not None and other.through >= at
        return Due(at, (SourceMark(other.source, other.through, passed),))


def _match(match: Mapping[str, Any], stamp: RuleStamp, books: _Books | None) -> ExplainedMatch:
    members, reasons = _members(match), _reasons(match["reasons"])
    items = [] if books is None else books.of(members)
    runner_up = runner_up_of(reasons)
    return ExplainedMatch(
        id=None,
        rules=stamp,
        stage=str(match["stage"]),
        decision=str(match["decision"]),
        probability_ppm=round(match["probability"] * 1_000_000),
        final=None,
        members=members,
        amount_minor=items[0].amount_minor if items else None,
        currency=items[0].currency if items else None,
        signals=signals_of(reasons),
        runner_up=runner_up,
        runner_up_lacks=() if books is None or runner_up is None else _lacks(books, members, runner_up),
    )


def _lacks(books: _Books, members: Sequence[Member], runner_up: RunnerUp) -> tuple[Reason, ...]:
    """What separates the runner-up from the member on the side that it is not on."""
    for side, other in (_SIDES, _SIDES[::-1]):
        rival = books.items.get(Member(side, runner_up.id))
        against = [books.items[member] for member in members if member.side == other]
        if rival is not None and len(against) == 1:
            return separate(against[0], rival).reasons(rival.currency)
    return ()


def _break(broken: Mapping[str, Any], stamp: RuleStamp, books: _Books | None) -> ExplainedBreak:
    members, nearest = _members(broken), broken["nearest"]
    signals = signals_of(_reasons(broken.get("reasons", [])))
    plain = ExplainedBreak(
        id=None,
        rules=stamp,
        type=str(broken["type"]),
        final=None,
        members=members,
        amount_minor=int(broken["amount_minor"]),
        currency=str(broken["currency"]),
        signals=(*signals, *_nearest(nearest)),
        suspicion=_told(nearest) or told_cause(str(broken["type"]), signals),
    )
    return plain if books is None else _with_surroundings(plain, members, books)


def _with_surroundings(plain: ExplainedBreak, members: Sequence[Member], books: _Books) -> ExplainedBreak:
    items = books.of(members)
    if len(items) != 1:
        pair = items if len(items) == 2 and items[0].side != items[1].side else None
        tied = tied_by_reference(plain.signals)
        found = None if pair is None else suspect_pair(pair[0], pair[1], books.circumstances, tied=tied)
        return replace(plain, suspicion=found or plain.suspicion)
    item = items[0]
    others = [books.items[member] for member in books.open if member in books.items and books.items[member].side != item.side]
    twins = [one for place, one in books.items.items() if one.side == item.side and place not in books.open]
    ordered = by_nearness(item, (one for one in others if one.currency == item.currency))
    return replace(
        plain,
        signals=tuple(signal for signal in plain.signals if signal.name != "nearest"),
        candidates=nearest_candidates(item, ordered, books.circumstances),
        suspicion=suspect(item, ordered, twins, books.circumstances) or told_cause(plain.type, plain.signals),
        due=books.due(item),
    )


def _nearest(nearest: Mapping[str, Any] | None) -> tuple[Signal, ...]:
    if nearest is None:
        return ()
    return (Signal("nearest", f"{nearest['id']} ({'; '.join(nearest['differs']) or 'nothing differs'})", None),)


def _told(nearest: Mapping[str, Any] | None) -> Suspicion | None:
    suspected = None if nearest is None else nearest["suspected"]
    return None if suspected is None else Suspicion(Cause(suspected), "as the report says; give both files for the reasoning")


def _members(decision: Mapping[str, Any]) -> tuple[Member, ...]:
    return tuple(Member(side, identity) for side in _SIDES for identity in decision[side])


def _reasons(texts: Iterable[str]) -> list[Reason]:
    """Reasons from the report's `signal: text`."""
    return [Reason(signal, text) for signal, _, text in (told.partition(": ") for told in texts)]


def _read(report: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(report.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"{report} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"{report} is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise SettingsError(f"{report} is no report of `reconduit match --json`")
    return document
