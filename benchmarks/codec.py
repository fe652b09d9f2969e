"""Decoding: the batch codec beside fastavro, record by record, and what its proofs cost: `python -m benchmarks.codec`.

CPU seconds of this process (all threads) per million records. The machine's mood moves the absolutes, the ratios stay.
"""

import argparse
import datetime as dt
import io
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import fastavro

from benchmarks.result import Result, print_results
from schemas.catalogue import TRANSACTION, current_schema
from schemas.codec import BatchDecoder
from schemas.encoded_size import encoded_sizes, field_sizes
from schemas.field_markers import markers_agree
from schemas.records import CanonicalTransaction, Direction
from schemas.registry import CommittedIds
from schemas.wire import HEADER, WireEncoder

__all__ = ["main", "measure"]

_DAY = dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC)


def _message(encoder: WireEncoder, number: int) -> bytes:
    return encoder.transaction(
        CanonicalTransaction(
            txn_id=f"gateway-payments:{number:012d}",
            source="gateway",
            bank_code="HDFC0000001",
            account_id="gateway-payments",
            amount_minor=10_000 + number * 7919 % 9_000_000,
            currency="INR",
            direction=Direction.CREDIT,
            booked_at=_DAY + dt.timedelta(seconds=number % 600_000),
            value_date=_DAY.date() + dt.timedelta(days=number % 7),
            channel=("UPI", "ONLINE", "MOBILE", "POS")[number % 4],
            transaction_type="PAYMENT",
            reference_number=f"PAY{number:012d}",
            bank_reference=f"6323{number:012d}",
            fee_minor=number % 300,
            counterparty_name=f"CUSTOMER {number % 5000:05d}",
            description=f"UPI/6323{number:08d}/PAYMENT",
            ingested_at=_DAY,
        )
    )


def _cpu_per_million(work: Callable[[], object], records: int) -> float:
    started = time.process_time()
    work()
    return (time.process_time() - started) / records * 1_000_000


def measure(records: int, batch: int, rounds: int) -> list[Result]:
    """Decode the same messages in every way, `rounds` times in turn; medians.

    Args:
        records: how many messages.
        batch: messages that are decoded at once.
        rounds: how often.
    """
    encoder = WireEncoder(ids=CommittedIds())
    messages = [_message(encoder, number) for number in range(records)]
    batches = [messages[start : start + batch] for start in range(0, records, batch)]
    decoder, writer = BatchDecoder(TRANSACTION, CommittedIds()), current_schema(TRANSACTION)
    # The proofs read enums as their index, which is what the decoder leaves in its frame.
    frames = [decoder.decode(part).frame for part in batches]
    sizes = [field_sizes(frame, writer) for frame in frames]
    blocks = [b"".join(message[HEADER.size :] for message in part) for part in batches]
    parsed = fastavro.parse_schema(writer)
    ways: dict[str, Callable[[], object]] = {
        "fastavro": lambda: [_one_by_one(part, parsed) for part in batches],
        "batch codec": lambda: [decoder.decode(part) for part in batches],
        "length proof": lambda: [encoded_sizes(frame, writer) for frame in frames],
        "marker proof": lambda: [markers_agree(*parts, writer) for parts in zip(frames, sizes, blocks, strict=True)],
    }
    measured: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            measured[name].append(_cpu_per_million(work, records))
    values = {name: statistics.median(found) for name, found in measured.items()}
    return [
        Result(name="decode: fastavro", value=values["fastavro"], unit="cpu-s/M"),
        _against("batch codec", "fastavro", values),
        _against("length proof", "batch codec", values),
        _against("marker proof", "batch codec", values),
    ]


def _one_by_one(messages: Sequence[bytes], parsed: Any) -> list[object]:
    return [fastavro.schemaless_reader(io.BytesIO(message[HEADER.size :]), parsed, None) for message in messages]


def _against(name: str, baseline: str, values: dict[str, float]) -> Result:
    return Result(
        name=f"decode: {name}",
        value=values[name],
        unit="cpu-s/M",
        baseline=f"decode: {baseline}",
        ratio=values[name] / values[baseline],
    )


def main() -> int:
    """Print the table; exit status 0."""
    parser = argparse.ArgumentParser(prog="benchmarks.codec", description=__doc__)
    parser.add_argument("--records", type=int, default=200_000, help="messages to decode (default 200,000)")
    parser.add_argument("--batch", type=int, default=20_000, help="messages at once (default 20,000)")
    parser.add_argument("--rounds", type=int, default=3, help="times each way runs, in turn; medians are printed (default 3)")
    parser.add_argument("--json", type=Path, help="write the results there too")
    options = parser.parse_args()
    results = measure(options.records, options.batch, options.rounds)
    print_results(results)
    if options.json is not None:
        options.json.write_text(json.dumps([result.as_json() for result in results], indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
