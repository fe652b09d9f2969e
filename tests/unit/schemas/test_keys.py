"""Keys outlive processes: hashes are stored in tables and choose partitions, so known answers are frozen here."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.text import normalise_reference
from schemas.key_columns import hash_texts, txn_hashes
from schemas.keys import SHARDS, hash64, key_hash, partition_of, shard_of, txn_hash


@pytest.mark.parametrize(
    ("text", "hashed", "shard", "partition_of_12"),
    [
        ("INV0042", -4893255091324867101, 35, 11),
        ("", 3244421341483603138, 2, 2),
        ("é💸", 9097347636918470422, 22, 10),
        ("UTR2026112112345", 8383172869752592544, 32, 8),
    ],
)
def test_frozen_answers(text: str, hashed: int, shard: int, partition_of_12: int) -> None:
    """A change here orphans every stored group: it needs a migration and a replay."""
    assert hash64(text) == hashed
    assert shard_of(hashed) == shard
    assert partition_of(hashed, 12) == partition_of_12


def test_frozen_answer_for_a_record() -> None:
    assert txn_hash("default", "hdfc", "acc:1") == 2863643339783852052
    assert SHARDS == 64


@pytest.mark.parametrize("parts", [("a", "b", "cd"), ("ab", "", "cd"), ("a", "bc", "d"), ("", "ab", "cd")])
def test_the_parts_of_a_record_s_name_are_kept_apart(parts: tuple[str, str, str]) -> None:
    others = {("a", "b", "cd"), ("ab", "", "cd"), ("a", "bc", "d"), ("", "ab", "cd")} - {parts}
    assert txn_hash(*parts) not in {txn_hash(*other) for other in others}


@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=6)), max_size=8))
def test_a_column_s_hashes_are_those_of_its_texts(texts: list[str | None]) -> None:
    hashed = hash_texts(pl.Series("key", texts, dtype=pl.String))
    assert (hashed.dtype, hashed.to_list()) == (pl.Int64, [None if text is None else hash64(text) for text in texts])


@given(st.lists(st.tuples(*[st.text(st.characters(exclude_categories=["Cs"]), max_size=4)] * 3), max_size=5))
def test_a_column_s_records_have_the_hashes_that_each_has(parts: list[tuple[str, str, str]]) -> None:
    records = pl.DataFrame(parts, schema=dict.fromkeys(("tenant_id", "source", "txn_id"), pl.String), orient="row")
    assert txn_hashes(records).to_list() == [txn_hash(*one) for one in parts]


@given(st.text())
def test_a_hash_fits_a_bigint(text: str) -> None:
    assert -(2**63) <= hash64(text) < 2**63


def test_a_lone_surrogate_has_a_hash() -> None:
    assert hash64("\ud800") == hash64("\ud800") != hash64("\ud801")


@pytest.mark.parametrize("reference", [None, "", " ", "NONREF", "notprovided", "n/a", "0000", "-", "\u200b"])
def test_nothing_to_match_on(reference: str | None) -> None:
    assert key_hash(reference) is None


@given(st.text())
def test_keys_are_equal_where_their_normal_forms_are(text: str) -> None:
    normal = normalise_reference(text)
    assert key_hash(text) == (hash64(normal) if normal else None)


@given(hashed=st.integers(-(2**63), 2**63 - 1), partitions=st.integers(1, 200))
def test_a_shard_is_in_one_partition(hashed: int, partitions: int) -> None:
    shard, partition = shard_of(hashed), partition_of(hashed, partitions)
    assert 0 <= shard < SHARDS
    assert 0 <= partition < partitions
    assert partition == partition_of(shard, partitions)
