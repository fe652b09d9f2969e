"""Groups of a statement book as a reconciler expects them."""

import datetime as dt
from dataclasses import replace

import pytest

from reconciler.book import Book
from reconciler.conservation import check
from reconciler.dispatch import solve
from reconciler.errors import RulesError
from reconciler.groups.days import by_days
from reconciler.groups.names import telling_words
from reconciler.operator_matches import KeptApart
from reconciler.rules import parse_reconciliation
from reconciler.types import Decision, Item, Outcome, Stage

TEXT = """name: books
version: 1
shape: statement
sides: [{name: ledger}, {name: bank}]
tolerance: {amount: {absolute_minor: {INR: 0}}, days: {before: 5, after: 20}}
"""
RULES = parse_reconciliation(TEXT, "books.yaml")
COMPLETE = dict.fromkeys(RULES.side_names, dt.datetime(2027, 1, 1, tzinfo=dt.UTC))


def solved(*items: Item, rules=RULES) -> Outcome:
    outcome = solve(rules, items, COMPLETE)
    check(items, outcome)
    return outcome


def groups(outcome: Outcome) -> list[set[str]]:
    return [{member.id for member in match.members} for match in outcome.matches if match.stage is Stage.GROUP]


def kinds(outcome: Outcome) -> list[tuple[str, ...]]:
    return [(broken.type.value, *(member.id for member in broken.members)) for broken in outcome.breaks]


def run(make_item, *amounts: int) -> list[Item]:
    texts = ("Anders Ltd", "Belmar SA", "Corfin GmbH", "Dorval")
    return [make_item(f"l{n}", "ledger", amount, text=f"{texts[n]} RUN1234567") for n, amount in enumerate(amounts)]


def test_a_batch_that_both_sides_name_matches_by_its_sum(make_item) -> None:
    batch = run(make_item, 12_345, 6_789, 45_111)
    outcome = solved(*batch, make_item("b", "bank", 64_245, day=2, text="PAYMENT RUN-RUN1234567"))
    assert groups(outcome) == [{"l0", "l1", "l2", "b"}]
    assert outcome.matches[0].decision is Decision.AUTO


def test_a_batch_less_a_fee_is_suggested_and_is_sure_with_a_fee_profile(make_item) -> None:
    items = [*run(make_item, 12_345, 6_789, 45_111), make_item("b", "bank", 63_603, text="COLLECTION RUN1234567")]
    assert [match.decision for match in solved(*items).matches] == [Decision.SUGGESTED]
    profiled = parse_reconciliation(TEXT + "fees: {ppm: 10000}\n", "books.yaml")
    assert [match.decision for match in solved(*items, rules=profiled).matches] == [Decision.AUTO]


def test_several_against_several_under_one_reference(make_item) -> None:
    parts = [make_item(f"b{n}", "bank", amount, text="RUN1234567") for n, amount in enumerate((40_000, 24_245))]
    assert groups(solved(*run(make_item, 12_345, 6_789, 45_111), *parts)) == [{"l0", "l1", "l2", "b0", "b1"}]


def test_a_payment_in_parts_is_one_group_and_noise_stays_out(make_item) -> None:
    parts = [
        make_item(f"b{n}", "bank", amount, day=n, text="NEFT HARWIL CORDEN") for n, amount in enumerate((31_234, 9_987, 4_321))
    ]
    outcome = solved(
        make_item("l", "ledger", 41_221, text="Harwil Corden rent"), *parts, make_item("x", "ledger", 77_001, text="Somebody else")
    )
    assert groups(outcome) == [{"l", "b0", "b1"}]


def test_sums_of_unrelated_items_are_no_group(make_item) -> None:
    ledger = [
        make_item(f"l{n}", "ledger", amount, text=text) for n, (amount, text) in enumerate([(12_345, "Anders"), (6_789, "Belmar")])
    ]
    assert not solved(*ledger, make_item("b", "bank", 19_134, text="CORFIN")).matches


def test_a_part_that_is_missing_leaves_one_split_with_the_gap(make_item) -> None:
    parts = [make_item(f"b{n}", "bank", 30_000 + n, text="PART INV0012345") for n in range(2)]
    outcome = solved(make_item("l", "ledger", 90_000, text="Harwil INV0012345"), *parts)
    assert kinds(outcome) == [("SPLIT", "b0", "b1", "l")]
    assert outcome.breaks[0].amount_minor == 29_999


