import datetime as dt
import time
from dataclasses import replace

import pytest

from reconciler.conservation import check
from reconciler.dispatch import solve
from reconciler.errors import ReconcilerError
from reconciler.rules import parse_reconciliation
from reconciler.statement import solve_book
from reconciler.types import Decision, Item, Outcome, Stage

TEXT = """name: books
version: 1
shape: statement
sides: [{name: ledger}, {name: bank}]
tolerance: {amount: {absolute_minor: {INR: 0}}, days: {before: 1, after: 5}}
fees: {absolute_minor: {INR: 500}}
"""
RULES = parse_reconciliation(TEXT, "books.yaml")
PASSED = dict.fromkeys(RULES.side_names, dt.datetime(2026, 6, 1, tzinfo=dt.UTC))
UTR, OTHER_UTR = "AXISN26061000123", "HDFCN26061777888"


def solved(*items: Item, horizon=PASSED, rules=RULES) -> Outcome:
    outcome = solve_book(rules, items, horizon)
    check(items, outcome)
    return outcome


def pairs(outcome: Outcome) -> list[tuple[str, ...]]:
    return [tuple(member.id for member in match.members) for match in outcome.matches]


def kinds(outcome: Outcome) -> list[tuple[str, ...]]:
    return [(broken.type.value, *(member.id for member in broken.members)) for broken in outcome.breaks]


def test_an_equal_reference_matches_before_anything_else(make_item) -> None:
    near = make_item("b2", "bank", 100, text="the same amount, and on the day")
    outcome = solved(make_item("l", "ledger", 100, key=UTR), make_item("b1", "bank", 100, day=5, key=UTR), near)
    assert pairs(outcome) == [("b1", "l")]
    assert (outcome.matches[0].stage, outcome.matches[0].key, outcome.matches[0].final) == (Stage.REFERENCE, UTR, True)


@pytest.mark.parametrize("day", [-2, 6])
def test_outside_the_date_window_an_equal_reference_stays_open(make_item, day: int) -> None:
    outcome = solved(make_item("l", "ledger", 100, key=UTR), make_item("b", "bank", 100, day=day, key=UTR))
    assert kinds(outcome) == [("MISSING_LEFT", "b"), ("MISSING_RIGHT", "l")]
    nearest = outcome.breaks[1].nearest
    assert nearest is not None
    assert (nearest.id, nearest.suspected, [reason.signal for reason in nearest.differs]) == ("b", "timing", ["date"])


@pytest.mark.parametrize(
    ("ledger", "bank", "signal", "decision"),
    [
        ({"key": "INV0042"}, {"key": UTR, "text": "NEFT-X-PAYMENT INV-0042-ACME"}, "embedded reference", "auto"),
        ({"key": UTR}, {"text": f"NEFT CR-HDFC0000001-ACME-{UTR}"}, "embedded reference", "auto"),
        ({"key": UTR}, {"key": UTR[:12]}, "truncated reference", "auto"),
        ({"key": UTR[:-2] + "32"}, {"key": UTR}, "reference with a slip", "auto"),
        ({"text": "ACME Ltd rent"}, {"text": "Rent, ACME Ltd"}, "words", "auto"),
        ({"text": "ACME Ltd rent"}, {"text": "transfer ACME"}, "words", "suggested"),
        ({"text": "Rent"}, {"text": "RENT"}, "words", "suggested"),
        ({}, {}, "amount and date", "suggested"),
    ],
)
def test_weaker_evidence_with_equal_amount_and_near_date(make_item, ledger, bank, signal: str, decision: str) -> None:
    outcome = solved(make_item("l", "ledger", -100, **ledger), make_item("b", "bank", -100, day=2, **bank))
    (match,) = outcome.matches
    assert (match.stage, match.decision.value, match.reasons[0].signal) == (Stage.TOLERANCE, decision, signal)
    assert match.probability_ppm < 1_000_000


