"""Each bad message is set apart with its reason, and no good one with it."""

import struct
from typing import Any

import pytest

from schemas.catalogue import TRANSACTION
from schemas.codec import BatchDecoder
from schemas.registry import CommittedIds
from tests.fixtures.wire_records import message_of, plain_transaction

DECODER = BatchDecoder(TRANSACTION, CommittedIds())
GOOD = message_of(TRANSACTION, plain_transaction(txn_id="good"))
BODY = GOOD[5:]
HEADER = GOOD[:5]

BAD = {
    "no value": (None, "wire_format", "no value"),
    "empty value": (b"", "wire_format", "0 bytes are too short"),
    "header cut": (HEADER[:4], "wire_format", "4 bytes are too short"),
    "magic byte": (b"\x01" + GOOD[1:], "wire_format", "magic byte is 0x01"),
    "JSON": (b'{"txn_id": "a"}', "wire_format", "magic byte is 0x7b"),
    "schema id": (struct.pack(">bI", 0, 4_000_000_000) + BODY, "schema_id", "4000000000"),
    "empty body": (HEADER, "avro_body", "does not fit"),
    "cut": (GOOD[:-1], "avro_body", "does not fit"),
    "extended": (GOOD + b"\x00", "avro_body", "1 bytes are left over"),
    "two records": (GOOD + BODY, "avro_body", f"{len(BODY)} bytes are left over"),
    "no UTF-8": (GOOD.replace(b"good", b"\xff\xfe\xff\xfe"), "avro_body", "UnicodeDecodeError"),
    "length beyond the end": (GOOD.replace(b"\x08good", b"\xfe\xff\xff\xff\x0fgood"), "avro_body", "does not fit"),
    "negative length": (GOOD.replace(b"\x08good", b"\x07good"), "avro_body", "does not fit"),
    "enum": (message_of(TRANSACTION, plain_transaction(status=4)), "avro_body", "IndexError"),
}


@pytest.mark.parametrize("case", BAD)
def test_one_bad_message_among_good_ones(case: str) -> None:
    value, reason, detail = BAD[case]
    decoded = DECODER.decode([GOOD, value, GOOD])
    assert decoded.frame["message"].to_list() == [0, 2]
    assert decoded.frame["txn_id"].to_list() == ["good", "good"]
    (bad,) = decoded.bad
    assert (bad.message, bad.reason) == (1, reason)
    assert detail in bad.detail


def test_all_of_them_in_one_batch() -> None:
    batch = [message for value, _, _ in BAD.values() for message in (value, GOOD)]
    decoded = DECODER.decode(batch)
    assert [one.message for one in decoded.bad] == list(range(0, len(batch), 2))
    assert [one.reason for one in decoded.bad] == [reason for _, reason, _ in BAD.values()]
    assert decoded.frame["message"].to_list() == list(range(1, len(batch), 2))


def test_two_records_in_one_message_and_none_in_the_next() -> None:
    """The block has as many records as messages, and parses; only the lengths tell."""
    decoded = DECODER.decode([GOOD + BODY, HEADER, GOOD])
    assert [one.message for one in decoded.bad] == [0, 1]
    assert decoded.frame["message"].to_list() == [2]


@pytest.mark.parametrize("given", [{}, {"description": None, "fee_minor": None}, {"is_reversal": True, "status": 3}])
def test_good_messages_are_never_decoded_one_by_one(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any]) -> None:
    """That would be right too, but much slower."""
    monkeypatch.setattr("schemas.codec.decode_body", lambda *_: pytest.fail("one by one"))
    decoded = DECODER.decode([GOOD, None, message_of(TRANSACTION, plain_transaction(**given))])
    assert decoded.frame["message"].to_list() == [0, 2]


def test_a_bad_batch_leaves_nothing_behind() -> None:
    DECODER.decode([GOOD[:-1], GOOD])
    again = DECODER.decode([GOOD])
    assert not again.bad
    assert len(again.frame) == 1
