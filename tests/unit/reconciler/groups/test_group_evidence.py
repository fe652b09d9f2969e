"""Groups that need more than an equal reference or a plain sum: what was held back, misspelt, cut, or also claimed by a pair."""

from reconciler.types import BreakType, Decision, Item
from tests.unit.reconciler.groups.test_group_matches import groups, kinds, solved


def sales(make_item, *amounts: int) -> list[Item]:
    return [make_item(f"l{n}", "ledger", amount, text=f"Aninpay sale 0{n}") for n, amount in enumerate(amounts)]


def test_a_day_matches_without_the_sale_that_was_held_back(make_item) -> None:
    outcome = solved(*sales(make_item, 12_345, 6_789, 45_111, 30_017), make_item("b", "bank", 49_151, day=1, text="ANINPAY 9"))
    assert groups(outcome) == [{"l0", "l1", "l3", "b"}]
    assert kinds(outcome) == [("MISSING_RIGHT", "l2")]
    assert "l2, which was held back" in {reason.signal: reason.text for reason in outcome.matches[0].reasons}["day"]


def test_which_of_two_equal_sales_was_held_back_is_for_a_person(make_item) -> None:
    outcome = solved(*sales(make_item, 12_345, 45_111, 6_789, 6_789), make_item("b", "bank", 64_245, day=1, text="ANINPAY 9"))
    assert groups(outcome) == []
    assert {broken.type for broken in outcome.breaks} == {BreakType.AMBIGUOUS}
    assert {member.id for broken in outcome.breaks for member in broken.members} == {"l0", "l1", "l2", "l3", "b"}


def test_parts_are_found_by_names_with_slips_and_names_cut_short(make_item) -> None:
    told = ((31_234, "NEFT HAWRIL CORDEN"), (9_987, "IMPS HARWIL CORD"), (4_321, "HARWILCORDEN/88"))
    parts = [make_item(f"b{n}", "bank", amount, day=n, text=text) for n, (amount, text) in enumerate(told)]
    assert groups(solved(make_item("l", "ledger", 45_542, text="Harwil Corden rent"), *parts)) == [{"l", "b0", "b1", "b2"}]


def test_a_payment_that_names_one_invoice_pays_the_others_of_its_payer_too(make_item) -> None:
    invoices = [
        make_item(f"l{n}", "ledger", amount, day=n, text=f"Harwil Corden {reference}")
        for n, (amount, reference) in enumerate([(23_138, "rent"), (43_141, "INV753266"), (2_000, "INV382064"), (94_473, "order")])
    ]
    paid = make_item("b", "bank", 162_752, day=9, text="NEFT HARWIL CORDEN INV753266")
    assert groups(solved(*invoices, paid)) == [{"l0", "l1", "l2", "l3", "b"}]


def test_a_reference_that_runs_on_into_a_code_is_still_found(make_item) -> None:
    batch = [make_item(f"l{n}", "ledger", amount, text=f"Payer{n} RUN6142435") for n, amount in enumerate((12_345, 6_789, 45_111))]
    less_a_fee = make_item("b", "bank", 63_885, text="COLLECTION RUN6142435I868046833")
    assert groups(solved(*batch, less_a_fee)) == [{"l0", "l1", "l2", "b"}]


def test_a_member_that_is_less_than_the_payment_does_not_explain_it(make_item) -> None:
    batch = [make_item(f"l{n}", "ledger", amount, text=f"Payer{n} RUN3467431") for n, amount in enumerate((61_134, 8_072))]
    outcome = solved(*batch, make_item("b", "bank", 69_156, text="COLLECTION RUN3467431"))
    assert groups(outcome) == [{"l0", "l1", "b"}]
    assert outcome.matches[0].decision is Decision.SUGGESTED


def test_one_payment_that_was_told_twice_is_no_batch_less_a_fee(make_item) -> None:
    twice = [make_item(f"l{n}", "ledger", 24_777, day=n, text="Tojo Orno INV663689") for n in range(2)]
    paid = make_item("b", "bank", 47_130, day=4, text="DAJO NOZEN/INV6")
    assert groups(solved(*twice, paid)) == []
    other = [twice[0], make_item("l2", "ledger", 24_777, text="Belmar Sa INV663689")]
    assert groups(solved(*other, paid)) == [{"l0", "l2", "b"}]
