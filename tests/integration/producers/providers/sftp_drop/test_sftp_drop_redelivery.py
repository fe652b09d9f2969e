"""What comes again: the same entries in other bytes, corrected statements, and the same member in another archive."""

import gzip
import io
import zipfile

from schemas.records import Status
from tests.fixtures import statement_files as files
from tests.fixtures.drop_feeds import DAY, Drop, content

CLOSING = b"<Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>5.00"


def two(*amounts: int) -> bytes:
    return files.camt(0, [files.Line(amount, True, DAY, DAY, f"R{at}", f"BR{at}", "text") for at, amount in enumerate(amounts)])


def zipped(**members: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in members.items():
            # An archive says when it was packed; the same members are the same bytes here.
            archive.writestr(zipfile.ZipInfo(f"{name}.xml", (2026, 1, 1, 0, 0, 0)), data)
    return packed.getvalue()


def test_equal_entries_in_other_bytes_are_a_duplicate(drop: Drop):
    drop.put("day.xml", content())
    drop.settle()
    drop.put("again.xml", content() + b"\r\n", modified=1_769_000_100)
    (page,) = drop.settle()
    assert (page.transactions, page.statements, page.bad) == ([], [], [])
    assert page.files[0]["outcome"] == "duplicate"


def test_other_entries_of_the_same_statement_outrank_the_first_ones(drop: Drop):
    drop.put("day.xml", two(500, 100))
    drop.settle()
    drop.put("corrected.xml", two(500, 300), modified=1_769_000_100)
    (page,) = drop.settle()
    assert [(record.amount_minor, record.revision) for record in page.transactions] == [(500, 1), (300, 1)]
    drop.put("again.xml", two(500, 400), modified=1_769_000_200)
    (page,) = drop.settle()
    assert {record.revision for record in page.transactions} == {2}


def test_what_a_proved_correction_no_longer_has_is_withdrawn(drop: Drop):
    drop.put("day.xml", two(500, 100))
    (first,) = drop.settle()
    drop.put("corrected.xml", two(500), modified=1_769_000_100)
    (page,) = drop.settle()
    assert page.bad == []
    assert [(record.txn_id, record.status, record.revision) for record in page.transactions] == [
        ("DE123:BR0", Status.SUCCESS, 1),
        ("DE123:BR1", Status.VOID, 1),
    ]
    gone, void = first.transactions[1], page.transactions[1]
    told = ("account_id", "amount_minor", "currency", "direction", "booked_at", "source", "statement_id")
    assert [getattr(void, name) for name in told] == [getattr(gone, name) for name in told]
    assert page.fetched == 2


def test_what_comes_back_outranks_its_withdrawal(drop: Drop):
    for at, amounts in enumerate([(500, 100), (500,), (500, 100)]):
        drop.put(f"day-{at}.xml", two(*amounts) + b"\n" * at, modified=1_769_000_000 + at)
        (page,) = drop.settle()
    assert [(record.txn_id, record.status, record.revision) for record in page.transactions] == [
        ("DE123:BR0", Status.SUCCESS, 2),
        ("DE123:BR1", Status.SUCCESS, 2),
    ]
    drop.put("day-3.xml", two(500), modified=1_769_000_300)
    drop.settle()
    # The same record in the statement of another day, which has never had a revision of its own.
    drop.put("next.xml", files.camt(700, [files.Line(100, True, DAY, DAY, "R1", "BR1", "text")]), modified=1_769_000_400)
    (page,) = drop.settle()
    assert [(record.txn_id, record.status, record.revision) for record in page.transactions] == [("DE123:BR1", Status.SUCCESS, 4)]


def test_a_record_that_moved_to_another_statement_is_not_withdrawn(drop: Drop):
    drop.put("day.xml", two(500, 100))
    drop.settle()
    drop.put("next.xml", files.camt(500, [files.Line(100, True, DAY, DAY, "R1", "BR1", "text")]), modified=1_769_000_100)
    drop.put("corrected.xml", two(500), modified=1_769_000_200)
    pages = sorted(drop.settle(), key=lambda page: page.files[0]["path"], reverse=True)
    assert [record.txn_id for page in pages for record in page.transactions if record.status is Status.VOID] == []
    assert not any(page.bad for page in pages)


def test_a_correction_that_does_not_prove_withdraws_nothing_and_is_reported(drop: Drop):
    drop.put("day.xml", two(500, 100))
    drop.settle()
    drop.put("corrected.xml", two(500).replace(CLOSING, CLOSING.replace(b"5", b"6")), modified=1_769_000_100)
    (page,) = drop.settle()
    assert [(bad.reason, bad.raw) for bad in page.bad] == [("vanished_from_statement", b'["DE123:BR1"]')]
    assert [record.status for record in page.transactions] == [Status.SUCCESS]
    assert page.fetched == 2


def test_each_member_of_an_archive_is_a_file_of_its_own(drop: Drop):
    drop.put("a.zip", zipped(one=content(), two=content("R2", opening=500), broken=b"<Document"))
    (page,) = drop.settle()
    assert [record.txn_id for record in page.transactions] == ["DE123:BR1", "DE123:BR2"]
    assert [(row["path"], row["outcome"]) for row in page.files] == [
        ("a.zip!one.xml", "published"),
        ("a.zip!two.xml", "published"),
        ("a.zip!broken.xml", "quarantined"),
    ]
    assert page.bad[0].position.startswith("a.zip!broken.xml@")
    assert drop.poll() == []
    drop.put("b.zip", zipped(one=content(), three=content("R3", opening=1000)), modified=1_769_000_100)
    drop.put("two.xml.gz", gzip.compress(content("R2", opening=500)), modified=1_769_000_100)
    (page,) = drop.settle()
    assert [record.txn_id for record in page.transactions] == ["DE123:BR3"]
    assert [row["path"] for row in page.files] == ["b.zip!three.xml"]


def test_a_hostile_archive_is_quarantined_whole_and_the_others_are_read(drop: Drop):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("good.xml", content())
        archive.writestr("../../etc/passwd", b"x")
    drop.put("a.zip", packed.getvalue())
    drop.put("b.zip", zipped(big=b"0" * 3000))
    drop.put("c.xml", content("R3"))
    pages = drop.settle(max_unpacked_bytes=2000)
    assert [(bad.reason, bad.raw) for page in pages for bad in page.bad] == [
        ("malformed_file", packed.getvalue()),
        ("malformed_file", zipped(big=b"0" * 3000)),
    ]
    assert [record.txn_id for page in pages for record in page.transactions] == ["DE123:BR3"]
