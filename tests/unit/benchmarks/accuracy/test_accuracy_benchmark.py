"""The engine on whole labelled books: as good as the page says. Unseen seeds of their own, so that nothing is tuned on them."""

from pathlib import Path

import pytest

from benchmarks.accuracy.books import LabelledBook, write_book
from benchmarks.accuracy.generated.statement_book import statement_book
from benchmarks.accuracy.scoring import Score, score
from benchmarks.accuracy.shared_pairs import SAMPLE, read_pairs, with_removed
from reconciler.dispatch import solve
from reconduit.matching.items import horizon_of, items_of
from reconduit.matching.report import as_document
from reconduit.matching.rules import load_reconciliation
from reconduit.matching.statement_file import read_file


def scored(book: LabelledBook, folder: Path) -> Score:
    reconciliation = load_reconciliation(None)
    left, right = (read_file(str(path), None, None) for path in write_book(book, folder))
    items = items_of(reconciliation, left, right)
    document = as_document(reconciliation, items, solve(reconciliation, items, horizon_of(reconciliation, left, right)))
    return score(book.truth, document["matches"], document["breaks"])


@pytest.mark.slow
def test_a_generated_book_is_matched_as_well_as_the_page_says(tmp_path: Path) -> None:
    found = scored(statement_book("hard", 106), tmp_path)
    assert found.all.precision >= 0.98
    assert found.auto.precision >= 0.99


@pytest.mark.slow
@pytest.mark.skipif(not SAMPLE.is_dir(), reason="the shared matching samples are not beside this checkout")
def test_the_shared_pairs_with_a_fifth_removed(tmp_path: Path) -> None:
    found = scored(with_removed(read_pairs(), 20, 17), tmp_path)
    assert found.all.f1 >= 0.99
    assert found.auto.precision >= 0.9995
    assert found.auto.recall >= 0.93
