"""Options of a REST source: its definition, in a file or in place."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from producers.errors import ConfigurationError
from producers.kit.source_options import validated_options
from producers.providers.rest.definition_file import Loaded, definition_of, read_definition
from reconduit.sources import SourceConfig

__all__ = ["RestOptions", "load_definition"]


class RestOptions(BaseModel):
    """`options:` of a source with `connector: rest`; exactly one of them is given.

    Attributes:
        definition: path of the definition's file.
        rest: the definition itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    definition: Path | None = None
    rest: dict[str, object] | None = None


def load_definition(config: SourceConfig) -> Loaded:
    """The definition that a source's options name.

    Raises:
        ConfigurationError: there is none, or something in it is wrong; the message names it.
    """
    options = validated_options(RestOptions, config)
    if options.definition is not None and options.rest is None:
        return read_definition(options.definition)
    if options.rest is not None and options.definition is None:
        return definition_of(options.rest, f"source {config.name}: options.rest")
    raise ConfigurationError(f"source {config.name}: options: either `definition`, a file, or `rest` itself is due")
