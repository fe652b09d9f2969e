"""A definition that is wrong is refused with file, line and field; one that does not fit its own sample as well."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import ConfigurationError, MissingSecretError
from producers.kit.registry import build_connector
from producers.providers.rest.definition_file import definition_of, read_definition
from producers.providers.rest.sample import check_sample, map_sample
from producers.providers.rest.schema import definition_schema
from reconduit.sources import SourceConfig

ROOT = Path(__file__).parents[5]
EXAMPLE = (ROOT / "docs/examples/rest_source.yaml").read_text(encoding="utf-8")


def refused(text: str, folder: Path) -> str:
    """The message with which a definition is refused, its folder left out."""
    file = folder / "acme.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError) as raised:
        check_sample(read_definition(file))
    return str(raised.value).replace(f"{folder}/", "")


def line_of(part: str, text: str = EXAMPLE) -> int:
    [number] = [number for number, line in enumerate(text.splitlines(), 1) if part in line]
    return number


@pytest.mark.parametrize(
    ("old", "new", "field", "problem"),
    [
        ("kind: bearer", "kind: magic", "auth", "'none', 'bearer', 'basic', 'api_key', 'oauth2', 'integration'"),
        ("token: token ", "tokens: token ", "auth.tokens", "Extra inputs are not permitted"),
        ("path: /v2/", "path: v2/", "request.path", "pattern"),
        ("sort: updated_at", "sort: '{until}'", "request", "{until} is no place"),
        ('updated_from: "{from}"', "limit: 5", "{from} in the request belong together", ""),
        ("{account}/movements", "movements", "accounts and {account} in the request belong together", ""),
        ("strategy: cursor", "strategy: magic", "paging", "'none', 'link_header', 'next_url', 'cursor'"),
        ("token: data.next", "last: data.next", "paging.last", "Extra inputs"),
        ("overlap: 2d", "overlap: 2 days", "incremental.overlap", "such as 90m or 3d"),
        ("start: 2026-01-01", "start: soon", "incremental.start", "soon"),
        ("window: 31d", "window: 0d", "incremental", "window is zero"),
        ("unit: minor}", "unit: cents}", "fields.amount.unit", "'major' or 'minor'"),
        ("PAY_OUT: DEBIT, FEE: DEBIT", "PAY_OUT: OUT", "fields.direction.map.PAY_OUT", "'CREDIT' or 'DEBIT'"),
        ("zone: Europe/Berlin}\n  value_date", "zone: Berlin}\n  value_date", "fields.booked_at", "no IANA time zone"),
        (", zone: Europe/Berlin}\n  value_date", "}\n  value_date", "fields.booked_at", "says no zone"),
        ('"%d/%m/%Y %H:%M"', "iso", "fields.booked_at", "is none of"),
        ('"%d/%m/%Y %H:%M"', '"%d/%m %Q"', "fields.booked_at", "cannot be read back"),
        ("currency: money.currency", "currency: {constant: Euro}", "fields.currency", "'Euro' is no ISO 4217 currency"),
        ("overlap: 2d", "overlap: 99999d", "incremental.overlap", "at most 3650d"),
        ("channel: {constant: ONLINE}", "channel: {constant: ONLINE, field: kind}", "fields.channel", "exactly one of"),
        ("watermark: {lag: 2d}", "watermark: {}", "watermark", "either lag or field"),
        ("  revision: {field: updated_at, format: rfc3339}\n", "", "by a field that moves needs fields.revision", ""),
        ("watermark: {lag: 2d}", "water: 1", "water", "Extra inputs"),
    ],
)
def test_a_wrong_value_is_told_with_its_line(old: str, new: str, field: str, problem: str, tmp_path: Path) -> None:
    assert EXAMPLE.count(old) == 1
    text = EXAMPLE.replace(old, new)
    message = refused(text, tmp_path)
    assert field in message
    assert problem in message
    named = field.rpartition(".")[2]
    if problem and "." in field:
        lines = [number for number, line in enumerate(text.splitlines(), 1) if f"{named}:" in line or new.splitlines()[0] in line]
        assert any(message.startswith(f"acme.yaml:{number}: ") for number in lines), message


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        (
            "records: data.movements",
            "records: data.items",
            "records: data.items",
            "data.items is NoneType, a list of records is due",
        ),
        ("field: money.amount,", "field: money.value,", "  amount:", "record 0 of the sample: amount: money.value is missing"),
        ("unit: minor", "unit: major", None, None),
        ("money.currency", "money.code", "  currency: money.code", "record 0 of the sample: currency: money.code missing or empty"),
        (", FEE: DEBIT", "", "  direction:", "record 1 of the sample: direction: kind is 'FEE'; direction knows PAY_IN"),
        (", in_flight: PENDING", "", "  status:", "record 1 of the sample: status: state is 'in_flight'; status knows settled"),
        ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "  booked_at:", "record 0 of the sample: booked_at: booked: time data '15/01/2026"),
        ("  id: movement_id", "  id: kind", None, None),
        ("- movement_id: MV-2", "- movement_id: MV-1", "  id: movement_id", "have the id 'W-1001:MV-1'"),
        ("has_more: data.more", "has_more: data.moar", "paging:", "data.moar is None, true or false is due"),
        ("  field: updated_at ", "  field: changed_at ", "incremental:", "incremental: changed_at: None is no text"),
    ],
)
def test_a_mapping_that_does_not_fit_the_sample_is_told(
    old: str, new: str, line: str | None, problem: str | None, tmp_path: Path
) -> None:
    text = EXAMPLE.replace(old, new)
    assert text != EXAMPLE
    if line is None or problem is None:
        file = tmp_path / "acme.yaml"
        file.write_text(text, encoding="utf-8")
        assert map_sample(read_definition(file)).problems == [], "this one cannot be seen from the sample"
        return
    message = refused(text, tmp_path)
    assert problem in message
    numbers = [number for number, one in enumerate(text.splitlines(), 1) if one.startswith(line)]
    assert message.startswith(f"acme.yaml:{numbers[0]}: "), message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "acme.yaml: Input should be"),
        ("a: [", "acme.yaml:1: this is no YAML"),
        ("- a\n", "acme.yaml:1: Input should be"),
        ("auth:\n  kind: none\n  kind: bearer\n", "acme.yaml:3: kind is there twice"),
        ("a: &x [*x]\n", "acme.yaml"),
        ("auth: {kind: none}\n", "acme.yaml:1: request: Field required; acme.yaml:1: paging: Field required"),
    ],
)
def test_what_is_no_definition_is_refused(text: str, message: str, tmp_path: Path) -> None:
    assert message in refused(text, tmp_path)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"missing\.yaml cannot be read"):
        read_definition(tmp_path / "missing.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9")
    with pytest.raises(ConfigurationError, match="no UTF-8"):
        read_definition(tmp_path / "latin.yaml")


def test_a_sample_may_be_a_file_beside_the_definition(tmp_path: Path) -> None:
    document = yaml.safe_load(EXAMPLE)
    (tmp_path / "answer.json").write_text(json.dumps(document["sample"]), encoding="utf-8")
    definition = yaml.safe_dump(document | {"sample": {"file": "answer.json"}})
    (tmp_path / "acme.yaml").write_text(definition, encoding="utf-8")
    assert [record.txn_id for record in map_sample(read_definition(tmp_path / "acme.yaml")).transactions] == [
        "W-1001:MV-1",
        "W-1001:MV-2",
    ]
    (tmp_path / "answer.json").write_text("<html>", encoding="utf-8")
    assert "an HTML or XML page came instead of JSON" in refused(definition, tmp_path)
    assert "cannot be read" in refused(definition.replace("answer.json", "nowhere.json"), tmp_path)


def test_an_option_names_no_file_for_its_sample() -> None:
    document = yaml.safe_load(EXAMPLE) | {"sample": {"file": "/etc/passwd"}}
    with pytest.raises(ConfigurationError, match=r"options\.rest: sample: a file needs the definition to be a file"):
        build_connector(source({"rest": document}))


def source(options: dict[str, Any], **more: Any) -> SourceConfig:
    return SourceConfig(name="acme", connector="rest", options=options, **more)


def test_the_definition_may_stand_in_the_sources_file() -> None:
    document = yaml.safe_load(EXAMPLE)
    document["fields"]["amount"]["unit"] = "cents"
    with pytest.raises(ConfigurationError, match=r"source acme: options\.rest: fields\.amount\.unit: .*'major' or 'minor'"):
        build_connector(source({"rest": document}))


def test_every_problem_is_told_once(tmp_path: Path) -> None:
    message = refused(
        EXAMPLE.replace("money.currency", "money.code").replace("has_more: data.more", "has_more: data.moar"), tmp_path
    )
    assert message.count("money.code missing") == 1, "both records show it"
    assert "paging: sample: data.moar is None" in message


@pytest.mark.parametrize("options", [{}, {"definition": "a.yaml", "rest": {}}, {"definition": "a.yaml", "file": 1}])
def test_either_a_file_or_the_definition_is_due(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="source acme: options"):
        build_connector(source(options))


def test_a_source_without_its_secret_or_address_is_refused(tmp_path: Path) -> None:
    document = yaml.safe_load(EXAMPLE)
    with pytest.raises(MissingSecretError, match="source acme: secrets: token missing; auth bearer needs it"):
        build_connector(source({"rest": document}))
    del document["base_url"]
    with pytest.raises(ConfigurationError, match="base_url is missing"):
        build_connector(source({"rest": document}))


@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "Cookie"])
def test_no_secret_stands_in_a_definition(name: str, tmp_path: Path) -> None:
    message = refused(EXAMPLE.replace("request:\n", f"request:\n  headers: {{{name}: s3cret}}\n"), tmp_path)
    assert f"request.headers: {name} is a secret; describe it under auth" in message
    assert "s3cret" not in message


def test_the_published_schema_is_the_one_of_the_model() -> None:
    file = ROOT / "schemas/json/rest_source.schema.json"
    assert json.loads(file.read_text(encoding="utf-8")) == definition_schema(), (
        'write it anew: python -c "import json; from producers.providers.rest.schema import definition_schema as d;'
        f' print(json.dumps(d(), indent=2))" > {file.relative_to(ROOT)}'
    )


DOCUMENT = json.dumps(yaml.safe_load(EXAMPLE), default=str)
TEXTS = ("", "x", "data.0", "{from}", "date", "%Y", "EUR", "1d", "UTC", "cursor")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["field", "map", "constant"]), inner, max_size=2),
    max_leaves=3,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where every value of a document is."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for step, one in inner for found in places(one, (*path, step)))]


@settings(max_examples=100)
@given(data=st.data())
def test_any_definition_is_taken_or_refused(data: st.DataObject) -> None:
    document = json.loads(DOCUMENT)
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(places(document)[1:]))
        holder = document
        for step in way:
            holder = holder[step]
        if isinstance(holder, dict) and data.draw(st.booleans()):
            del holder[last]
        else:
            holder[last] = data.draw(VALUES)
    try:
        loaded = definition_of(document, "example")
        mapped = map_sample(loaded)
    except ConfigurationError as error:
        assert str(error).startswith("example")
    else:
        assert len(mapped.transactions) + len(mapped.problems) >= min(mapped.count, 1)


MISTAKES: list[Callable[[dict[str, Any]], Any]] = [
    lambda one: one["auth"].update(kind="magic"),
    lambda one: one["fields"].update(amount={"field": "a", "unit": "cents"}),
    lambda one: one["fields"].update(reference_number=[]),
    lambda one: one["incremental"].update(overlap="2 days"),
    lambda one: one.pop("paging"),
    lambda one: one.update(unknown=1),
]


def test_schema_and_model_agree() -> None:
    validator = jsonschema.Draft202012Validator(definition_schema())
    good = json.loads(json.dumps(yaml.safe_load(EXAMPLE), default=str))
    validator.validate(good)
    definition_of(good, "example")
    for spoil in MISTAKES:
        bad = json.loads(json.dumps(good))
        spoil(bad)
        assert not validator.is_valid(bad)
        with pytest.raises(ConfigurationError):
            definition_of(bad, "example")
