"""Mapping the sample of a definition, so that a wrong mapping is found before the provider is asked."""

import datetime as dt
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from producers.errors import ConfigurationError, ContractChangeError, ProducerError
from producers.kit.http.payload import parse_json
from producers.kit.paging import PageAnswer, PageWalk, value_at
from producers.kit.record_origin import RecordOrigin
from producers.providers.rest.definition import ByTime, RestDefinition, SampleFile
from producers.providers.rest.definition_file import Loaded
from producers.providers.rest.errors import MappingError
from producers.providers.rest.fields import FieldRules
from producers.providers.rest.mapping import to_transaction
from schemas.errors import SchemaError
from schemas.records import CanonicalTransaction

__all__ = ["MappedSample", "check_sample", "map_sample", "records_of"]

_WHEN = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_ADDRESS = "https://sample.invalid/"


@dataclass(frozen=True, slots=True)
class MappedSample:
    """What becomes of a sample.

    Attributes:
        count: records in it.
        transactions: those that can be mapped.
        problems: what does not fit, each with file, line and field, and the first record that shows it.
    """

    count: int = 0
    transactions: list[CanonicalTransaction] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


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


def check_sample(loaded: Loaded) -> None:
    """Refuse a definition that does not fit its own sample.

    Raises:
        ConfigurationError: the sample cannot be read, or something does not fit; the message has each problem.
    """
    problems = map_sample(loaded).problems
    if problems:
        raise ConfigurationError("; ".join(problems))


def map_sample(loaded: Loaded) -> MappedSample:
    """The sample's records as canonical ones; nothing without a sample.

    Raises:
        ConfigurationError: the sample cannot be read.
    """
    definition = loaded.definition
    if definition.sample is None:
        return MappedSample()
    value = _value_of(definition.sample, loaded)
    try:
        records = records_of(value, definition)
    except ContractChangeError as error:
        return MappedSample(problems=[loaded.told(("records",), f"in the sample, {error}")])
    mapped = MappedSample(len(records))
    _map_records(records, loaded, mapped)
    _check_paging(value, records, loaded, mapped)
    return mapped


def _value_of(sample: SampleFile | Mapping[str, Any] | Sequence[Any], loaded: Loaded) -> Any:
    if not isinstance(sample, SampleFile):
        # Through JSON, so that a sample in YAML has the kinds of values that an answer has: a decimal is one, a date a text.
        return parse_json(json.dumps(sample, default=str).encode(), "sample")
    if loaded.node is None:
        # Who stores options through the API must not read files of this machine by their first bytes in an error.
        loaded.fail(("sample",), "a file needs the definition to be a file as well; put the answer here")
    path = loaded.folder / sample.file
    try:
        return parse_json(path.read_bytes(), str(path))
    except OSError as error:
        loaded.fail(("sample",), f"{path} cannot be read: {error.strerror}")
    except ProducerError as error:
        loaded.fail(("sample",), str(error))


def _map_records(records: Sequence[Any], loaded: Loaded, mapped: MappedSample) -> None:
    definition = loaded.definition
    account = definition.accounts[0] if definition.accounts else ""
    origin = RecordOrigin("sample", "sample", account, None, _WHEN)
    told: set[tuple[str, ...]] = set()
    for index, record in enumerate(records):
        where: tuple[str, ...] = ("fields",)
        try:
            transaction = to_transaction(record, definition.fields, origin)
            _check_time(record, definition)
        except (MappingError, SchemaError) as error:
            if isinstance(error, MappingError):
                where = ("fields", error.field) if error.field in FieldRules.model_fields else (error.field,)
            if where not in told:
                mapped.problems.append(loaded.told(where, f"record {index} of the sample: {error}"))
            told.add(where)
        else:
            mapped.transactions.append(transaction)
    counts = Counter(one.txn_id for one in mapped.transactions)
    repeated = next((name for name, count in counts.items() if count > 1), None)
    if repeated is not None:
        problem = f"several records of the sample have the id {repeated!r}; join what tells them apart"
        mapped.problems.append(loaded.told(("fields", "id"), problem))


def _check_time(record: Any, definition: RestDefinition) -> None:
    incremental = definition.incremental
    if isinstance(incremental, ByTime) and incremental.field is not None:
        try:
            incremental.read(value_at(record, incremental.field))
        except ValueError as error:
            raise MappingError("incremental", "time", f"{incremental.field}: {error}") from error


def _check_paging(value: Any, records: Sequence[Any], loaded: Loaded, mapped: MappedSample) -> None:
    """The sign of the end must be in the sample, whatever it says."""
    try:
        PageWalk(loaded.definition.paging.build(), "sample").advance(PageAnswer(value, records, _ADDRESS))
    except ContractChangeError as error:
        # A sample does not tell its own address, so the next page's host cannot be held against it.
        if _ADDRESS.rstrip("/") not in str(error):
            mapped.problems.append(loaded.told(("paging",), str(error)))
