"""What operators confirm and unmatch holds in every shape, whatever the rules say."""

import datetime as dt
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.conservation import check
from reconciler.digest import decision_digest
from reconciler.dispatch import solve
from reconciler.errors import ReconcilerError
from reconciler.operator_decisions import Confirmation, OperatorDecisions
from reconciler.reconciliation import Reconciliation
from reconciler.rules import parse_reconciliation
from reconciler.types import Decision, Item, Member, Outcome, Stage

STATEMENT = parse_reconciliation(
    """name: books
version: 1
shape: statement
sides: [{name: ledger}, {name: bank}]
tolerance: {days: {before: 1, after: 5}}
""",
    "books.yaml",
)
KEYED = parse_reconciliation("name: k\nversion: 1\nshape: keyed\nsides: [{name: ledger}, {name: bank}]\n", "k.yaml")
SETTLEMENT = parse_reconciliation("name: s\nversion: 1\nshape: settlement\nsides: [{name: ledger}, {name: bank}]\n", "s.yaml")
PASSED = dict.fromkeys(STATEMENT.side_names, dt.datetime(2026, 6, 1, tzinfo=dt.UTC))


def members(*items: Item) -> frozenset[Member]:
    return frozenset(Member(item.side, item.id) for item in items)


def confirmed(*items: Item, note: str = "") -> OperatorDecisions:
    return OperatorDecisions(confirmed=frozenset({Confirmation(members(*items), note)}))


def unmatched(*items: Item) -> OperatorDecisions:
    return OperatorDecisions(unmatched=frozenset({members(*items)}))


def solved(rules: Reconciliation, items: list[Item], decided: OperatorDecisions) -> Outcome:
    outcome = solve(rules, items, PASSED, decided)
    check(items, outcome)
    return outcome


def told(outcome: Outcome) -> tuple[list[str], list[str]]:
    """Matches and breaks in short."""
    matches = [f"{match.stage} {' '.join(member.id for member in match.members)}" for match in outcome.matches]
    return matches, [f"{broken.type} {' '.join(member.id for member in broken.members)}" for broken in outcome.breaks]


@pytest.mark.parametrize("rules", [STATEMENT, KEYED, SETTLEMENT], ids=lambda rules: rules.shape)
def test_what_is_confirmed_is_a_manual_match_whatever_the_rules_say(make_item, rules: Reconciliation) -> None:
    ledger = make_item("l1", "ledger", 100, key="A", currency="USD", account="x")
    parts = [make_item("b1", "bank", 70, day=60, key="B"), make_item("b2", "bank", 29, key="A")]
    tied = [make_item("l2", "ledger", 5, key="C"), make_item("b3", "bank", 5, key="C")]
    outcome = solved(rules, [ledger, *parts, *tied], confirmed(ledger, *parts, note="by ada: split, see mail of 3 March"))
    assert told(outcome)[0][0] == "manual b1 b2 l1"
    assert len(outcome.matches) == 2
    assert not outcome.breaks
    manual = outcome.matches[0]
    assert (manual.stage, manual.decision, manual.probability_ppm) == (Stage.MANUAL, Decision.AUTO, 1_000_000)
    assert (manual.amount_minor, manual.currency, manual.final) == (100, "USD", True)
    assert [reason.text for reason in manual.reasons] == ["by ada: split, see mail of 3 March", "ledger: 100 USD; bank: 99 INR"]


def test_a_confirmation_takes_its_members_from_the_partner_that_the_rules_would_choose(make_item) -> None:
    ledger, rightly, wrongly = make_item("l", "ledger", key="A"), make_item("b1", "bank", 90), make_item("b2", "bank", key="A")
    outcome = solved(STATEMENT, [ledger, rightly, wrongly], confirmed(ledger, rightly))
    assert told(outcome) == (["manual b1 l"], ["MISSING_LEFT b2"])


@pytest.mark.parametrize("change", ["gone", "VOID"])
def test_a_confirmation_lapses_when_a_member_is_gone_or_no_money(make_item, change: str) -> None:
    ledger, bank, void = make_item("l", "ledger", key="A"), make_item("b", "bank", key="A"), make_item("v", "bank", status="VOID")
    items = [ledger, bank] if change == "gone" else [ledger, bank, void]
    assert told(solved(STATEMENT, items, confirmed(ledger, void))) == (["reference b l"], [])


