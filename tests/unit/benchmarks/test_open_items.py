from benchmarks.open_items import close_book


def test_a_small_book_is_closed_and_measured() -> None:
    found = close_book(400)
    assert 300 < found["left"] < 500
    assert found["auto"] + found["suggested"] > 200
    assert found["peak_mib"] > 0
