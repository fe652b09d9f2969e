"""The SFTP drop against a real SSH server: stability, content ledger, versions, quarantine, host key and authentication."""

import datetime as dt
import json
import re
from dataclasses import replace
from hashlib import sha256

import pytest

from producers.errors import AuthenticationError, ConfigurationError, ContractChangeError, TransientError
from producers.kit.contract import Page
from schemas.records import Proof, StatementKind
from tests.fixtures import statement_files as files
from tests.fixtures.drop_feeds import DAY, NOW, content


def ids(pages: list[Page]) -> list[str]:
    return [record.txn_id for page in pages for record in page.transactions]


def test_a_file_is_read_whole_once_two_polls_saw_it_unchanged(drop):
    drop.put("day.xml", content())
    assert drop.poll() == []
    (page,) = drop.poll()
    assert ids([page]) == ["DE123:BR1"]
    digest = sha256(content()).hexdigest()
    assert [raw.sha256 for raw in page.raw] == [digest]
    assert page.raw[0].content == content()
    assert page.files[0] == {"sha256": digest, "path": "day.xml", "size": len(content()), "outcome": "published", "entries": 1}
    assert page.fetched == 1
    statement, watermark = page.statements
    assert (statement.proof, watermark.kind) == (Proof.PROVED, StatementKind.WATERMARK)
    assert watermark.complete_through == dt.datetime(2026, 1, 3, tzinfo=dt.UTC)
    assert drop.poll() == []
    assert (drop.folder / "day.xml").exists()


def test_a_growing_file_and_uploads_under_way_are_left_alone(drop):
    whole = content()
    drop.put("day.xml.part", whole)
    drop.put("other.txt", whole)
    drop.put("day.xml", whole[:100])
    assert drop.poll(pattern="*.xml") == []
    drop.put("day.xml", whole[:300])
    assert drop.poll(pattern="*.xml") == []
    drop.put("day.xml", whole)
    assert drop.poll(pattern="*.xml") == []
    assert ids(drop.poll(pattern="*.xml")) == ["DE123:BR1"]


def test_a_quiet_file_is_read_at_first_sight_when_the_source_allows_it(drop):
    drop.put("old.xml", content(), modified=int(NOW.timestamp()) - 61)
    drop.put("new.xml", content("R2", opening=500), modified=int(NOW.timestamp()) - 5)
    assert ids(drop.poll(quiet_seconds=60)) == ["DE123:BR1"]


def test_the_same_content_under_another_name_is_skipped(drop):
    drop.put("day.xml", content())
    drop.poll()
    drop.poll()
    drop.put("resend_day.xml", content(), modified=1_769_000_100)
    assert drop.poll() == drop.poll() == []
    assert set(drop.cursor["files"]) == {"day.xml", "resend_day.xml"}


def test_new_content_under_the_same_name_is_a_new_version_with_a_higher_revision(drop):
    drop.put("day.xml", content())
    drop.poll()
    drop.poll()
    drop.put("day.xml", content(amount=700), modified=1_769_000_100)
    drop.poll()
    (page,) = drop.poll()
    assert [(record.txn_id, record.revision, record.amount_minor) for record in page.transactions] == [("DE123:BR1", 1, 700)]


def test_a_poll_that_dies_is_repeated_with_the_same_ids(drop):
    for number in range(3):
        drop.put(f"{number}.xml", content(f"R{number}", opening=number * 500), modified=1_769_000_000 + number)
    drop.poll()
    pages = list(drop.connector().poll(drop.cursor, NOW))
    again = list(drop.connector().poll(drop.cursor, NOW))
    resumed = list(drop.connector().poll(json.loads(json.dumps(pages[0].cursor)), NOW))
    assert ids(pages) == ids(again) == ["DE123:BR0", "DE123:BR1", "DE123:BR2"]
    assert ids(resumed) == ["DE123:BR1", "DE123:BR2"]


def test_a_malformed_file_is_quarantined_with_all_its_bytes_and_the_others_are_read(drop):
    broken = content()[:-60]
    drop.put("a_broken.xml", broken)
    drop.put("b_odd.bin", b"\x89PNG")
    drop.put("c_day.xml", content())
    drop.poll()
    pages = drop.poll()
    assert [(bad.reason, bad.raw) for page in pages for bad in page.bad] == [
        ("malformed_file", broken),
        ("malformed_file", b"\x89PNG"),
    ]
    assert [page.files[0]["outcome"] for page in pages] == ["quarantined", "quarantined", "published"]
    assert ids(pages) == ["DE123:BR1"]
    assert drop.poll() == []


