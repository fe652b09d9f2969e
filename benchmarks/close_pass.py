"""The real close pass on one stored book, beside the engine alone in `benchmarks.open_items`.

A database is filled by COPY; the close pass runs in a process of its own, so that its peak is its own: reading the book,
solving it, storing its decisions, the seal with its balance proof and the profile.
"""

import argparse
import datetime as dt
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
from psycopg import Connection

from benchmarks.accuracy.books import Row
from benchmarks.accuracy.hard_books import hard_book
from benchmarks.fresh_database import fresh_database
from benchmarks.result import Result
from consumers.closing import ClosePass
from consumers.codes import SourceCodes
from consumers.conservation import conservation_faults
from consumers.copying import copy_in
from deploy.local.services import local_services
from reconciler.reconciliation import Reconciliation
from reconduit.matching.rules import load_reconciliation
from reconduit.sources import SourceConfig
from schemas.keys import hash64, txn_hash
from schemas.records import DEFAULT_TENANT

__all__ = ["close_stored_book", "run_close_pass", "store_book"]

_SIDES = ("left", "right")
_ITEMS_PERCENT = 87
"""Items of a side for 100 payments of the generated book: some are on the other side alone, some are there twice."""

_SEED = 7
_COMPLETE = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


def run_close_pass(options: argparse.Namespace) -> list[Result]:
    """Close a stored book of `--stored-items` a side, by default of the least size that `--open-items` names."""
    size: int = options.stored_items or min(int(size) for size in options.open_items.split(","))
    with local_services(Path(".local"), kafka=False, durable=False, progress=lambda line: print(line, file=sys.stderr)) as found:
        assert found.database_url is not None
        url = fresh_database(found.database_url, f"close_pass_{os.getpid()}")
        counts = store_book(url, size)
        command = [sys.executable, "-c", "from benchmarks.close_pass import close_stored_book; close_stored_book()"]
        environment = os.environ | {"DATABASE_URL": url}
        told = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment).stdout)
    detail = dict(zip(_SIDES, counts, strict=True)) | told
    return [
        Result(
            name=f"close pass, {size:,} stored items a side",
            value=detail.pop("seconds"),
            unit="seconds",
            peak_mib=detail.pop("peak_mib"),
            detail=detail,
        )
    ]


def store_book(url: str, size: int) -> tuple[int, int]:
    """Fill `transaction` with a generated book of about `size` items a side; returns how many there are."""
    book = hard_book("hard", _SEED, size * 100 // _ITEMS_PERCENT)
    with psycopg.connect(url) as connection:
        codes = SourceCodes(()).ensure(connection, [(DEFAULT_TENANT, side) for side in _SIDES])
        for side, rows in zip(_SIDES, (book.left, book.right), strict=True):
            _store(connection, side, codes[DEFAULT_TENANT, side].source_id, rows)
            connection.execute(
                "INSERT INTO source_watermark VALUES (%s, '', %s)", (codes[DEFAULT_TENANT, side].source_id, _COMPLETE)
            )
        connection.commit()
    return len(book.left), len(book.right)


def _store(connection: Connection[Any], side: str, code: int, rows: Iterable[Row]) -> None:
    stored = []
    for number, (identity, date, amount, text) in enumerate(rows):
        minor = int(amount.replace(".", ""))
        hashed = txn_hash(DEFAULT_TENANT, side, identity)
        booked = dt.datetime.combine(dt.date.fromisoformat(date), dt.time(), tzinfo=dt.UTC)
        stored.append(
            {
                "group_hash": hashed,
                "txn_hash": hashed,
                "kafka_offset": number,
                "revision": 0,
                "amount_minor": abs(minor),
                "booked_us": int(booked.timestamp()) * 1_000_000,
                "source_id": code,
                "direction": 1 if minor >= 0 else -1,
                "status": 0,
                "kafka_partition": hash64(identity) % 6,
                "is_reversal": False,
                "superseded": False,
                "currency": "EUR",
                "account_id": "1200",
                "txn_id": identity,
                "detail": json.dumps({"description": text}),
            }
        )
    copy_in(connection, "transaction", pl.DataFrame(stored))


def _rules() -> Reconciliation:
    plain = load_reconciliation(None)
    return replace(plain, sides=tuple(replace(side, sources=(side.name,)) for side in plain.sides))


def close_stored_book() -> None:
    """Run one round of the close pass over what is stored at `DATABASE_URL`, and print what it took and came to."""
    url = os.environ["DATABASE_URL"]
    sources = [SourceConfig(name=side, connector=side) for side in _SIDES]
    with psycopg.connect(url) as connection:
        closing = ClosePass(connection, sources, [_rules()])
        began, spent = time.perf_counter(), time.process_time()
        done = closing.run()
        seconds, spent = time.perf_counter() - began, time.process_time() - spent
        peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        began = time.perf_counter()
        closing.run()
        idle = time.perf_counter() - began
        faults = list(conservation_faults(connection))
        matches, breaks = (connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in ("match", "break"))
        proof = connection.execute("SELECT proof ->> 'holds' FROM book_seal").fetchone()
    assert matches is not None and breaks is not None and proof is not None
    print(
        json.dumps(
            {
                "seconds": round(seconds, 1),
                "peak_mib": peak_mib,
                "processor_seconds": round(spent, 1),
                "idle_round_seconds": round(idle, 2),
                "sealed": done.sealed,
                "matches": matches[0],
                "breaks": breaks[0],
                "balance_proof": "holds" if proof[0] == "true" else "fails",
                "conservation": faults or "holds",
            }
        )
    )
