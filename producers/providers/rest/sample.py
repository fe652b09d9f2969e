"""Mapping the sample of a definition, so that a wrong mapping is found before the provider is asked."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from producers.errors import ContractChangeError, ProducerError
from producers.kit.paging import PageAnswer, PageWalk, value_at
from producers.kit.payload import parse_json
from producers.providers.rest.definition import ByTime, RestDefinition, SampleFile
from producers.providers.rest.definition_file import Loaded
from producers.providers.rest.errors import FieldError
from producers.providers.rest.mapping import RecordContext, to_transaction
from schemas.errors import SchemaError
from schemas.records import CanonicalTransaction

__all__ = ["map_sample", "records_of"]

_WHEN = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def records_of(value: Any, definition: RestDefinition) -> Sequence[Any]:
    """The records in an answer.

    Raises:
        ContractChangeError: there is no list at the path of `records`.
    """
    found = value_at(value, definition.records)
    if not isinstance(found, list):
        place = definition.records or "the answer"
        raise ContractChangeError(f"{place} is {type(found).__name__}, a list of records is due")
    return found


def map_sample(loaded: Loaded, *, source: str = "sample", tenant_id: str = "sample") -> list[CanonicalTransaction]:
    """The sample's records as canonical ones; none without a sample.

    Raises:
        ConfigurationError: the sample cannot be read, or the definition does not fit it; the message names file, line and field.
    """
    definition = loaded.definition
    if definition.sample is None:
        return []
    value = _value_of(definition.sample, loaded)
    try:
        records = records_of(value, definition)
    except ContractChangeError as error:
        loaded.fail(("records",), f"in the sample, {error}")
    account = definition.accounts[0] if definition.accounts else ""
    found = []
    for index, record in enumerate(records):
        try:
            found.append(to_transaction(record, definition.fields, RecordContext(tenant_id, source, account, "", _WHEN)))
            _check_time(record, definition)
        except FieldError as error:
            where = ("fields", error.field) if error.field in type(definition.fields).model_fields else (error.field,)
            loaded.fail(where, f"record {index} of the sample: {error}")
        except SchemaError as error:
            loaded.fail(("fields",), f"record {index} of the sample: {error}")
    repeated = [name for name, count in Counter(one.txn_id for one in found).items() if count > 1]
    if repeated:
        loaded.fail(("fields", "id"), f"several records of the sample have the id {repeated[0]!r}; join what tells them apart")
    _check_paging(value, records, loaded)
    return found


def _value_of(sample: SampleFile | Mapping[str, Any] | Sequence[Any], loaded: Loaded) -> Any:
    if not isinstance(sample, SampleFile):
        # Through JSON, so that a sample in YAML has the kinds of values that an answer has: a decimal is one, a date a text.
        return parse_json(json.dumps(sample, default=str).encode(), "sample")
    path = loaded.folder / sample.file
    try:
        return parse_json(path.read_bytes(), str(path))
    except OSError as error:
        loaded.fail(("sample",), f"{path} cannot be read: {error.strerror}")
    except ProducerError as error:
        loaded.fail(("sample",), str(error))


def _check_time(record: Any, definition: RestDefinition) -> None:
    incremental = definition.incremental
    if isinstance(incremental, ByTime) and incremental.field is not None:
        try:
            incremental.read(value_at(record, incremental.field))
        except ValueError as error:
            raise FieldError("incremental", "time", f"{incremental.field}: {error}") from error


def _check_paging(value: Any, records: Sequence[Any], loaded: Loaded) -> None:
    """The sign of the end must be in the sample, whatever it says."""
    try:
        PageWalk(loaded.definition.paging.build(), "sample").advance(PageAnswer(value, records, "https://sample.invalid/"))
    except ContractChangeError as error:
        if "https://sample.invalid" not in str(error):
            loaded.fail(("paging",), str(error))
