"""Names that both sides have, though one of them misspelt, cut or glued them."""

import pytest

from reconciler.groups.names import telling_words
from reconciler.groups.shared_names import SharedNames

LEDGER = ("Harwil Corden rent", "Belmar Tosana", "Jovelu Tosari")


def names_of(make_item, *bank: str) -> tuple[SharedNames, list]:
    sides = (
        [make_item(f"l{n}", "ledger", n + 1, text=text) for n, text in enumerate(LEDGER)],
        [make_item(f"b{n}", "bank", n + 1, text=text) for n, text in enumerate(bank)],
    )
    return SharedNames.of(sides, (telling_words(sides[0]), telling_words(sides[1]))), sides[1]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("NEFT HARWIL", {"HARWIL"}),
        ("NEFT HAWRIL", {"HARWIL"}),
        ("NEFT HAR7IL", {"HARWIL"}),
        ("NEFT HARWIL CORD", {"HARWIL", "CORDEN"}),
        ("NEFT HARWILCORDEN", {"HARWIL", "CORDEN"}),
        ("NEFT HARWIL4CORDEN 9", {"HARWIL", "CORDEN"}),
        ("CORD NEFT", set()),
        ("NEFT 12345", set()),
    ],
)
def test_a_word_means_the_name_that_it_comes_near(make_item, text: str, meant: set[str]) -> None:
    names, bank = names_of(make_item, text)
    assert set().union(*names.of_item(bank[0])) & {"HARWIL", "CORDEN", "BELMAR"} == meant


def test_a_word_that_may_be_one_of_two_names_stands_for_both(make_item) -> None:
    names, bank = names_of(make_item, "NEFT TOSA")
    assert [name & {"TOSANA", "TOSARI"} for name in names.of_item(bank[0])] == [{"TOSANA", "TOSARI"}]


def test_a_name_is_never_taken_for_another_that_both_sides_have(make_item) -> None:
    names, bank = names_of(make_item, "TOSANA", "TOSARI")
    assert [names.of_item(item) for item in bank] == [[frozenset({"TOSANA"})], [frozenset({"TOSARI"})]]


def test_the_sides_may_be_exchanged(make_item) -> None:
    items = [make_item("a", "ledger", 1, text="Harwil Corden"), make_item("b", "bank", 1, text="HARWLI CORD")]
    telling = [telling_words([item]) for item in items]
    one = SharedNames.of(([items[0]], [items[1]]), (telling[0], telling[1]))
    other = SharedNames.of(([items[1]], [items[0]]), (telling[1], telling[0]))
    assert [one.of_item(item) for item in items] == [other.of_item(item) for item in items]
    shared = [frozenset().union(*one.of_item(item)) for item in items]
    assert {"HARWIL", "CORDEN"} <= shared[0] & shared[1]
