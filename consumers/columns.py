"""From decoded columns to the columns of `transaction`: hashes for the keys, codes for the names, one JSON text for the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from reconciler.text import normalise_reference
from schemas.keys import hash64, txn_hash

__all__ = ["DETAIL_FIELDS", "STORED", "SourceCode", "stored_columns"]

DETAIL_FIELDS = (
    "channel",
    "transaction_type",
    "bank_code",
    "end_to_end_id",
    "bank_reference",
    "counterparty_name",
    "counterparty_account",
    "counterparty_bank",
    "description",
    "statement_id",
    "parent_txn_id",
    "raw_ref",
)
"""Canonical fields that are kept in `transaction.detail`, nulls left out and NUL characters replaced (U+FFFD)."""

STORED = (
    "group_hash",
    "txn_hash",
    "second_hash",
    "kafka_offset",
    "revision",
    "amount_minor",
    "fee_minor",
    "booked_us",
    "value_date",
    "source_id",
    "direction",
    "status",
    "kafka_partition",
    "is_reversal",
    "superseded",
    "currency",
    "account_id",
    "txn_id",
    "reference_number",
    "settlement_id",
    "detail",
)
"""Columns of `transaction` in the order in which they are copied."""

_ESCAPED = r'["\\\x00-\x1f]'
"""What JSON must escape inside a string."""

_NULLS = r'"[a-z_]+":null,?'


@dataclass(frozen=True, slots=True)
class SourceCode:
    """What the tables know of a source.

    Attributes:
        source_id: its code.
        by_settlement: True when its topic is partitioned by settlement_id, so that `group_hash` is the settlement's hash.
    """

    source_id: int
    by_settlement: bool


def _hashes(texts: Sequence[str | None]) -> list[int | None]:
    # A plain loop over texts: the only per-record Python on the hot path (0.5 CPU seconds per million).
    found: list[int | None] = []
    for text in texts:
        normal = normalise_reference(text) if text is not None else ""
        found.append(hash64(normal) if normal else None)
    return found


def stored_columns(frame: pl.DataFrame, sources: Mapping[tuple[str, str], SourceCode]) -> pl.DataFrame:
    """Columns for `transaction`, as named in `STORED`, one row for each row of `frame`.

    Args:
        frame: canonical columns (enums as symbol indexes) with `kafka_partition` and `kafka_offset`.
        sources: code of every (tenant, source) in the frame.
    """
    tenants, names = frame["tenant_id"].to_list(), frame["source"].to_list()
    codes = [sources[pair] for pair in zip(tenants, names, strict=True)]
    txn = [txn_hash(*parts) for parts in zip(tenants, names, frame["txn_id"].to_list(), strict=True)]
    reference, settlement = _hashes(frame["reference_number"].to_list()), _hashes(frame["settlement_id"].to_list())
    first, second = [], []
    for code, own, one, other in zip(codes, txn, reference, settlement, strict=True):
        key, rest = (other, one) if code.by_settlement else (one, other)
        first.append(own if key is None else key)
        second.append(rest)
    return frame.select(
        pl.Series("group_hash", first, dtype=pl.Int64),
        pl.Series("txn_hash", txn, dtype=pl.Int64),
        pl.Series("second_hash", second, dtype=pl.Int64),
        "kafka_offset",
        "revision",
        "amount_minor",
        "fee_minor",
        pl.col("booked_at").to_physical().alias("booked_us"),
        "value_date",
        pl.Series("source_id", [code.source_id for code in codes], dtype=pl.Int16),
        # Symbols of Direction are CREDIT, DEBIT; the stored code is the sign.
        (1 - 2 * pl.col("direction")).cast(pl.Int16).alias("direction"),
        pl.col("status").cast(pl.Int16),
        "kafka_partition",
        "is_reversal",
        pl.lit(value=False).alias("superseded"),
        "currency",
        "account_id",
        "txn_id",
        "reference_number",
        "settlement_id",
        _detail(frame).alias("detail"),
    )


def _detail(frame: pl.DataFrame) -> pl.Expr:
    present = [name for name in DETAIL_FIELDS if frame[name].null_count() < len(frame)]
    if frame.select(pl.any_horizontal(pl.col(name).str.contains(_ESCAPED).any() for name in present)).item():
        # A NUL could be stored but never read with `->>`; the untouched original is at raw_ref.
        values = [pl.col(name).str.replace_all("\x00", "\ufffd", literal=True) for name in present]
        # A quote inside a value is escaped, so the pattern for a null member cannot match inside one.
        text = pl.struct(values).struct.json_encode()
        return text.str.replace_all(_NULLS, "").str.replace(r",\}$", "}")
    # Joining the pieces costs a twentieth of encoding structs and taking the nulls out again.
    members = [
        pl.when(pl.col(name).is_not_null()).then(pl.concat_str(pl.lit(f',"{name}":"'), name, pl.lit('"'))).otherwise(pl.lit(""))
        for name in present
    ]
    return pl.concat_str(pl.lit("{"), pl.concat_str(members).str.slice(1), pl.lit("}"))