@pytest.mark.parametrize(("accepted", "decisions"), [(0, "ssss"), (25, "aaas"), (5_000, "aaaa")])
def test_confirms_no_more_false_ones_than_the_rules_accept(make_item, accepted: int, decisions: str) -> None:
    rules = replace(RULES, learning=replace(RULES.learning, false_per_100k=accepted))
    items = [
        *(make_item("l1", "ledger", 100, key=UTR), make_item("b1", "bank", 100, text=f"NEFT {UTR} ACME")),
        *(make_item("l2", "ledger", 200, key=OTHER_UTR), make_item("b2", "bank", 200, key=OTHER_UTR[:12])),
        *(make_item("l3", "ledger", 300, text="rent Miller Ltd"), make_item("b3", "bank", 300, text="RENT MILLER LTD")),
        *(make_item("l4", "ledger", 400, text="rent Baker Ltd"), make_item("b4", "bank", 400, text="BAKER LTD")),
    ]
    outcome = solve_book(rules, items, PASSED)
    assert "".join(match.decision.value[0] for match in outcome.matches) == decisions


def test_evidence_decides_between_equal_amounts(make_item) -> None:
    outcome = solved(
        make_item("l1", "ledger", 100, key=UTR),
        make_item("l2", "ledger", 100, key=OTHER_UTR),
        make_item("b1", "bank", 100, text=f"NEFT-{OTHER_UTR}"),
        make_item("b2", "bank", 100, text=f"NEFT-{UTR}"),
    )
    assert pairs(outcome) == [("b1", "l2"), ("b2", "l1")]


def test_an_equal_reference_with_another_amount_is_an_amount_break(make_item) -> None:
    outcome = solved(make_item("l", "ledger", 700, key=UTR), make_item("b", "bank", 1277, key=UTR))
    assert kinds(outcome) == [("AMOUNT", "b", "l")]
    assert outcome.breaks[0].amount_minor == 577


def test_an_equal_reference_with_a_difference_that_the_fee_profile_explains_is_a_fee_variance(make_item) -> None:
    outcome = solved(make_item("l", "ledger", 1000, key=UTR), make_item("b", "bank", 901, key=UTR))
    assert kinds(outcome) == [("FEE_VARIANCE", "b", "l")]
    assert "fee profile" in {reason.signal for reason in outcome.breaks[0].reasons}
    assert outcome.breaks[0].amount_minor == 99


def test_money_in_never_matches_money_out(make_item) -> None:
    rules = parse_reconciliation(TEXT.replace("{INR: 0}", "{INR: 1000}", 1), "books.yaml")
    outcome = solved(make_item("l", "ledger", 100), make_item("b", "bank", -100), rules=rules)
    assert not outcome.matches


def test_twins_on_both_sides_are_paired_in_order(make_item) -> None:
    items = [make_item(f"{side[0]}{number}", side, 600, text="CASH") for side in ("ledger", "bank") for number in (1, 2, 3)]
    assert pairs(solved(*items)) == [("b1", "l1"), ("b2", "l2"), ("b3", "l3")]


def test_twins_that_the_bank_books_on_different_days_are_paired(make_item) -> None:
    ledger = [make_item(f"l{number}", "ledger", 600, text="CASH") for number in (1, 2)]
    bank = [make_item("b1", "bank", 600, text="CASH"), make_item("b2", "bank", 600, day=2, text="CASH")]
    assert pairs(solved(*ledger, *bank)) == [("b1", "l1"), ("b2", "l2")]


def test_two_against_one_is_reported_and_not_guessed(make_item) -> None:
    outcome = solved(make_item("l1", "ledger", 500), make_item("l2", "ledger", 500), make_item("b", "bank", 500))
    assert kinds(outcome) == [("AMBIGUOUS", "b", "l1", "l2")]
    assert "ledger: l1, l2; bank: b" in outcome.breaks[0].reasons[0].text


def test_different_records_that_nothing_tells_apart_are_ambiguous(make_item) -> None:
    items = [
        make_item(f"{side[0]}{name}", side, 500, text=f"{side} {name}") for side in ("ledger", "bank") for name in ("xx", "yy")
    ]
    ledger_bank = solved(*(item for item in items))
    assert {broken.type.value for broken in ledger_bank.breaks} == {"AMBIGUOUS"}


def test_a_rival_that_stays_open_makes_it_a_suggestion(make_item) -> None:
    outcome = solved(make_item("l1", "ledger", 500), make_item("l2", "ledger", 500, day=1), make_item("b", "bank", 500, day=1))
    (match,) = outcome.matches
    assert (match.decision, match.runner_up, pairs(outcome)) == (Decision.SUGGESTED, "l1", [("b", "l2")])


