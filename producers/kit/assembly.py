"""A producer put together from the settings of its process: what publishes, remembers and keeps for one source."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial

from producers.kit.cursors import CursorStore
from producers.kit.files.object_store import FolderObjectStore, ObjectStore
from producers.kit.http.circuits import circuit_of
from producers.kit.publisher import Publisher
from producers.kit.topics import TopicSettings
from reconduit.settings import Settings
from reconduit.sources import SourceConfig
from schemas.wire import WireEncoder

__all__ = ["Outlets", "outlets_of"]


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where the pages of one source go."""

    publisher: Publisher
    cursors: CursorStore
    objects: ObjectStore


@contextmanager
def outlets_of(settings: Settings, config: SourceConfig, *, fencing_token: int | None = None) -> Iterator[Outlets]:
    """The outlets of a source, closed with the context; none of them connects before it is used.

    Args:
        settings: of this process.
        config: the source.
        fencing_token: of the lease under which it is polled; None where nobody else polls it.
    """
    publisher = Publisher(
        settings.kafka_bootstrap_servers,
        config,
        WireEncoder(settings.schema_registry_url),
        partitions=TopicSettings().partitions,
        mock=settings.kafka_mock,
    )
    cursors = CursorStore(settings.dsn(), config, fencing_token=fencing_token, circuit=partial(circuit_of, config.name))
    with ExitStack() as stack:
        for part in (publisher, cursors):
            stack.enter_context(closing(part))
        yield Outlets(publisher, cursors, FolderObjectStore(settings.objects))
