"""From decoded columns to the columns of `transaction`: hashes for the keys, codes for the names, one JSON text for the rest."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from reconciler.text_columns import normalise_references
from schemas.key_columns import hash_texts, txn_hashes

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


def _key_hashes(texts: pl.Series) -> pl.Series:
    """Hash of each normalised key; null where nothing is left to match on."""
    if texts.null_count() == len(texts):
        return hash_texts(texts)
    normal = normalise_references(texts)
    return hash_texts(normal.set(normal == "", None))


def _codes(frame: pl.DataFrame, sources: Mapping[tuple[str, str], SourceCode]) -> pl.DataFrame:
    """Code of each row's source: columns source_id and by_settlement.

    Raises:
        KeyError: the source of a row is not among `sources`.
    """
    named = frame.select("tenant_id", "source")
    found = [(*pair, sources[pair].source_id, sources[pair].by_settlement) for pair in named.unique().iter_rows()]
    schema = {"tenant_id": pl.String, "source": pl.String, "source_id": pl.Int16, "by_settlement": pl.Boolean}
    known = pl.DataFrame(found, schema=schema, orient="row")
    return named.join(known, on=["tenant_id", "source"], how="left", maintain_order="left").select("source_id", "by_settlement")


def stored_columns(frame: pl.DataFrame, sources: Mapping[tuple[str, str], SourceCode]) -> pl.DataFrame:
    """Columns for `transaction`, as named in `STORED`, one row for each row of `frame`.

    Args:
        frame: canonical columns (enums as symbol indexes) with `kafka_partition` and `kafka_offset`.
        sources: code of every (tenant, source) in the frame.
    """
    keys = frame.select(
        txn_hashes(frame).alias("own"),
        _key_hashes(frame["reference_number"]).alias("reference"),
        _key_hashes(frame["settlement_id"]).alias("settlement"),
        *_codes(frame, sources),
    )
    by_settlement, reference, settlement = pl.col("by_settlement"), pl.col("reference"), pl.col("settlement")
    hashes = keys.select(
        pl.coalesce(pl.when(by_settlement).then(settlement).otherwise(reference), "own").alias("group_hash"),
        pl.col("own").alias("txn_hash"),
        pl.when(by_settlement).then(reference).otherwise(settlement).alias("second_hash"),
    )
    return frame.select(
        *hashes,
        "kafka_offset",
        "revision",
        "amount_minor",
        "fee_minor",
        pl.col("booked_at").to_physical().alias("booked_us"),
        "value_date",
        keys["source_id"],
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
