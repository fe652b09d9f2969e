"""Which words name somebody."""

import pytest

from reconciler.groups.names import telling_words


def test_what_stands_before_numbers_names_nobody(make_item) -> None:
    items = [
        make_item("1", "ledger", 1, text="ACME INV589904"),
        make_item("2", "bank", 2, text="ACME/INV"),
        make_item("3", "bank", 3, text="Miller 4711"),
    ]
    assert telling_words(items) == {"ACME", "MILLER"}


@pytest.mark.parametrize(("count", "told"), [(48, True), (49, False)])
def test_what_many_items_have_names_nobody(make_item, count: int, told: bool) -> None:
    items = [make_item(str(number), "ledger", number, text="TRANSFER") for number in range(count)]
    assert ("TRANSFER" in telling_words(items)) is told
