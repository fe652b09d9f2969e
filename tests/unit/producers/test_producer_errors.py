"""Every error of producers says whether a retry helps and what an operator does."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import producers
from producers import errors
from producers.errors import DataError, FileFormatError, LifecycleError, ProducerError, RateLimitError, RecordError, TransientError

RETRYABLE = {"CursorConflictError", "PublishError", "RateLimitError", "TransientError"}


def _tree(root: type[ProducerError]) -> Iterator[type[ProducerError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)


SHIPPED = sorted((cls for cls in _tree(ProducerError) if cls.__module__ == errors.__name__), key=lambda cls: cls.__name__)


@pytest.mark.parametrize("cls", SHIPPED, ids=lambda cls: cls.__name__)
def test_each_class_has_its_own_fix_and_retryable(cls: type[ProducerError]) -> None:
    assert "fix" in vars(cls), f"{cls.__name__} inherits what an operator does"
    assert cls.fix.endswith(".")
    assert ". " not in cls.fix, "one sentence"
    assert cls.retryable is (cls.__name__ in RETRYABLE)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    assert errors.__doc__ is not None
    told = dict(line.replace("│", " ").strip(" ├└─").split()[:2] for line in errors.__doc__.splitlines() if "── " in line)
    assert told == {cls.__name__: "retryable" if cls.retryable else "terminal" for cls in SHIPPED if cls is not ProducerError}


def test_errors_of_connectors_keep_to_the_classes_of_the_kit() -> None:
    for module in pkgutil.walk_packages(producers.__path__, "producers."):
        if module.name.endswith(".errors"):
            importlib.import_module(module.name)
    for cls in _tree(ProducerError):
        assert cls.fix
        if cls.__module__.startswith("producers."):
            parents = [parent.__name__ for parent in cls.__mro__ if parent.__module__ == errors.__name__]
            assert len(parents) > 1 or cls in SHIPPED, f"{cls.__name__} belongs to no class of producers.errors"


def test_what_belongs_together() -> None:
    assert issubclass(RecordError, DataError)
    assert issubclass(FileFormatError, DataError)
    assert issubclass(RateLimitError, TransientError)
    assert not issubclass(LifecycleError, TransientError)