def test_a_reversal_nets_with_its_payment_on_one_side(make_item) -> None:
    paid, back = (
        make_item("b1", "bank", -500, text="NEFT HARWIL 77"),
        make_item("b2", "bank", 500, day=2, text="REVERSAL NEFT HARWIL 77"),
    )
    assert groups(solved(paid, back)) == [{"b1", "b2"}]


def test_a_reversal_that_both_sides_show_is_matched_like_with_like(make_item) -> None:
    items = [
        make_item(f"{side[0]}{n}", side, amount, day=n, text=f"{word} Harwil INV0012345".strip())
        for side in ("ledger", "bank")
        for n, (amount, word) in enumerate([(-500, ""), (500, "Reversal")])
    ]
    assert sorted(sorted(member.id for member in match.members) for match in solved(*items).matches) == [["b0", "l0"], ["b1", "l1"]]


def test_the_copy_of_a_matched_record_is_a_duplicate_that_names_it(make_item) -> None:
    twice = [make_item(f"b{n}", "bank", 700, day=n, text="HARWIL INV0012345") for n in range(2)]
    outcome = solved(make_item("l", "ledger", 700, text="Harwil INV0012345"), *twice)
    assert kinds(outcome) == [("DUPLICATE", "b1")]
    nearest = outcome.breaks[0].nearest
    assert nearest is not None
    assert nearest.id == "b0"


def test_groups_can_be_left_out(make_item) -> None:
    rules = parse_reconciliation(TEXT + "groups: {enabled: false}\n", "books.yaml")
    items = [*run(make_item, 12_345, 6_789), make_item("b", "bank", 19_134, text="RUN1234567")]
    assert not solved(*items, rules=rules).matches
    assert groups(solved(*items))


@pytest.mark.parametrize("section", ["groups: {most_members: 2}", "groups: {sizes: 3}"])
def test_a_wrong_section_is_refused_with_its_line(section: str) -> None:
    with pytest.raises(RulesError, match=r"books\.yaml:6"):
        parse_reconciliation(TEXT + section + "\n", "books.yaml")


def reasons(outcome: Outcome) -> dict[str, str]:
    return {reason.signal: reason.text for broken in outcome.breaks for reason in broken.reasons}


def test_a_payment_that_several_sums_explain_is_ambiguous_and_names_them(make_item) -> None:
    parts = [
        make_item(f"b{n}", "bank", amount, day=n % 2, text="NEFT HARWIL CORDEN")
        for n, amount in enumerate((31_234, 9_987, 29_998, 11_223))
    ]
    outcome = solved(make_item("l", "ledger", 41_221, text="Harwil Corden rent"), *parts)
    assert not outcome.matches
    assert kinds(outcome) == [("AMBIGUOUS", "b0", "b1", "b2", "b3", "l")]
    assert reasons(outcome)["alternatives"] == "l could be b0, b1; or b2, b3"


def test_a_search_that_gives_up_says_so_on_the_break(make_item) -> None:
    parts = [make_item(f"b{n}", "bank", 5_003 + 101 * n, day=n, text="NEFT HARWIL CORDEN") for n in range(9)]
    whole = make_item("l", "ledger", sum(part.amount_minor for part in parts), text="Harwil Corden rent")
    short = parse_reconciliation(TEXT + "groups: {search_steps: 16}\n", "books.yaml")
    outcome = solved(whole, *parts, rules=short)
    assert not outcome.matches
    assert "more than 16 partial sums" in reasons(outcome)["search"]
    assert groups(solved(whole, *parts)) == [{"l", *(part.id for part in parts)}]


def test_the_earlier_of_two_copies_is_the_payment_and_a_person_confirms_it(make_item) -> None:
    twice = [make_item(f"l{day}", "ledger", 700, day=day, text="Harwil INV0012345") for day in (0, 3)]
    outcome = solved(*twice, make_item("b", "bank", 700, day=4, text="HARWIL INV0012345"))
    assert [[member.id for member in match.members] for match in outcome.matches] == [["b", "l0"]]
    assert outcome.matches[0].decision is Decision.SUGGESTED
    assert kinds(outcome) == [("DUPLICATE", "l3")]