@pytest.mark.parametrize(
    "fields",
    [{"key": "REFERENCE1"}, {"text": "REFERENCE1"}, {"text": "words in common"}, {}],
    ids=["key", "text", "words", "alone"],
)
def test_no_stage_of_a_statement_book_pairs_what_was_unmatched(make_item, fields: dict[str, str]) -> None:
    ledger, bank, other = (make_item(name, side, **fields) for name, side in (("l", "ledger"), ("b", "bank"), ("o", "bank")))
    assert solve(STATEMENT, [ledger, bank], PASSED).matches
    assert not solved(STATEMENT, [ledger, bank], unmatched(ledger, bank)).matches
    # Like items are told apart by what was decided about them.
    assert [match.members for match in solved(STATEMENT, [ledger, bank, other], unmatched(ledger, bank)).matches] == [
        tuple(sorted(members(ledger, other)))
    ]


def test_an_amount_that_differs_is_not_reported_across_what_was_unmatched(make_item) -> None:
    ledger, bank = make_item("l", "ledger", 100, key="A"), make_item("b", "bank", 50, key="A")
    assert told(solved(STATEMENT, [ledger, bank], unmatched(ledger, bank)))[1] == ["MISSING_LEFT b", "MISSING_RIGHT l"]


@pytest.mark.parametrize("rules", [KEYED, SETTLEMENT], ids=lambda rules: rules.shape)
def test_unmatched_members_of_a_group_are_open_and_the_rest_is_solved(make_item, rules: Reconciliation) -> None:
    items = [make_item(name, side, key="A") for name, side in (("l1", "ledger"), ("b1", "bank"), ("l2", "ledger"), ("b2", "bank"))]
    outcome = solved(rules, items, unmatched(*items[:2]))
    assert told(outcome)[0][0].endswith("b2 l2")
    assert told(outcome)[1] == ["REFERENCE b1 l1"]
    assert "unmatched by an operator" in outcome.breaks[0].reasons[0].text
    # A member alone, whose counterpart is under another key now, is nothing to keep apart.
    assert told(solved(rules, items[2:], unmatched(items[0], items[2])))[1] == []


def test_contradicting_confirmations_are_refused(make_item) -> None:
    one, two, three = (Member("ledger", str(number)) for number in range(3))
    with pytest.raises(ReconcilerError, match="ledger/1 is in two confirmations"):
        OperatorDecisions(confirmed=frozenset({Confirmation(frozenset({one, two})), Confirmation(frozenset({two, three}))}))
    with pytest.raises(ReconcilerError, match="two members or more, not ledger/0"):
        OperatorDecisions(confirmed=frozenset({Confirmation(frozenset({one}))}))


@given(seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_decisions_hold_for_any_order_and_nothing_is_lost(make_item, seed: int) -> None:
    draw = random.Random(seed)
    items = [
        make_item(f"{side[0]}{n}", side, draw.choice((100, 200)), day=draw.randrange(3), key=draw.choice(("A", "B", None)))
        for n in range(draw.randrange(1, 9))
        for side in ("ledger", "bank")
    ]
    pairs = [members(one, other) for one, other in zip(items[::2], draw.sample(items[1::2], len(items) // 2), strict=True)]
    cut = draw.randrange(len(pairs) + 1)
    decided = OperatorDecisions(frozenset(map(Confirmation, pairs[:cut])), frozenset(pairs[cut:]))
    for rules in (STATEMENT, KEYED, SETTLEMENT):
        outcome = solved(rules, items, decided)
        manual = {frozenset(match.members) for match in outcome.matches if match.stage is Stage.MANUAL}
        assert manual == set(pairs[:cut])
        if rules is STATEMENT:
            assert not {frozenset(match.members) for match in outcome.matches} & set(pairs[cut:])
        shuffled = draw.sample(items, len(items))
        assert decision_digest(solved(rules, shuffled, decided)) == decision_digest(outcome)


def test_a_confirmation_across_currencies_adds_no_currencies(make_item) -> None:
    """A person may say that rupees and dollars are the same money; the match is told in the currency of its first item."""
    ledger = [make_item("l1", "ledger", 8_300, currency="INR"), make_item("l2", "ledger", 50, day=1, currency="EUR")]
    bank = make_item("b1", "bank", 100, currency="USD")
    [match] = solved(STATEMENT, [*ledger, bank], confirmed(*ledger, bank)).matches
    assert (match.amount_minor, match.currency) == (8_300, "INR")
    assert match.reasons[1].text == "ledger: 50 EUR and 8300 INR; bank: 100 USD"


def test_an_item_that_is_kept_apart_says_from_what(make_item) -> None:
    ledger, bank = make_item("l", "ledger", 100, key="INV1"), make_item("b", "bank", 100, key="INV1")
    for broken in solved(STATEMENT, [ledger, bank], unmatched(ledger, bank)).breaks:
        other = "b" if broken.members[0].id == "l" else "l"
        assert f"kept apart from {other} by an operator" in [reason.text for reason in broken.reasons]
