from hypothesis import given
from hypothesis import strategies as st

from reconciler.assignment import assign
from reconciler.check_digits import checks_out
from reconciler.evidence import deletion_variants, one_slip_apart, reference_tokens, words
from reconciler.near_references import truncation_labels

texts = st.text(alphabet="AB12", max_size=6)


def distance(first: str, second: str) -> int:
    """Optimal string alignment distance, by the book."""
    rows = {(-1, -1): 0}
    rows |= {(index, -1): index + 1 for index in range(len(first))}
    rows |= {(-1, index): index + 1 for index in range(len(second))}
    for i, left in enumerate(first):
        for j, right in enumerate(second):
            best = min(rows[i - 1, j] + 1, rows[i, j - 1] + 1, rows[i - 1, j - 1] + (left != right))
            if i and j and left == second[j - 1] and first[i - 1] == right:
                best = min(best, rows[i - 2, j - 2] + 1)
            rows[i, j] = best
    return rows[len(first) - 1, len(second) - 1]


@given(texts, texts)
def test_one_slip_is_an_edit_distance_of_one(first: str, second: str) -> None:
    assert one_slip_apart(first, second) == (distance(first, second) == 1)


@given(texts, texts)
def test_references_one_slip_apart_share_a_deletion_variant(first: str, second: str) -> None:
    if one_slip_apart(first, second):
        assert set(deletion_variants(first)) & set(deletion_variants(second))


def test_references_are_found_inside_a_text(make_item) -> None:
    item = make_item("b", "bank", key="UTR99", text="NEFT CR-UTIB0000100-ACME inv-00 42/2026 by transfer")
    tokens = reference_tokens(item)
    assert {"UTR99", "UTIB0000100", "INV0042", "INV00422026"[:7]} <= tokens
    assert "TRANSFER" not in tokens
    assert {"ACME", "TRANSFER"} <= words(item)


def test_structured_references_are_found_in_blocks_by_their_check_digits(make_item) -> None:
    """Examples of ISO 11649, of the Swiss guidelines for QR bills, and of the Belgian one that Febelfin publishes."""
    printed = {
        "RF18539007547034": "your ref RF18 5390 0754 7034 of March 2026",
        "210000000003139471430009017": "21 00000 00003 13947 14300 09017",
        "090933755493": "+++090/9337/55493+++",
    }
    for reference, text in printed.items():
        assert checks_out(reference)
        assert reference in reference_tokens(make_item("b", "bank", text=text))
    assert "RF18539007547034OF" not in reference_tokens(make_item("b", "bank", text=printed["RF18539007547034"]))


@given(st.sampled_from(["RF18539007547034", "210000000003139471430009017", "090933755493"]), st.data())
def test_a_slip_breaks_the_check_digits(reference: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(4 if reference.startswith("RF") else 0, len(reference) - 1))
    digit = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != reference[place]]))
    assert not checks_out(reference[:place] + digit + reference[place + 1 :])
    assert not checks_out(reference[:place] + reference[place + 1 :])


def test_a_beginning_that_many_references_share_is_no_evidence() -> None:
    assert truncation_labels(["PAY00001"], ["PAY00001X1"]).keys() == {"PAY00001", "PAY00001X1"}
    assert not truncation_labels(["PAY00001"], [f"PAY00001{number:03d}" for number in range(9)])
    assert not truncation_labels(["PAY0000"], ["PAY00001X1"])


def test_the_cheapest_pair_wins_and_ties_are_reported() -> None:
    found = assign({(0, 0): (0,), (0, 1): (1,), (1, 1): (2,), (2, 2): (1,), (2, 3): (1,)}, [1, 1, 1], [1, 1, 1, 1])
    assert sorted(found.groups) == [((0, 0, 1),), ((1, 1, 1),)]
    assert list(found.ties) == [((2,), (2, 3))]


def test_like_items_that_come_out_even_are_paired_and_others_are_a_tie() -> None:
    edges = {(0, 0): (0,), (0, 1): (1,)}
    assert list(assign(edges, [2], [1, 1]).groups) == [((0, 0, 1), (0, 1, 1))]
    for uneven in ([3], [1]):
        found = assign(edges, uneven, [1, 1])
        assert (len(found.groups), len(found.ties)) == ((0, 1) if uneven == [3] else (1, 0))
    assert list(assign({(0, 0): (0,)}, [2], [1]).ties) == [((0,), (0,))]
