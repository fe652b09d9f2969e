"""Explaining one id from the database: what was decided about it, on what evidence, and what an open item waits for."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from api.database import Database
from api.errors import NotFoundError
from api.models import BreakDetail, ExpandedMember, MatchDetail, Transaction
from api.queries.decisions import decisions_about, get_break, get_match
from api.queries.located import find_quarantined, find_records, superseded_revisions
from api.queries.open_items import as_item, group_hashes, matched_twins, open_items_around
from api.queries.rules_in_force import learnt_profile, rules_of, watermarks
from reconciler.explaining.candidates import by_nearness, nearest_candidates
from reconciler.explaining.causes import Circumstances, suspect, suspect_pair
from reconciler.explaining.explanation import ExplainedBreak, ExplainedMatch, ExplainedRecord, Explanation
from reconciler.explaining.separation import separate
from reconciler.explaining.signals import RunnerUp, runner_up_of, signals_of
from reconciler.explaining.told_causes import tied_by_reference, told_cause
from reconciler.explaining.waiting import Due, due_of
from reconciler.reconciliation import KeyField, Reconciliation, Shape
from reconciler.types import Item, Member, Reason

__all__ = ["explain"]

_NO_MONEY = {
    "VOID": "it was withdrawn (VOID), and what is no money is not reconciled",
    "FAILED": "it failed, and what is no money is not reconciled",
}


def explain(database: Database, identity: str) -> Explanation:
    """Everything that is known about an id.

    Args:
        database: where records and decisions are.
        identity: `source/txn_id`, a bare txn_id that only one source has, the id of a match or break as the API shows it, or the
            position of a record in quarantine.

    Raises:
        NotFoundError: nothing has this id, or records of several sources do.
    """
    decision = _of_decision(database, identity)
    if decision is not None:
        return decision
    records = find_records(database, identity)
    if len(records) > 1:
        named = ", ".join(sorted(f"{record.source}/{record.txn_id}" for record in records.values()))
        raise NotFoundError(f"several sources have a record {identity}: ask for one of {named}")
    if not records:
        quarantined = find_quarantined(database, identity)
        if not quarantined:
            raise NotFoundError(f"there is no record, match or break {identity!r}, and nothing in quarantine names it")
        return Explanation(asked=identity, quarantined=quarantined)
    [(hashed, record)] = records.items()
    return _of_record(database, identity, hashed, record)


def _of_decision(database: Database, identity: str) -> Explanation | None:
    """The explanation of a match or break by its own id, None when it is no such id."""
    try:
        return Explanation(asked=identity, matches=(_match(database, get_match(database, identity)),))
    except NotFoundError:
        pass
    try:
        return Explanation(asked=identity, breaks=(_break(database, get_break(database, identity)),))
    except NotFoundError:
        return None


def _of_record(database: Database, identity: str, hashed: int, record: Transaction) -> Explanation:
    matches, breaks = decisions_about(database, hashed, {hashed, *group_hashes(record)})
    explained = ExplainedRecord(
        id=_name(record),
        revision=record.revision,
        account=record.account_id,
        amount_minor=as_item(record, "", KeyField.REFERENCE_NUMBER).signed_minor,
        currency=record.amount.currency,
        booked_at=record.booked_at,
        status=record.status,
        reference=record.reference_number,
        superseded=superseded_revisions(database, hashed, record.revision),
    )
    note = None
    if not matches and not breaks:
        note = _NO_MONEY.get(record.status, "no reconciliation has it on a side, or the next pass has not come to it yet")
    return Explanation(
        asked=identity,
        record=explained,
        matches=tuple(_match(database, one) for one in matches),
        breaks=tuple(_break(database, one) for one in breaks),
        note=note,
    )


def _match(database: Database, match: MatchDetail) -> ExplainedMatch:
    stamp, rules = rules_of(database, match.reconciliation, match.rule_version)
    reasons = [Reason(one.signal, one.text) for one in match.reasons]
    runner_up = runner_up_of(reasons)
    return ExplainedMatch(
        id=match.id,
        rules=stamp,
        stage=match.stage,
        decision=match.decision,
        probability_ppm=match.probability_ppm,
        final=match.final,
        members=_members(match.members),
        amount_minor=int(match.amount.minor_units),
        currency=match.amount.currency,
        signals=signals_of(reasons),
        runner_up=runner_up,
        runner_up_lacks=() if runner_up is None else _lacks(database, match, runner_up, _key_of(rules)),
    )


def _lacks(database: Database, match: MatchDetail, runner_up: RunnerUp, key: KeyField) -> tuple[Reason, ...]:
    """What separates the runner-up from the member of the other source that it competed for."""
    found = list(find_records(database, runner_up.id).values())
    rivals = [one.transaction for one in match.members if one.transaction and one.source != found[0].source] if found else []
    if len(rivals) != 1:
        return ()
    return separate(as_item(rivals[0], "", key), as_item(found[0], "", key)).reasons(match.amount.currency)


def _break(database: Database, broken: BreakDetail) -> ExplainedBreak:
    stamp, rules = rules_of(database, broken.reconciliation, broken.rule_version)
    items = [as_item(one.transaction, one.side, _key_of(rules)) for one in broken.members if one.transaction is not None]
    signals = signals_of(Reason(one.signal, one.text) for one in broken.reasons)
    plain = ExplainedBreak(
        id=broken.id,
        rules=stamp,
        type=broken.type,
        final=broken.final,
        members=_members(broken.members),
        amount_minor=int(broken.amount.minor_units),
        currency=broken.amount.currency,
        signals=signals,
        suspicion=told_cause(broken.type, signals),
    )
    if rules is None or not items:
        return plain
    return _with_surroundings(database, plain, broken, rules, items)


def _with_surroundings(
    database: Database, plain: ExplainedBreak, broken: BreakDetail, rules: Reconciliation, items: Sequence[Item]
) -> ExplainedBreak:
    item, name, key = items[0], broken.reconciliation, rules.key
    learnt = learnt_profile(database, name, broken.account_id, item.currency)
    circumstances = Circumstances(tolerance=rules.tolerance, fees=rules.fees, sides=rules.side_names, learnt=learnt)
    lacking = [side for side in rules.sides if side.name not in {one.side for one in items}]
    due: Due | None = None
    if lacking:
        sources = (source for side in lacking for source in side.sources)
        due = due_of(max(items, key=lambda one: one.booked_at), sources, rules.calendar, watermarks(database))
    if len(items) != 1:
        pair = items if len(items) == 2 and items[0].side != items[1].side else None
        tied = tied_by_reference(plain.signals)
        suspicion = None if pair is None else suspect_pair(pair[0], pair[1], circumstances, tied=tied)
        return replace(plain, suspicion=suspicion or plain.suspicion, due=due)
    record = next(one.transaction for one in broken.members if one.transaction is not None)
    around = open_items_around(database, name, item, rules.side_names, key, same_account=rules.shape is Shape.STATEMENT)
    ordered = by_nearness(item, around)
    twins = matched_twins(database, name, item, rules.side_names, key, group_hashes(record))
    return replace(
        plain,
        candidates=nearest_candidates(item, ordered, circumstances),
        suspicion=suspect(item, ordered, twins, circumstances) or plain.suspicion,
        due=due,
    )


def _members(members: Iterable[ExpandedMember]) -> tuple[Member, ...]:
    return tuple(Member(one.side, "not stored any more" if one.source is None else f"{one.source}/{one.txn_id}") for one in members)


def _key_of(rules: Reconciliation | None) -> KeyField:
    return KeyField.REFERENCE_NUMBER if rules is None else rules.key


def _name(record: Transaction) -> str:
    return f"{record.source}/{record.txn_id}"
