"""Reconciliation keys: the text that two sides share, its 64-bit hash, and the shard and partition that follow from it.

One function for both ends of the log: a producer chooses the partition with it, a consumer finds the group with it.
"""

import xxhash

from reconciler.text import normalise_reference

__all__ = ["SHARDS", "hash64", "key_hash", "partition_of", "shard_of", "txn_hash"]

SHARDS = 64
"""How many shards the groups of a reconciliation fall into; a shard is what a worker locks. Every process must agree on it."""


def hash64(text: str) -> int:
    """Stable signed 64-bit hash of a text (XXH3), as Postgres stores it in a bigint."""
    value = xxhash.xxh3_64_intdigest(text.encode("utf-8", "surrogatepass"))
    return value - (1 << 64) if value >= 1 << 63 else value


def key_hash(reference: str | None) -> int | None:
    """Hash of a reconciliation key after normalisation; None when nothing is left to match on.

    Two references that `normalise_reference` makes equal have the same hash. The hash may collide, so whoever groups by
    it compares the normalised text as well.
    """
    if reference is None:
        return None
    normal = normalise_reference(reference)
    return hash64(normal) if normal else None


def txn_hash(tenant_id: str, source: str, txn_id: str) -> int:
    """Hash that stands for a record (all its revisions) in indexes; the full id is compared after it."""
    return hash64(f"{tenant_id}\x1f{source}\x1f{txn_id}")


def shard_of(hashed: int) -> int:
    """Shard (0 to SHARDS - 1) of a key hash."""
    return hashed % SHARDS


def partition_of(hashed: int, partitions: int) -> int:
    """Kafka partition of a key hash, such that a shard is in one partition number of every topic of equal size."""
    return shard_of(hashed) % partitions
