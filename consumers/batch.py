"""A batch: what was taken from the log between two commits, as parallel lists rather than message objects."""

from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["Batch"]


@dataclass(slots=True)
class Batch:
    """Messages of several partitions, in the order in which they came.

    Attributes:
        topics, partitions, offsets, values: parallel, one entry a message.
        starts: first offset to commit from, by (topic, partition); it may be below the first message's offset, because compaction
            and transactions leave gaps.
        ends: offset after the last message, by (topic, partition).
        bytes: size of all values.
    """

    topics: list[str] = field(default_factory=list)
    partitions: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    values: list[bytes | None] = field(default_factory=list)
    starts: dict[tuple[str, int], int] = field(default_factory=dict)
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    bytes: int = 0

    def __len__(self) -> int:
        return len(self.values)

    def position(self, index: int) -> str:
        """Where message `index` is in the log, `topic/partition/offset`."""
        return f"{self.topics[index]}/{self.partitions[index]}/{self.offsets[index]}"

    def indexes(self, topics: Sequence[str] | set[str]) -> list[int]:
        """Indexes of the messages of some topics."""
        return [index for index, topic in enumerate(self.topics) if topic in topics]