@pytest.mark.parametrize(
    ("ours", "theirs", "paired"), [("INV0042", "INV9917", False), ("INV0042", "FT99170042", True), ("INV0042", "99170042", True)]
)
def test_references_of_one_form_that_differ_keep_items_apart(make_item, ours: str, theirs: str, paired: bool) -> None:
    outcome = solved(make_item("l", "ledger", 500, key=ours, text="ACME"), make_item("b", "bank", 500, text=f"ACME {theirs}"))
    assert bool(outcome.matches) is paired
    assert paired or {broken.nearest.id for broken in outcome.breaks if broken.nearest} == {"l", "b"}


def test_pairs_are_the_best_for_the_whole_book_rather_than_for_the_nearest_two(make_item) -> None:
    ledger = [make_item(f"l{day}", "ledger", 500, day=day) for day in (1, 2, 3)]
    bank = [make_item(f"b{day}", "bank", 500, day=day) for day in (2, 3, 4)]
    outcome = solved(*ledger, *bank)
    assert pairs(outcome) == [("b2", "l1"), ("b3", "l2"), ("b4", "l3")]
    assert {match.decision for match in outcome.matches} == {Decision.SUGGESTED}
    assert [match.runner_up for match in outcome.matches] == ["l2", "b2", "b3"]


def test_where_pairs_share_words_silence_is_an_objection(make_item) -> None:
    talking = [
        make_item(f"{side[0]}{number}", side, 1_000 + number, text=f"{side} customer {number:03}")
        for side in ("ledger", "bank")
        for number in range(8)
    ]
    silent = [make_item("l", "ledger", 5, text="apples"), make_item("b", "bank", 5, text="pears")]
    assert ("b", "l") in pairs(solved(*silent))
    assert ("b", "l") not in pairs(solved(*talking, *silent))


def test_a_pending_line_waits(make_item) -> None:
    outcome = solved(make_item("l", "ledger", 500, key=UTR), make_item("b", "bank", 500, key=UTR, status="PENDING"))
    assert kinds(outcome) == [("TIMING", "b"), ("MISSING_RIGHT", "l")]


def test_an_open_item_names_its_nearest_candidate_and_a_cause(make_item) -> None:
    outcome = solved(make_item("l", "ledger", 10_000), make_item("b", "bank", 9_600), make_item("far", "bank", 90_000))
    nearest = {broken.members[0].id: broken.nearest for broken in outcome.breaks}
    assert nearest["l"] is not None
    assert (nearest["l"].id, nearest["l"].suspected) == ("b", "fee")
    assert nearest["far"] is None


def test_only_the_stages_of_the_rules_run(make_item) -> None:
    rules = parse_reconciliation(TEXT + "stages: [reference]\n", "books.yaml")
    assert not solved(make_item("l", "ledger", 100), make_item("b", "bank", 100), rules=rules).matches


def test_a_book_has_one_currency_and_dispatch_splits_books(make_item) -> None:
    items = [
        make_item(f"{side}-{account}-{currency}", side, 100, account=account, currency=currency)
        for side in ("ledger", "bank")
        for account in ("a1", "a2")
        for currency in ("INR", "EUR")
    ]
    with pytest.raises(ReconcilerError, match="one currency, not EUR, INR"):
        solve_book(RULES, items, None)
    outcome = solve(RULES, items, None)
    check(items, outcome)
    assert {(match.account, match.currency) for match in outcome.matches} == {(a, c) for a in ("a1", "a2") for c in ("INR", "EUR")}


def test_a_keyed_item_without_key_is_not_lost(make_item) -> None:
    rules = parse_reconciliation("name: k\nversion: 1\nshape: keyed\nsides: [{name: ledger}, {name: bank}]\n", "k.yaml")
    items = [make_item("l", "ledger", 100), make_item("v", "ledger", 1, status="VOID"), make_item("b", "bank", 100, key="K1")]
    outcome = solve(rules, items, None)
    check(items, outcome)
    assert sorted(kinds(outcome)) == [("REFERENCE", "l"), ("TIMING", "b")]


def test_a_crowd_of_equal_amounts_does_not_cost_a_cross_product(make_item) -> None:
    items = [
        make_item(f"{side}{number:05d}", side, 100 + number % 3, day=number % 30, text=f"payment {number}")
        for side in ("ledger", "bank")
        for number in range(4_000)
    ]
    begin = time.process_time()
    outcome = solved(*items)
    assert len(outcome.matches) + len(outcome.breaks) > 0
    assert time.process_time() - begin < 20, "it takes two seconds of a processor"