def test_an_unreadable_entry_is_quarantined_alone_and_the_proof_fails(drop):
    drop.put("day.xml", content().replace(b"<Ntry><Amt Ccy='EUR'>5.00", b"<Ntry><Amt Ccy='EUR'>5.001"))
    drop.poll()
    (page,) = drop.poll()
    assert [(bad.reason, bad.position) for bad in page.bad] == [("amount", "day.xml:Stmt[1]/Ntry[1]")]
    assert [statement.proof for statement in page.statements] == [Proof.FAILED]
    assert page.fetched == 1


def test_odd_names_and_oversized_files_are_refused_once(drop):
    drop.put("a\u202eb.xml", content())
    drop.put("big.xml", content() + b" " * 5000)
    pages = drop.poll(max_file_bytes=3000)
    assert sorted(bad.reason for page in pages for bad in page.bad) == ["file_too_large", "odd_file_name"]
    assert drop.poll(max_file_bytes=3000) == []


def test_a_large_file_arrives_whole_through_bounded_prefetch(drop):
    entries = [files.Line(100, True, DAY, DAY, f"R{number}", f"B{number}", "x" * 200) for number in range(3000)]
    drop.put("large.xml", files.camt(0, entries))
    drop.poll(concurrent_reads=4)
    (page,) = drop.poll(concurrent_reads=4)
    assert len(page.transactions) == 3000
    assert page.raw[0].content == files.camt(0, entries)


def test_a_server_that_is_not_pinned_is_refused(drop, tmp_path):
    empty = tmp_path / "known_hosts"
    empty.write_text("")
    with pytest.raises(ConfigurationError, match="host key"):
        list(drop.connector(known_hosts=str(empty)).poll({}, NOW))
    pinned = drop.access.known_hosts.read_text().split()
    other = (drop.access.private_key.with_suffix(".pub")).read_text().split()
    empty.write_text(f"{pinned[0]} {other[0]} {other[1]}\n")
    with pytest.raises(AuthenticationError, match="host key"):
        list(drop.connector(known_hosts=str(empty)).poll({}, NOW))


def test_another_header_than_the_pinned_one_stops_the_feed_before_anything_of_the_file_is_read(drop):
    drop.put("day-1.csv", b"Date,Amount,Memo,Id\n2026-01-02,1.00,rent,I1\n")
    options = {"default_currency": "EUR", "default_account": "A"}
    with pytest.raises(ContractChangeError) as raised:
        drop.settle(mapping={"fingerprint": "000000000000"}, **options)
    (fingerprint,) = set(re.findall(r"\b[0-9a-f]{12}\b", str(raised.value))) - {"000000000000"}
    pinned = {"mapping": {"fingerprint": fingerprint}, **options}
    (page,) = drop.settle(**pinned)
    assert len(page.transactions) == 1
    drop.put("day-2.csv", b"Date,Memo,Amount,Id\n2026-01-03,rent,2.00,I2\n")
    with pytest.raises(ContractChangeError):
        drop.settle(**pinned)
    drop.put("day-2.csv", b"Date,Amount,Memo,Id\n2026-01-03,2.00,rent,I2\n", modified=1_769_000_100)
    (page,) = drop.settle(**pinned)
    assert [record.amount_minor for record in page.transactions] == [200]


def test_a_wrong_key_and_a_wrong_folder_are_named(drop):
    host_key = drop.access.private_key.parent / "host_key"
    drop.access = replace(drop.access, private_key=host_key)
    with pytest.raises(AuthenticationError, match="refused"):
        drop.poll()
    drop.access = replace(drop.access, url=drop.access.url + "/nowhere", private_key=host_key.with_name("client_key"))
    with pytest.raises(ConfigurationError, match="nowhere"):
        drop.poll()


def test_a_server_that_is_gone_is_a_retryable_error(drop):
    host, port = "127.0.0.1", 1
    known = drop.access.known_hosts.with_name("known_hosts_gone")
    known.write_text(f"[{host}]:{port} " + drop.access.known_hosts.read_text().split(" ", 1)[1])
    drop.access = replace(drop.access, url=f"sftp://me@{host}:{port}/", known_hosts=known)
    with pytest.raises(TransientError):
        drop.poll()
