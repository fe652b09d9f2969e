"""Trailers on a real server: nothing is read without them, every promise is held against the file, and a missing one is told."""

import datetime as dt
from hashlib import sha256

import pytest

from reconduit.metrics import OVERDUE_FILES
from tests.fixtures.drop_feeds import Drop, content

CONTROL = {
    "completeness": "trailer",
    "trailer": {
        "name": "{stem}.ctl",
        "form": "key_value",
        "currency": "EUR",
        "fields": {"size": "BYTES", "sha256": "HASH", "entries": "COUNT", "credit": "CREDIT", "debit": "DEBIT"},
    },
}


def control(data: bytes, **changes: object) -> bytes:
    values = {"BYTES": len(data), "HASH": sha256(data).hexdigest().upper(), "COUNT": 1, "CREDIT": "5.00", "DEBIT": "0.00"} | changes
    return "\r\n".join(f"{key}={value}" for key, value in values.items()).encode()


def ids(pages):
    return [record.txn_id for page in pages for record in page.transactions]


def overdue(missing: str) -> float:
    return OVERDUE_FILES.labels("camt", missing)._value.get()


def test_a_file_is_read_when_its_trailer_arrives_and_not_before(drop: Drop):
    drop.put("day.xml", content())
    assert drop.settle(completeness="trailer") == []
    drop.put("day.xml.done", b"")
    assert ids(drop.poll(completeness="trailer")) == ["DE123:BR1"]
    assert drop.poll(completeness="trailer") == []


def test_a_trailer_that_keeps_every_promise_releases_the_file(drop: Drop):
    drop.put("day.xml", content())
    drop.put("day.ctl", control(content()))
    assert ids(drop.poll(**CONTROL)) == ["DE123:BR1"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"BYTES": 1}, "size is"),
        ({"HASH": "0" * 64}, "sha256 is"),
        ({"COUNT": 2}, "entries is 1, the trailer says 2"),
        ({"CREDIT": "5.01"}, "credit_minor is 500, the trailer says 501"),
        ({"DEBIT": "x"}, "cannot be read"),
    ],
)
def test_a_broken_promise_quarantines_the_whole_file(drop: Drop, changes, told):
    drop.put("day.xml", content())
    drop.put("day.ctl", control(content(), **changes))
    (page,) = drop.poll(**CONTROL)
    assert [(bad.reason, bad.raw) for bad in page.bad] == [("trailer_mismatch", content())]
    assert told in page.bad[0].detail
    assert (page.transactions, page.statements) == ((), ())
    assert drop.poll(**CONTROL) == []


def test_a_corrected_trailer_has_the_same_file_read_after_all(drop: Drop):
    drop.put("day.xml", content())
    drop.put("day.ctl", control(content(), COUNT=7))
    drop.poll(**CONTROL)
    drop.put("day.ctl", control(content()), modified=1_769_000_100)
    assert ids(drop.poll(**CONTROL)) == ["DE123:BR1"]


def test_a_trailer_that_lacks_a_field_quarantines_the_file(drop: Drop):
    drop.put("day.xml", content())
    drop.put("day.ctl", b"BYTES=3\n")
    (page,) = drop.poll(**CONTROL)
    assert "the trailer lacks HASH" in page.bad[0].detail


def test_who_waits_too_long_is_told_once_counted_always_and_never_guessed(drop: Drop):
    drop.put("alone.xml", content())
    drop.put("orphan.xml.done", b"")
    options = {"completeness": "trailer", "overdue_seconds": 60}
    assert drop.poll(**options) == []
    assert (overdue("trailer"), overdue("data")) == (0, 0)
    drop.now += dt.timedelta(seconds=61)
    assert drop.poll(**options) == []
    assert (overdue("trailer"), overdue("data")) == (1, 1)
    assert drop.cursor["waiting"] == {
        "alone.xml": [int(drop.now.timestamp()) - 61, True],
        "orphan.xml.done": [int(drop.now.timestamp()) - 61, True],
    }
    drop.put("alone.xml.done", b"")
    (drop.folder / "orphan.xml.done").unlink()
    assert ids(drop.poll(**options)) == ["DE123:BR1"]
    assert (overdue("trailer"), overdue("data")) == (0, 0)


def test_a_renamed_file_is_read_at_first_sight(drop: Drop):
    drop.put("day.xml", content())
    assert ids(drop.poll(completeness="rename")) == ["DE123:BR1"]


def test_a_file_that_only_paused_is_not_read_until_it_ends_as_its_format_does(drop: Drop):
    whole, written = content(), int(drop.now.timestamp()) - 30
    drop.put("day.xml", whole[:-40], modified=written)
    assert drop.settle() == drop.settle() == []
    assert "day.xml" in drop.cursor["waiting"]
    drop.put("day.xml", whole, modified=written + 10)
    assert ids(drop.settle()) == ["DE123:BR1"]
