import datetime as dt
import re

from hypothesis import given
from hypothesis import strategies as st

from producers.kit.auth.envelope import new_traceparent, statement_address, transaction_address
from reconduit.sources import SourceConfig
from schemas.keys import key_hash, partition_of
from schemas.records import CanonicalStatement, CanonicalTransaction, Direction, StatementKind

MOMENT = dt.datetime(2026, 1, 15, 17, 30, tzinfo=dt.timezone(dt.timedelta(hours=5, minutes=30)))
CONFIG = SourceConfig(name="acme", connector="acme")
TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


def record(**fields: object) -> CanonicalTransaction:
    known = {
        "txn_id": "acc:1", "source": "acme", "account_id": "acc", "amount_minor": 1, "currency": "INR",
        "direction": Direction.CREDIT, "booked_at": MOMENT, "ingested_at": MOMENT,
    }  # fmt: skip
    return CanonicalTransaction(**(known | fields))  # type: ignore[arg-type]


def test_headers_are_cloudevents_in_binary_mode() -> None:
    address = transaction_address(record(revision=3), CONFIG, TRACE)
    assert dict(address.headers) == {
        "ce_specversion": b"1.0",
        "ce_id": b"default/acme/acc:1/3",
        "ce_source": b"/default/acme",
        "ce_type": b"reconduit.transaction.v1",
        "ce_time": b"2026-01-15T12:00:00Z",
        "content-type": b"application/avro",
        "traceparent": TRACE.encode(),
    }


@given(st.text(max_size=30), st.integers(1, 64))
def test_the_partition_follows_the_key_hash(reference: str, partitions: int) -> None:
    address = transaction_address(record(reference_number=reference), CONFIG, TRACE)
    hashed = key_hash(reference)
    assert 0 <= address.partition(partitions) < partitions
    if hashed is None:
        assert address.key == b"acc:1"
    else:
        assert address.partition(partitions) == partition_of(hashed, partitions)


def test_spellings_of_one_reference_meet() -> None:
    left, right = (transaction_address(record(reference_number=text), CONFIG, TRACE) for text in ("utr 123-45", "UTR12345"))
    assert (left.key, left.hashed) == (right.key, right.hashed)


def test_the_configured_field_chooses_the_partition() -> None:
    config = CONFIG.model_copy(update={"partition_by": "settlement_id"})
    address = transaction_address(record(reference_number="pay1", settlement_id="UTR9"), config, TRACE)
    assert address.hashed == key_hash("UTR9")


def test_statements_of_an_account_stay_together_and_watermarks_differ() -> None:
    def watermark(hour: int) -> CanonicalStatement:
        return CanonicalStatement(
            statement_id="watermark",
            source="acme",
            account_id="acc",
            kind=StatementKind.WATERMARK,
            complete_through=dt.datetime(2026, 1, 15, hour, tzinfo=dt.UTC),
            ingested_at=MOMENT,
        )

    first, second = statement_address(watermark(1), TRACE), statement_address(watermark(2), TRACE)
    assert (first.key, first.hashed) == (second.key, second.hashed)
    assert dict(first.headers)["ce_id"] == b"default/acme/watermark/2026-01-15T01:00:00Z"
    assert dict(first.headers)["ce_id"] != dict(second.headers)["ce_id"]


def test_a_traceparent_has_the_w3c_form() -> None:
    first, second = new_traceparent(), new_traceparent()
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", first)
    assert first != second
