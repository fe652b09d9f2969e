"""The committed Avro schemas, their history and their ids agree, and an incompatible change is refused."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fastavro
import pytest

from schemas import catalogue
from schemas.catalogue import STATEMENT, TRANSACTION, AvroSchema, current_schema, history
from schemas.compatibility import check_history, history_faults, incompatibilities
from schemas.errors import CompatibilityError
from schemas.records import Direction, Proof, StatementKind, Status
from schemas.registry import CommittedIds
from schemas.tables import STATUSES

SCHEMAS = Path(catalogue.__file__).parent
both = pytest.mark.parametrize("name", [TRANSACTION, STATEMENT])

Change = Callable[[dict[str, dict[str, Any]], AvroSchema], None]
"""Changes a copy of the transaction schema, given its fields by name and the whole."""


@both
def test_the_committed_history_is_fully_transitive(name: str) -> None:
    assert history_faults(name) == []


def test_every_version_has_one_id_and_every_id_a_version() -> None:
    entries = json.loads((SCHEMAS / "ids.json").read_text(encoding="utf-8"))
    named = sorted((entry["schema"], entry["version"]) for entry in entries.values())
    assert named == sorted((name, version) for name in (TRANSACTION, STATEMENT) for version in history(name))
    assert all(0 < int(key) < 2**31 for key in entries)


@both
def test_the_id_that_is_written_is_the_current_schema_s(name: str) -> None:
    ids = CommittedIds()
    assert ids.schema_of(ids.id_of(name)) == current_schema(name)


@both
def test_every_version_is_a_valid_avro_schema(name: str) -> None:
    for version, schema in history(name).items():
        assert fastavro.parse_schema(copy.deepcopy(schema)), version


def test_the_code_knows_the_symbols_in_the_wire_s_order() -> None:
    """A frame holds a symbol's index, and `transaction.status` stores it."""

    def symbols(name: str, field: str) -> list[str]:
        return next(one["type"]["symbols"] for one in current_schema(name)["fields"] if one["name"] == field)

    assert symbols(TRANSACTION, "status") == list(Status) == sorted(STATUSES, key=STATUSES.__getitem__)
    assert symbols(TRANSACTION, "direction") == list(Direction)
    assert symbols(STATEMENT, "kind") == list(StatementKind)
    assert symbols(STATEMENT, "proof") == list(Proof)


def add_optional(_: dict[str, dict[str, Any]], schema: AvroSchema) -> None:
    schema["fields"].append({"name": "mandate_id", "type": ["null", "string"], "default": None})


def remove_optional(_: dict[str, dict[str, Any]], schema: AvroSchema) -> None:
    schema["fields"] = [field for field in schema["fields"] if field["name"] != "raw_ref"]


def reorder(_: dict[str, dict[str, Any]], schema: AvroSchema) -> None:
    schema["fields"].reverse()


def reword(fields: dict[str, dict[str, Any]], schema: AvroSchema) -> None:
    schema["doc"] = fields["txn_id"]["doc"] = "Other words."


COMPATIBLE: list[Change] = [add_optional, remove_optional, reorder, reword]


def add_mandatory(_: dict[str, dict[str, Any]], schema: AvroSchema) -> None:
    schema["fields"].append({"name": "mandate_id", "type": "string"})


def remove_mandatory(_: dict[str, dict[str, Any]], schema: AvroSchema) -> None:
    schema["fields"] = [field for field in schema["fields"] if field["name"] != "txn_id"]


def rename_record(_: dict[str, dict[str, Any]], schema: AvroSchema) -> None:
    schema["name"] = "CanonicalMovement"


def move_namespace(_: dict[str, dict[str, Any]], schema: AvroSchema) -> None:
    schema["namespace"] = "com.example"


def rename_field(fields: dict[str, dict[str, Any]], _: AvroSchema) -> None:
    fields["currency"]["name"] = "currency_code"


def narrow_long(fields: dict[str, dict[str, Any]], _: AvroSchema) -> None:
    fields["amount_minor"]["type"] = "int"


def money_as_double(fields: dict[str, dict[str, Any]], _: AvroSchema) -> None:
    fields["amount_minor"]["type"] = "double"


def text_for_number(fields: dict[str, dict[str, Any]], _: AvroSchema) -> None:
    fields["revision"]["type"] = "string"


def make_nullable(fields: dict[str, dict[str, Any]], _: AvroSchema) -> None:
    fields["currency"]["type"] = ["null", "string"]


def forbid_null(fields: dict[str, dict[str, Any]], _: AvroSchema) -> None:
    fields["description"]["type"] = "string"
    fields["description"]["default"] = ""


def millis_for_micros(fields: dict[str, dict[str, Any]], _: AvroSchema) -> None:
    fields["booked_at"]["type"]["logicalType"] = "timestamp-millis"


