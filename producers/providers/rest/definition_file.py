"""Reading a definition so that whatever is wrong in it is told with its file and line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml
from pydantic import ValidationError

from producers.errors import ConfigurationError
from producers.providers.rest.definition import RestDefinition

__all__ = ["Loaded", "definition_of", "read_definition"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A definition and where it stands.

    Attributes:
        definition: what it says.
        name: its file, or the option that holds it, for messages.
        folder: which the sample's file is beside.
        node: the YAML that it was read from, None when it came as an option.
    """

    definition: RestDefinition
    name: str
    folder: Path
    node: yaml.Node | None = None

    def told(self, where: Sequence[str | int], problem: str) -> str:
        """What is wrong with the value at `where`, as `FILE:LINE: path: problem`."""
        return _told(self.name, self.node, where, problem)

    def fail(self, where: Sequence[str | int], problem: str) -> NoReturn:
        """Refuse the value at `where`.

        Raises:
            ConfigurationError: always, as `told` has it.
        """
        raise ConfigurationError(self.told(where, problem))


def read_definition(path: Path) -> Loaded:
    """The definition in a YAML (or JSON) file.

    Raises:
        ConfigurationError: it cannot be read, is no YAML, or a value is wrong; the message names file, line and field of each.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"definition {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"definition {path} is no UTF-8 text: {error.reason} at byte {error.start}") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        _refuse_repeated_keys(node, str(path))
        value = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigurationError(f"{path}:{line}: this is no YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{path}:1: this is no YAML: {error}") from error
    return Loaded(_validated(value, str(path), node), str(path), path.parent, node)


def definition_of(value: Mapping[str, Any], name: str) -> Loaded:
    """A definition that is an option itself.

    Args:
        value: the option.
        name: which option of which source it is.

    Raises:
        ConfigurationError: a value is wrong; the message names the field of each.
    """
    return Loaded(_validated(value, name, None), name, Path())


def _validated(value: Any, name: str, node: yaml.Node | None) -> RestDefinition:
    try:
        return RestDefinition.model_validate(value)
    except ValidationError as error:
        told = [
            _told(name, node, one["loc"], one["msg"].removeprefix("Value error, ")) for one in error.errors(include_input=False)
        ]
        raise ConfigurationError("; ".join(told)) from None


def _told(name: str, node: yaml.Node | None, where: Sequence[str | int], problem: str) -> str:
    if node is None:
        path = ".".join(str(step) for step in where)
        return f"{name}: {path}: {problem}" if path else f"{name}: {problem}"
    steps: list[str] = []
    line = node.start_mark.line + 1
    at: yaml.Node | None = node
    for step in where:
        found = _child(at, step) if at is not None else None
        if found is None:
            # Pydantic puts the kind of a union's member into the way, which is no key; a last step is one that is missing.
            if step == where[-1]:
                steps.append(str(step))
            continue
        line, at = found
        steps.append(str(step))
    path = ".".join(steps)
    return f"{name}:{line}: {path}: {problem}" if path else f"{name}:{line}: {problem}"


def _child(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    """Line and value of an entry; the line is that of its key."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        value = node.value[step]
        return value.start_mark.line + 1, value
    return None


def _refuse_repeated_keys(node: yaml.Node | None, name: str) -> None:
    """YAML's loader would take the last one without a word."""
    if isinstance(node, yaml.SequenceNode):
        for value in node.value:
            _refuse_repeated_keys(value, name)
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise ConfigurationError(f"{name}:{key.start_mark.line + 1}: {key.value} is there twice")
            seen.add(str(key.value))
            _refuse_repeated_keys(value, name)