def test_a_first_name_alone_ties_no_group(make_item) -> None:
    parts = [
        make_item("b0", "bank", 31_234, text="NEFT HARWIL CORDEN"),
        make_item("b1", "bank", 9_987, day=1, text="NEFT HARWIL BELMAR"),
    ]
    named = [make_item("x0", "ledger", 77_777, text="Belmar"), make_item("x1", "ledger", 88_888, text="Corden")]
    assert not solved(make_item("l", "ledger", 41_221, text="Harwil Corden"), *parts, *named).matches


def proposed_by_day(*items: Item) -> list[set[str]]:
    names = tuple(telling_words([item for item in items if item.side == side]) for side in RULES.side_names)
    found = by_days(Book(RULES, items, None, KeptApart(), ()), (names[0], names[1]))
    return [{item.id for item in (*one.lefts, *one.rights)} for one in found]


def test_a_payment_less_a_fee_is_not_taken_for_the_batch_of_its_day(make_item) -> None:
    paid = make_item("l", "ledger", 47_746, text="Belho Finrisa INV527738")
    less_fee = make_item("fee", "bank", 46_746, text="BELHO FINRISA/INV527738/")
    other = make_item("other", "bank", 1_000, text="TRANSFER BELHO FINRISA I")
    assert proposed_by_day(paid, less_fee, other) == []
    assert proposed_by_day(paid, replace(less_fee, text="BELHO FINRISA"), other) != []
    assert not [match for match in solved(paid, less_fee, other).matches if match.decision is Decision.AUTO]


def test_a_day_of_several_payers_is_no_batch_of_one_of_them(make_item) -> None:
    own = make_item("own", "ledger", 838, text="Anto Inho INV593953")
    other = make_item("other", "ledger", 100_000, text="Anto Inin INV027230")
    paid = make_item("paid", "bank", 100_838, day=6, text="ANTO INHO/INV078701")
    assert proposed_by_day(own, other, paid) == []
    assert proposed_by_day(own, replace(other, text="Anto Inho INV027230"), paid) != []


def test_more_accepted_false_matches_confirm_more_groups(make_item) -> None:
    batch = [make_item(f"l{n}", "ledger", amount, text=f"RUN1234567 {n}") for n, amount in enumerate((12_345, 6_789))]
    reversal = [make_item("p", "bank", 5_000, text="KALO"), make_item("r", "bank", -5_000, day=1, text="REVERSAL KALO")]
    items = [*batch, make_item("b", "bank", 19_134, day=2, text="PAYMENT RUN-RUN123456"), *reversal]
    auto = {
        budget: sum(
            match.decision is Decision.AUTO and len(match.members) > 2
            for match in solved(*items, rules=replace(RULES, learning=replace(RULES.learning, false_per_100k=budget))).matches
        )
        for budget in (0, 5, 25, 1000)
    }
    assert auto == {0: 0, 5: 0, 25: 1, 1000: 1}


def test_the_later_of_two_copies_is_not_confirmed_when_the_earlier_one_is_out_of_the_window(make_item) -> None:
    ledger = [make_item(f"l{day}", "ledger", 47_035, day=day, text="Garvepa Margar INV200599") for day in (0, 3)]
    bank = make_item("b", "bank", 47_035, day=22, text="NEFT GARVEPA MARGAR INV200599")
    (match,) = solved(*ledger, bank).matches
    assert {member.id for member in match.members} == {"l3", "b"}
    assert (match.decision, match.runner_up) == (Decision.SUGGESTED, "l0")


def test_copies_of_a_line_are_told_by_the_line_and_not_by_its_counterpart(make_item) -> None:
    ledger = [make_item("l", "ledger", 195_794, text="Anelno Corbel"), make_item("x", "ledger", 777, day=-30, text="Anelno Corbel")]
    bank = [make_item(f"b{n}", "bank", 195_794, day=3, text="TRANSFER ANELNO CORBEL") for n in (1, 2)]
    outcome = solved(*ledger, *bank)
    assert ("DUPLICATE", "b2") in kinds(outcome)
    assert [{member.id for member in match.members} for match in outcome.matches] == [{"l", "b1"}]


def test_the_beginning_of_a_reference_ties_no_items_whose_sum_may_be_an_accident(make_item) -> None:
    copies = [make_item(f"l{n}", "ledger", 25_000, text="Sazen Pano INV534418") for n in (1, 2)]
    outcome = solved(*copies, make_item("b", "bank", 50_000, text="NEFT COLLECTION INV5"))
    assert not [match for match in outcome.matches if match.decision is Decision.AUTO]