def drop_logical_type(fields: dict[str, dict[str, Any]], _: AvroSchema) -> None:
    fields["booked_at"]["type"] = "long"


def add_symbol(fields: dict[str, dict[str, Any]], _: AvroSchema) -> None:
    fields["status"]["type"]["symbols"].append("RETURNED")


def remove_symbol(fields: dict[str, dict[str, Any]], _: AvroSchema) -> None:
    fields["status"]["type"]["symbols"].remove("VOID")


def rename_enum(fields: dict[str, dict[str, Any]], _: AvroSchema) -> None:
    fields["status"]["type"]["name"] = "State"


INCOMPATIBLE: list[Change] = [
    add_mandatory,
    remove_mandatory,
    rename_record,
    move_namespace,
    rename_field,
    narrow_long,
    money_as_double,
    text_for_number,
    make_nullable,
    forbid_null,
    millis_for_micros,
    drop_logical_type,
    add_symbol,
    remove_symbol,
    rename_enum,
]


def changed_by(change: Change) -> AvroSchema:
    schema = copy.deepcopy(current_schema(TRANSACTION))
    change({field["name"]: field for field in schema["fields"]}, schema)
    return schema


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the schemas that a test may change."""
    copied = tmp_path / "avro"
    shutil.copytree(SCHEMAS / "avro", copied)
    monkeypatch.setattr(catalogue, "_FOLDER", copied)
    current_schema.cache_clear()
    history.cache_clear()
    yield copied
    current_schema.cache_clear()
    history.cache_clear()


def save(folder: Path, schema: AvroSchema, *, in_history: bool) -> None:
    text = json.dumps(schema)
    (folder / f"{TRANSACTION}.avsc").write_text(text, encoding="utf-8")
    if in_history:
        (folder / "history" / f"{TRANSACTION}.v{max(history(TRANSACTION)) + 1}.avsc").write_text(text, encoding="utf-8")
    current_schema.cache_clear()
    history.cache_clear()


@pytest.mark.parametrize("change", COMPATIBLE)
def test_a_compatible_change_with_its_history_passes(change: Change, folder: Path) -> None:
    save(folder, changed_by(change), in_history=True)
    assert history_faults(TRANSACTION) == []


@pytest.mark.parametrize("change", INCOMPATIBLE)
def test_an_incompatible_change_is_refused(change: Change, folder: Path) -> None:
    save(folder, changed_by(change), in_history=True)
    with pytest.raises(CompatibilityError, match=rf"{TRANSACTION}: version \d cannot read version \d: "):
        check_history(TRANSACTION)


@pytest.mark.parametrize("change", [*COMPATIBLE, *INCOMPATIBLE])
def test_any_change_without_history_is_refused(change: Change, folder: Path) -> None:
    save(folder, changed_by(change), in_history=False)
    with pytest.raises(CompatibilityError, match=r"copy it there as v2 and give it an id in schemas/ids.json"):
        check_history(TRANSACTION)


def test_a_rewritten_history_is_refused(folder: Path) -> None:
    (folder / "history" / f"{TRANSACTION}.v1.avsc").write_text(json.dumps(changed_by(reword)), encoding="utf-8")
    with pytest.raises(CompatibilityError, match="not the newest version"):
        check_history(TRANSACTION)


def test_compatibility_with_every_version_not_only_the_last(folder: Path) -> None:
    """Transitive: a field that comes back with another type clashes with the version before the last."""
    save(folder, changed_by(remove_optional), in_history=True)
    again = changed_by(remove_optional)
    again["fields"].append({"name": "raw_ref", "type": ["null", "long"], "default": None})
    save(folder, again, in_history=True)
    with pytest.raises(CompatibilityError, match="field raw_ref"):
        check_history(TRANSACTION)


def test_an_enum_with_a_default_may_grow() -> None:
    first, second = changed_by(reword), changed_by(add_symbol)
    for schema in (first, second):
        next(field for field in schema["fields"] if field["name"] == "status")["type"]["default"] = "PENDING"
    assert not list(incompatibilities(first, second))
    assert not list(incompatibilities(second, first))


def test_an_int_may_be_read_as_a_long_but_not_the_other_way() -> None:
    wide, narrow = current_schema(TRANSACTION), changed_by(narrow_long)
    assert not list(incompatibilities(wide, narrow))
    assert list(incompatibilities(narrow, wide)) == ["field amount_minor: long is written and int is expected"]


@pytest.mark.parametrize(
    "nested",
    [{"type": "array", "items": "string"}, {"type": "map", "values": "long"}, {"type": {"type": "fixed", "name": "F", "size": 2}}],
)
def test_types_that_the_codec_cannot_carry_are_refused(nested: Any) -> None:
    schema = changed_by(reword)
    schema["fields"][0]["type"] = nested
    with pytest.raises(CompatibilityError, match="not used in flat records"):
        list(incompatibilities(schema, schema))
