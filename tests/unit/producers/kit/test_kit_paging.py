"""Paging strategies give every record once and end; guards stop the walks that would not."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import ContractChangeError, ProducerError
from producers.kit.paging import (
    CursorPaging,
    LinkHeaderPaging,
    ListingShrankError,
    NextUrlPaging,
    OffsetPaging,
    PageAnswer,
    PageGuard,
    PageNumberPaging,
    PageRequest,
    PageWalk,
    PagingStrategy,
    SinglePage,
    paginate,
    value_at,
)

URL = "https://api.bank.example/v1/entries?limit=2"
Provider = Callable[[PageRequest], PageAnswer]


def walk(strategy: PagingStrategy, provider: Provider, **limits: int) -> list[Any]:
    """Every record that a walk meets, in order."""
    found: list[Any] = []
    pages = PageWalk(strategy, "entries", **limits)
    while (asked := pages.due) is not None:
        answer = provider(asked)
        found += answer.records
        pages.advance(answer)
    return found


def ids(count: int) -> list[dict[str, str]]:
    return [{"id": f"E{number}"} for number in range(count)]


def by_number(rows: list[Any], size: int, **more: Any) -> Provider:
    def answer(asked: PageRequest) -> PageAnswer:
        start = (int(asked.params["page"]) - 1) * size
        part = rows[start : start + size]
        body = {"total": len(rows), "pages": -(-len(rows) // size), "more": start + size < len(rows)} | more
        return PageAnswer(body, part, URL)

    return answer


def by_offset(rows: list[Any], most: int) -> Provider:
    def answer(asked: PageRequest) -> PageAnswer:
        start = int(asked.params["offset"])
        part = rows[start : start + min(most, int(asked.params["limit"]))]
        return PageAnswer({"meta": {"total": len(rows)}, "more": start + len(part) < len(rows)}, part, URL)

    return answer


def by_token(rows: list[Any], size: int, *, last: Any = None) -> Provider:
    def answer(asked: PageRequest) -> PageAnswer:
        start = int(asked.params.get("after", 0))
        end = start + size
        return PageAnswer({"next": str(end) if end < len(rows) else last, "more": end < len(rows)}, rows[start:end], URL)

    return answer


def by_last_id(rows: list[Any], size: int) -> Provider:
    def answer(asked: PageRequest) -> PageAnswer:
        after = asked.params.get("starting_after")
        start = 0 if after is None else [row["id"] for row in rows].index(after) + 1
        return PageAnswer({"has_more": start + size < len(rows)}, rows[start : start + size], URL)

    return answer


def by_address(rows: list[Any], size: int, *, header: bool) -> Provider:
    def answer(asked: PageRequest) -> PageAnswer:
        start = int(asked.url.rpartition("=")[2]) if asked.url else 0
        end = start + size
        target = f"/v1/entries?from={end}"
        if not header:
            return PageAnswer({"links": {"next": target if end < len(rows) else None}}, rows[start:end], URL)
        links = f'<{URL}>; rel="self"' + (f', <{target}>; title="a, \\"b\\""; rel="last next"' if end < len(rows) else "")
        return PageAnswer([], rows[start:end], URL, {"link": links})

    return answer


WAYS: dict[str, Callable[[list[Any], int], tuple[PagingStrategy, Provider]]] = {
    "page number, total pages": lambda rows, size: (PageNumberPaging(total_pages="pages"), by_number(rows, size)),
    "page number, total": lambda rows, size: (PageNumberPaging(size=size, total="total"), by_number(rows, size)),
    "page number, has_more": lambda rows, size: (PageNumberPaging(has_more="more"), by_number(rows, size)),
    "page number, short page": lambda rows, size: (PageNumberPaging(size=size), by_number(rows, size)),
    "page number, empty page": lambda rows, size: (PageNumberPaging(), by_number(rows, size)),
    "offset, total": lambda rows, size: (OffsetPaging(size + 3, total="meta.total"), by_offset(rows, size)),
    "offset, has_more": lambda rows, size: (OffsetPaging(size + 3, has_more="more"), by_offset(rows, size)),
    "offset, short page": lambda rows, size: (OffsetPaging(size), by_offset(rows, size)),
    "cursor, has_more": lambda rows, size: (CursorPaging("after", token="next", has_more="more"), by_token(rows, size, last="x")),
    "cursor, null": lambda rows, size: (CursorPaging("after", token="next"), by_token(rows, size)),
    "cursor, empty": lambda rows, size: (CursorPaging("after", token="next"), by_token(rows, size, last="")),
    "last id, has_more": lambda rows, size: (
        CursorPaging("starting_after", last_id="id", has_more="has_more"),
        by_last_id(rows, size),
    ),
    "last id, short page": lambda rows, size: (CursorPaging("starting_after", last_id="id", size=size), by_last_id(rows, size)),
    "last id, empty page": lambda rows, size: (CursorPaging("starting_after", last_id="id"), by_last_id(rows, size)),
    "link header": lambda rows, size: (LinkHeaderPaging(), by_address(rows, size, header=True)),
    "address in the body": lambda rows, size: (NextUrlPaging("links.next"), by_address(rows, size, header=False)),
}


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=25)
@given(count=st.integers(0, 9), size=st.integers(1, 4))
def test_every_record_comes_once_and_the_walk_ends(way: str, count: int, size: int) -> None:
    rows = ids(count)
    strategy, provider = WAYS[way](rows, size)
    assert walk(strategy, provider) == rows


def test_one_page_is_all() -> None:
    assert walk(SinglePage(), lambda _: PageAnswer({}, [1, 2])) == [1, 2]


@pytest.mark.parametrize(
    ("strategy", "provider", "message"),
    [
        # The token leads back to an earlier page.
        (
            CursorPaging("after", token="next"),
            lambda asked: PageAnswer({"next": "b" if asked.params.get("after") != "b" else "a"}, [dict(asked.params)], URL),
            "'after=b' a second time",
        ),
        (NextUrlPaging("next"), lambda asked: PageAnswer({"next": "?limit=3"}, [asked.url], URL), "a second time"),
        # The provider ignores the page that it is asked for.
        (PageNumberPaging(), lambda _: PageAnswer({}, ids(2), URL), "same records as an earlier one"),
        (OffsetPaging(2), lambda _: PageAnswer({}, ids(2), URL), "same records as an earlier one"),
        # It never ends.
        (
            PageNumberPaging(has_more="more"),
            lambda asked: PageAnswer({"more": True}, [asked.params["page"]], URL),
            "more than 50 pages",
        ),
        (PageNumberPaging(total_pages="pages"), lambda _: PageAnswer({"pages": 900}, [], URL), "6 empty pages in a row"),
        (OffsetPaging(2, total="total"), lambda _: PageAnswer({"total": 7}, [], URL), "offset 0 says there is more"),
        # It says that there is more, and not where.
        (
            CursorPaging("after", token="next", has_more="more"),
            lambda _: PageAnswer({"more": True}, ids(1), URL),
            "next has nothing",
        ),
        (CursorPaging("after", last_id="id"), lambda _: PageAnswer({}, [{}], URL), "id of the last record is missing"),
        # It says so in another shape than it used to.
        (CursorPaging("after", token="next", has_more="more"), lambda _: PageAnswer({}, ids(1), URL), "more is None"),
        (CursorPaging("after", token="next"), lambda _: PageAnswer({"next": {"a": 1}}, ids(1), URL), "next is"),
        (PageNumberPaging(total_pages="meta.pages"), lambda _: PageAnswer({"meta": []}, ids(1), URL), "meta.pages is None"),
        (OffsetPaging(1, total="total"), lambda _: PageAnswer({"total": -1}, ids(1), URL), "total is -1"),
        (NextUrlPaging("next"), lambda _: PageAnswer({"next": 7}, ids(1), URL), "next is 7"),
        # It gives fewer records than it was asked for, so that counting pages would end early.
        (
            PageNumberPaging(size=5, total="total"),
            lambda _: PageAnswer({"total": 9}, ids(3), URL),
            "3 of 9 records where 5 are due",
        ),
        # It leads to another host, which must not see the credentials.
        (NextUrlPaging("next"), lambda _: PageAnswer({"next": "https://evil.example/v1"}, ids(1), URL), "evil.example"),
        (NextUrlPaging("next"), lambda _: PageAnswer({"next": "//api.bank.example:8443/"}, ids(1), URL), "was asked"),
        (NextUrlPaging("next"), lambda _: PageAnswer({"next": "http://api.bank.example/"}, ids(1), URL), "http://api"),
        (NextUrlPaging("next"), lambda _: PageAnswer({"next": "https://[x"}, ids(1), URL), "address of the next page"),
        (LinkHeaderPaging(), lambda _: PageAnswer([], ids(1), URL, {"Link": "<https://evil.example>; rel=next"}), "evil.example"),
    ],
)
def test_a_walk_that_leads_nowhere_is_a_contract_change(strategy: PagingStrategy, provider: Provider, message: str) -> None:
    with pytest.raises(ContractChangeError, match=message) as raised:
        walk(strategy, provider, max_pages=50, max_empty=5)
    assert str(raised.value).startswith("entries: ")


def test_a_listing_that_shrinks_is_read_again() -> None:
    totals = iter([9, 8])
    with pytest.raises(ListingShrankError, match="shrank from 9 to 8"):
        walk(OffsetPaging(2, total="total"), lambda asked: PageAnswer({"total": next(totals)}, [asked.params["offset"], 0], URL))


def test_a_feed_that_gives_its_token_back_at_its_head_has_ended() -> None:
    tokens = {"a": ("b", [1]), "b": ("c", []), "c": ("c", [])}
    strategy = CursorPaging("after", token="next", start="a")
    assert walk(
        strategy, lambda asked: PageAnswer({"next": tokens[str(asked.params["after"])][0]}, tokens[str(asked.params["after"])][1])
    ) == [1]


def test_a_few_empty_pages_in_between_are_passed() -> None:
    pages = {1: ids(1), 2: [], 3: [], 4: [{"id": "E9"}]}
    strategy = PageNumberPaging(has_more="more")
    found = walk(strategy, lambda asked: PageAnswer({"more": asked.params["page"] != 4}, pages[int(asked.params["page"])], URL))
    assert found == [{"id": "E0"}, {"id": "E9"}]


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ("<?after=2>; rel=next", "https://api.bank.example/v1/entries?after=2"),
        ('</v1/b>; REL="prev NEXT"', "https://api.bank.example/v1/b"),
        ('<a>;rel="prev", <b> ; title="; rel=next, <x>" ; rel = "next"', "https://api.bank.example/v1/b"),
        ('<a>; rel=prev; rel=next, <https://api.bank.example:443/c#top>; rel="next"', "https://api.bank.example:443/c"),
        ('<a>; rel=next; anchor="#part"', None),
        ("<a>; rel=nextly", None),
        ("nonsense, rel=next", None),
        ("", None),
        ("<a>" + "; " * 20_000 + "<" + " " * 20_000, None),
    ],
)
def test_link_headers_are_read_as_rfc_8288_says(header: str, target: str | None) -> None:
    following = LinkHeaderPaging().following(PageRequest(), PageAnswer([], [], URL, {"LINK": header}))
    assert (following.url if following else None) == target


def test_an_address_asks_for_the_page_alone() -> None:
    answer = PageAnswer({"next": "?accountId=1&after=a%3D"}, [], URL)
    following = NextUrlPaging("next").following(PageRequest(), answer)
    assert following == PageRequest(url="https://api.bank.example/v1/entries?accountId=1&after=a%3D")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=3)))
@settings(max_examples=30)
def test_any_answer_is_read_or_refused(value: Any) -> None:
    strategies: list[PagingStrategy] = [
        CursorPaging("after", token="0.1"),
        OffsetPaging(2, total="0"),
        PageNumberPaging(has_more="1"),
        NextUrlPaging("0"),
    ]
    for strategy in strategies:
        try:
            PageWalk(strategy, "entries").advance(PageAnswer(value, [1], URL))
        except ProducerError as error:
            assert "entries" in str(error)


def test_a_path_leads_through_members_and_lists() -> None:
    value = {"data": [{"items": "ab"}], "": 1}
    assert value_at(value, "data.0.items") == "ab"
    assert value_at(value, "") is value
    missing = ("data.1.items", "data.items", "data.0.items.0", "x", "data.-1")
    assert {value_at(value, path, "none") for path in missing} == {"none"}


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
