import pytest

from producers.errors import ContractChangeError
from producers.kit.paging import PageGuard, paginate


def test_follows_cursors_to_the_end() -> None:
    pages = {0: ("a", 2), 2: ("b", 4), 4: ("c", None)}
    assert list(paginate(pages.__getitem__, 0, what="rows")) == ["a", "b", "c"]


def test_a_cursor_that_comes_back_is_a_circle() -> None:
    pages = {"x": (1, "y"), "y": (2, "x")}
    listing = paginate(pages.__getitem__, "x", what="settlements")
    assert [next(listing), next(listing)] == [1, 2]
    with pytest.raises(ContractChangeError, match=r"settlements.*'x'.*circles"):
        next(listing)


def test_a_listing_that_never_ends_is_stopped() -> None:
    with pytest.raises(ContractChangeError, match="more than 5 pages"):
        list(paginate(lambda at: (at, at + 1), 0, what="rows", max_pages=5))


def test_as_many_pages_as_allowed_are_fine() -> None:
    guard = PageGuard("rows", max_pages=2)
    guard.visit("a")
    guard.visit("b")
    with pytest.raises(ContractChangeError):
        guard.visit("c")
