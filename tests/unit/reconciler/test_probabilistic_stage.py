"""The stage as a whole, on books that are large enough to learn from."""

import datetime as dt
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.book import Book
from reconciler.conservation import check
from reconciler.digest import decision_digest
from reconciler.dispatch import solve
from reconciler.errors import RulesError
from reconciler.facts import EXPECTED_FALSE_PPM, PROBABLE, PROFILES
from reconciler.operator_decisions import Confirmation, OperatorDecisions
from reconciler.operator_matches import KeptApart
from reconciler.probabilistic.stage import match_probable
from reconciler.reconciliation import Groups, Learning, Pass
from reconciler.rules import parse_reconciliation
from reconciler.statement import solve_book
from reconciler.types import BreakType, Decision, Item, Member, Outcome, Stage

TEXT = """name: learnt
version: 1
shape: statement
sides: [{name: one}, {name: two}]
tolerance: {days: {before: 5, after: 5}}
stages: [reference, tolerance, probabilistic]
"""
RULES = parse_reconciliation(TEXT, "learnt.yaml")
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
NAMES = ("ALMA", "BRUNO", "CLARA", "DAVID", "EMMA", "FELIX", "GRETA", "HUGO", "IDA", "JONAS", "KARLA", "LEO", "MIRA", "NILS")


