"""Reading YAML so that each wrong value is reported with its file and line."""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn, TypeVar

import yaml

from reconciler.errors import RulesError

__all__ = ["Origin", "YamlValue", "read_document"]

T = TypeVar("T")

_CURRENCY = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document comes from.

    Attributes:
        name: the file's name, for messages.
        decimals: how many decimals each currency that exists has; None where that is not known and any three letters will do.
        read_beside: the text of a file that the document names; None where no file can be read.
    """

    name: str
    decimals: Mapping[str, int] | None = None
    read_beside: Callable[[str], str] | None = None

    def __str__(self) -> str:
        """The name alone, as messages begin with it."""
        return self.name

    def has_currency(self, code: str) -> bool:
        """Whether `code` is a currency: of those that exist where they are known, else any three capital letters."""
        return bool(_CURRENCY.fullmatch(code)) and (self.decimals is None or code in self.decimals)


def read_document(text: str, origin: Origin) -> "YamlValue":
    """The one document of a YAML text.

    Args:
        text: the file's content.
        origin: where it comes from.

    Raises:
        RulesError: it is no YAML, or empty.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise RulesError(f"{origin}:{line}: this is no YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise RulesError(f"{origin}:1: this is no YAML: {error}") from error
    if node is None:
        raise RulesError(f"{origin}:1: the file is empty; a reconciliation needs at least name, version, shape and sides")
    return YamlValue(node, origin, "the file")


@dataclass(frozen=True, slots=True)
class YamlValue:
    """One value with its place. `name` says which value it is, in messages."""

    node: yaml.Node
    origin: Origin
    name: str

    @property
    def is_scalar(self) -> bool:
        """Whether it is a single value: neither a list nor a mapping."""
        return isinstance(self.node, yaml.ScalarNode)

    def fail(self, problem: str) -> NoReturn:
        """Report this value.

        Raises:
            RulesError: always, as `FILE:LINE: name problem`.
        """
        raise RulesError(f"{self.origin}:{self.node.start_mark.line + 1}: {self.name} {problem}")

    def mapping(self, allowed: Iterable[str] | None = None) -> dict[str, "YamlValue"]:
        """The entries of a mapping, which may have only the keys in `allowed` (any when None), each once."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fail("must be a mapping (`key: value`)")
        names = None if allowed is None else tuple(allowed)
        found: dict[str, YamlValue] = {}
        for key_node, value_node in self.node.value:
            key = YamlValue(key_node, self.origin, f"a key of {self.name}").text()
            place = YamlValue(key_node, self.origin, f"`{key}`")
            if names is not None and key not in names:
                place.fail(f"is not known in {self.name}; allowed: {', '.join(names)}")
            if key in found:
                place.fail(f"is in {self.name} twice")
            found[key] = YamlValue(value_node, self.origin, f"`{key}`")
        return found

    def require(self, entries: dict[str, "YamlValue"], key: str) -> "YamlValue":
        """Entry `key` of this mapping's `entries`, or a report that it is missing."""
        if key not in entries:
            self.fail(f"needs `{key}`")
        return entries[key]

    def items(self) -> Iterator["YamlValue"]:
        """The values of a list; a single scalar counts as a list of one."""
        if isinstance(self.node, yaml.ScalarNode):
            if not self.node.value:
                self.fail("is empty; it must be a list")
            yield self
            return
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail("must be a list")
        for child in self.node.value:
            yield YamlValue(child, self.origin, f"an entry of {self.name}")

    def text(self) -> str:
        """A scalar as its text, never empty. Numbers and dates count as the text that stands there."""
        if not isinstance(self.node, yaml.ScalarNode) or not self.node.value:
            self.fail("must be a text")
        return str(self.node.value)

    def integer(self, *, minimum: int = 0, maximum: int | None = None) -> int:
        """A whole number within bounds."""
        bounds = f"from {minimum}" + (f" to {maximum}" if maximum is not None else " up")
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag != "tag:yaml.org,2002:int":
            self.fail(f"must be a whole number {bounds}")
        plain = self.node.value.replace("_", "")
        if not plain.lstrip("+-").isdecimal():
            self.fail(f"must be a decimal whole number {bounds}, not {self.node.value}")
        value = int(plain)
        if value < minimum or (maximum is not None and value > maximum):
            self.fail(f"must be a whole number {bounds}, not {value}")
        return value

    def choice(self, allowed: Iterable[str]) -> str:
        """A text that is one of `allowed`."""
        names, value = tuple(allowed), self.text()
        if value not in names:
            self.fail(f"is {value!r}; allowed: {', '.join(names)}")
        return value

    def currency(self) -> str:
        """A currency code."""
        value = self.text()
        if not self.origin.has_currency(value):
            self.fail(f"is {value!r}; use ISO 4217 letters")
        return value

    def boolean(self) -> bool:
        """True or false."""
        if not isinstance(self.node, yaml.ScalarNode) or self.node.tag != "tag:yaml.org,2002:bool":
            self.fail("must be true or false")
        return bool(self.node.value.lower() in {"true", "yes", "on"})

    def date(self) -> dt.date:
        """A calendar date as `YYYY-MM-DD`."""
        value = self.text()
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            self.fail(f"is {value!r}; a date is written YYYY-MM-DD")

    def tuple_of(self, read: Callable[["YamlValue"], T]) -> tuple[T, ...]:
        """The list's values, each read by `read`."""
        return tuple(read(item) for item in self.items())
