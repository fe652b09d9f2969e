"""The hashes of `schemas.keys` for whole columns: one call a distinct step instead of one a record and step."""

import polars as pl
import xxhash

__all__ = ["hash_texts", "txn_hashes"]


def hash_texts(texts: pl.Series) -> pl.Series:
    """`schemas.keys.hash64` of each text, dtype Int64; null where the text is null."""
    if texts.null_count() == len(texts):
        return pl.Series(texts.name, [None] * len(texts), dtype=pl.Int64)
    # Binary values arrive as bytes, so nothing is encoded a second time.
    listed = texts.fill_null("").cast(pl.Binary).to_list()
    hashed = pl.Series(texts.name, list(map(xxhash.xxh3_64_intdigest, listed)), dtype=pl.UInt64).reinterpret(signed=True)
    return hashed.zip_with(texts.is_not_null(), pl.Series([None], dtype=pl.Int64)) if texts.null_count() else hashed


def txn_hashes(records: pl.DataFrame) -> pl.Series:
    """`schemas.keys.txn_hash` of each row; `records` has tenant_id, source and txn_id, none of them null."""
    return hash_texts(records.select(pl.concat_str("tenant_id", "source", "txn_id", separator="\x1f")).to_series())