def book(seed: int, count: int = 300) -> tuple[list[Item], set[frozenset[str]]]:
    """Payments of which a tenth is on one side only; amounts differ by fees, texts by what each side adds."""
    draw = random.Random(seed)
    items: list[Item] = []
    truth: set[frozenset[str]] = set()
    for number in range(count):
        name = f"{draw.choice(NAMES)} {draw.choice(NAMES)}{draw.choice(NAMES)}"
        amount, day, sides = draw.randrange(500, 50_000), draw.randrange(60), draw.randrange(20)
        charged = amount - (amount // 50 if draw.randrange(3) == 0 else 0)
        told = [
            ("one", amount, day, f"{name} {draw.choice(('rent', 'order', ''))}"),
            ("two", charged, day + draw.randrange(3), f"{name[: draw.choice((12, 40))]} {draw.choice(('BGC', 'CSH', ''))}"),
        ]
        kept = told[:1] if sides == 0 else told[1:] if sides == 1 else told
        items += [
            Item(
                id=f"{side}{number}", side=side, account="a", amount_minor=minor, currency="EUR", direction=1,
                booked_at=START + dt.timedelta(days=on), text=text,
            )
            for side, minor, on, text in kept
        ]  # fmt: skip
        if len(kept) == 2:
            truth.add(frozenset({f"one{number}", f"two{number}"}))
    return items, truth


def solved(items: list[Item], rules=RULES) -> Outcome:
    outcome = solve_book(rules, items, None)
    check(items, outcome)
    return outcome


def found(outcome: Outcome, decision: Decision | None = None) -> set[frozenset[str]]:
    return {
        frozenset(member.id for member in match.members)
        for match in outcome.matches
        if decision is None or match.decision is decision
    }


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_a_book_without_any_key_is_matched_and_what_has_no_partner_stays_open(seed: int) -> None:
    items, truth = book(seed)
    outcome = solved(items)
    right = len(found(outcome) & truth)
    assert right >= 0.97 * len(truth)
    assert right >= 0.98 * len(outcome.matches)
    assert found(outcome, Decision.AUTO) <= truth
    assert len(found(outcome, Decision.AUTO)) > len(truth) // 4
    assert {match.stage for match in outcome.matches} <= {Stage.PROBABILISTIC, Stage.GROUP}


@given(seed=st.integers(0, 1_000), data=st.data())
@settings(max_examples=6, deadline=None)
def test_order_does_not_matter_and_nothing_is_lost_or_claimed_twice(seed: int, data: st.DataObject) -> None:
    items, _ = book(seed, 230)
    shuffled = list(items)
    random.Random(data.draw(st.integers(0, 10**6))).shuffle(shuffled)
    first, second = solved(items), solved(shuffled)
    assert decision_digest(first) == decision_digest(second)
    assert {match.reasons for match in first.matches} == {match.reasons for match in second.matches}
    claimed = [member for match in first.matches for member in match.members]
    assert len(claimed) == len(set(claimed))


@given(seed=st.integers(0, 1_000))
@settings(max_examples=6, deadline=None)
def test_which_side_is_left_does_not_matter(seed: int) -> None:
    items, _ = book(seed, 230)
    swapped = replace(RULES, sides=RULES.sides[::-1])
    told = [
        {(match.members, match.decision, match.probability_ppm, match.runner_up) for match in solved(items, rules).matches}
        for rules in (RULES, swapped)
    ]
    assert told[0] == told[1]


def test_noise_alone_is_not_matched() -> None:
    """What references found teaches the book's habits; leftovers that do not share them stay open."""
    items, truth = book(5)
    tied = [replace(item, key=f"KEY{item.id[3:]}PAID") for item in items if any(item.id in pair for pair in truth)]
    draw = random.Random(9)
    noise = [
        Item(
            id=f"{side}-noise{number}", side=side, account="a", amount_minor=draw.randrange(500, 50_000), currency="EUR",
            direction=1, booked_at=START + dt.timedelta(days=draw.randrange(60)), text=f"{draw.choice(NAMES)} {draw.choice(NAMES)}",
        )
        for side in ("one", "two")
        for number in range(60)
    ]  # fmt: skip
    outcome = solved([*(item for item in tied if item.amount_minor), *noise])
    assert not any(match.members[0].id.count("noise") for match in outcome.matches)


def test_the_bits_of_a_pair_without_rivals_are_the_odds_of_its_probability() -> None:
    alone = [match for match in solved(book(11)[0]).matches if match.runner_up is None and match.stage is Stage.PROBABILISTIC]
    assert alone
    for match in alone:
        bits = sum(float(reason.text.split()[-2]) for reason in match.reasons if reason.text.endswith("bits"))
        assert match.probability_ppm == pytest.approx(1_000_000 / (1 + 2**-bits), abs=1_000)


def test_a_match_explains_itself_and_an_open_item_names_its_nearest() -> None:
    outcome = solved(book(11)[0])
    auto = next(match for match in outcome.matches if match.decision is Decision.AUTO)
    assert [reason.signal for reason in auto.reasons] == ["text", "amount", "date", "surroundings", "prior", "rivals"]
    assert all("bits" in reason.text for reason in auto.reasons[:5])
    assert 990_000 < auto.probability_ppm <= 1_000_000
    rivalled = [match for match in outcome.matches if match.runner_up is not None]
    assert rivalled
    assert all(match.runner_up in match.reasons[5].text for match in rivalled)
    single = [broken for broken in outcome.breaks if broken.type is BreakType.TIMING]
    assert any(broken.nearest is not None for broken in single)


def test_two_against_one_is_reported_with_its_candidates() -> None:
    items, truth = book(11)
    sure = next(iter(sorted(found(solved(items), Decision.AUTO) & truth, key=sorted)))
    original = next(item for item in items if item.id in sure and item.side == "one")
    # Words of its own: an equal record would be a copy.
    outcome = solved([*items, replace(original, id="one-again", counterparty="other")])
    broken = next(broken for broken in outcome.breaks if any(member.id == "one-again" for member in broken.members))
    assert broken.type is BreakType.AMBIGUOUS
    assert {member.id for member in broken.members} == {*sure, "one-again"}


def test_a_small_book_is_matched_as_without_the_stage() -> None:
    items, _ = book(3, 15)
    plain = replace(RULES, passes=(Pass(stage=Stage.REFERENCE), Pass(stage=Stage.TOLERANCE)))
    assert decision_digest(solved(items)) == decision_digest(solved(items, plain))


@pytest.mark.parametrize(("count", "confirms_unequal"), [(60, False), (300, True)])
def test_few_pairs_do_not_teach_which_unequal_amounts_to_confirm(count: int, confirms_unequal: bool) -> None:
    items, _ = book(13, count)
    amounts = {item.id: item.signed_minor for item in items}
    generous = replace(RULES, learning=Learning(false_per_100k=1_000))
    pairs = [
        tuple(amounts[member.id] for member in match.members)
        for match in solved(items, generous).matches
        if match.decision is Decision.AUTO
    ]
    assert any(one == other for one, other in pairs)
    assert any(one != other for one, other in pairs) is confirms_unequal


def test_the_budget_and_the_least_probability_come_from_the_rules() -> None:
    items, _ = book(11)
    autos = [
        len(found(solved(items, replace(RULES, learning=Learning(false_per_100k=budget))), Decision.AUTO))
        for budget in (0, 1, 100, 100_000)
    ]
    assert autos == sorted(autos)
    assert autos[0] < autos[-1]


def test_suggestions_need_the_probability_that_the_rules_ask_for() -> None:
    items, _ = book(13)
    single = replace(RULES, groups=Groups(enabled=False))
    everything, sure = (
        solved(items, replace(single, learning=Learning(suggest_ppm=least))).matches for least in (510_000, 990_000)
    )
    assert len(sure) < len(everything)
    assert min(match.probability_ppm for match in sure) >= 990_000


def test_candidates_keep_to_the_reach_of_the_rules() -> None:
    items, _ = book(11)
    narrow = replace(RULES, learning=Learning(amount_ppm=10_000, days_before=3, days_after=1))
    by_id = {item.id: item for item in items}
    outcome = solved(items, narrow)
    assert {match.stage for match in outcome.matches} == {Stage.PROBABILISTIC}
    for pair in found(outcome):
        one, two = (by_id[identity] for identity in sorted(pair))
        assert abs(one.amount_minor - two.amount_minor) * 100 <= one.amount_minor + 1
        assert -3 <= (two.booked_at - one.booked_at).days <= 1


def test_learning_is_read_from_the_rules_and_checked() -> None:
    text = TEXT + "learning: {amount_ppm: 20000, days: {before: 2, after: 9}, false_per_100k: 5}\n"
    assert parse_reconciliation(text, "l.yaml").learning == Learning(
        amount_ppm=20_000, days_before=2, days_after=9, false_per_100k=5
    )
    for wrong, message in (
        ("learning: {suggest_ppm: 400000}", r"l\.yaml:7: `suggest_ppm` must be a whole number from 510000"),
        ("learning: {speed: 1}", r"l\.yaml:7: `speed` is not known"),
    ):
        with pytest.raises(RulesError, match=message):
            parse_reconciliation(f"{TEXT}{wrong}\n", "l.yaml")
    with pytest.raises(RulesError, match="which `stages` does not name"):
        parse_reconciliation(TEXT.replace(", probabilistic", "") + "learning: {least_items: 20}\n", "l.yaml")


def test_the_outcome_says_how_many_false_matches_to_expect_and_how_the_sides_behave() -> None:
    items, _ = book(11)
    outcome = solve(RULES, items, None)
    autos = [match for match in outcome.matches if match.decision is Decision.AUTO]
    assert outcome.facts[PROBABLE] == len(autos) > 0
    assert outcome.facts[EXPECTED_FALSE_PPM] == sum(1_000_000 - match.probability_ppm for match in autos)
    # The budget of the rules bounds it.
    assert outcome.facts[EXPECTED_FALSE_PPM] * 100_000 <= len(autos) * RULES.learning.false_per_100k * 1_000_000
    (profile,) = outcome.facts[PROFILES]
    assert (profile.account, profile.currency, profile.pairs, profile.median_lag) == ("a", "EUR", len(autos), 1)
    assert [abs(rate - 20_000) < 200 for rate, _ in profile.rates] == [True]


def weight(outcome: Outcome, signal: str, pairs: set[frozenset[str]]) -> float:
    """Mean weight in bits that a signal has in the reasons of some pairs."""
    told = [
        float(reason.text.rsplit(": ", 1)[1].removesuffix(" bits"))
        for match in outcome.matches
        if frozenset(member.id for member in match.members) in pairs
        for reason in match.reasons
        if reason.signal == signal
    ]
    return sum(told) / len(told)


def test_operators_teach_the_weights() -> None:
    """A fee of two percent is as good as an equal amount until operators unmatch such pairs, and better when they confirm them."""
    items, truth = book(21, 600)
    amounts = {item.id: item.amount_minor for item in items}
    charged = sorted((pair for pair in truth if len({amounts[identity] for identity in pair}) == 2), key=sorted)
    taught, watched = charged[::2], set(charged[1::2])
    sets = frozenset(frozenset(Member(identity[:3], identity) for identity in pair) for pair in taught)
    bits = [
        weight(solve(RULES, items, None, decided), "amount", watched)
        for decided in (
            OperatorDecisions(unmatched=sets),
            OperatorDecisions(),
            OperatorDecisions(confirmed=frozenset(map(Confirmation, sets))),
        )
    ]
    assert bits[0] < bits[1] - 0.3
    assert bits[1] <= bits[2]


def test_what_an_operator_unmatched_is_not_paired_by_all_evidence_either() -> None:
    items, truth = book(11)
    pair = min(found(solved(items), Decision.AUTO) & truth, key=sorted)
    unmatched = OperatorDecisions(unmatched=frozenset({frozenset(Member(identity[:3], identity) for identity in pair)}))
    outcome = solve(RULES, items, None, unmatched)
    check(items, outcome)
    assert pair not in found(outcome)
    assert len(found(outcome)) >= len(found(solved(items))) - 3


def test_a_member_of_a_group_is_no_twin_of_a_free_item() -> None:
    items, truth = book(11)
    pair = min(found(solved(items), Decision.AUTO) & truth, key=sorted)
    original = next(item for item in items if item.id in pair and item.side == "one")
    twin = replace(original, id="one-again")
    reversal = replace(original, id="one-back", direction=-original.direction)
    left = Book(RULES, [*items, twin, reversal], None, KeptApart(), ())
    left.match_group([twin, reversal], [], stage=Stage.GROUP, reasons=(), decision=Decision.AUTO, probability_ppm=1_000_000)
    assert match_probable(left)
    left.open_the_rest()
    assert pair in found(left.outcome())
