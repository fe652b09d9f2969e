"""A batch: what was taken from the log between two commits, as parallel lists rather than message objects."""

import builtins
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

__all__ = ["Batch"]


@dataclass(slots=True)
class Batch:
    """Messages of several partitions, in the order in which they came.

    Attributes:
        topics, partitions, offsets, values: parallel, one entry a message.
        ends: offset after the last message, by (topic, partition).
        bytes: size of all values.
    """

    topics: list[str] = field(default_factory=list)
    partitions: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    values: list[bytes | None] = field(default_factory=list)
    ends: dict[tuple[str, int], int] = field(default_factory=dict)
    bytes: int = 0

    def __len__(self) -> int:
        return len(self.values)

    def add(
        self, topics: Sequence[str], partitions: Sequence[int], offsets: Sequence[int], values: Sequence[builtins.bytes | None]
    ) -> None:
        """Append messages; parallel sequences, each partition's offsets in order."""
        self.topics += topics
        self.partitions += partitions
        self.offsets += offsets
        self.values += values
        # The last message of a partition wins.
        last = dict(zip(zip(topics, partitions, strict=True), offsets, strict=True))
        self.ends.update({place: offset + 1 for place, offset in last.items()})
        self.bytes += sum(map(len, filter(None, values)))

    def position(self, index: int) -> str:
        """Where message `index` is in the log, `topic/partition/offset`."""
        return f"{self.topics[index]}/{self.partitions[index]}/{self.offsets[index]}"

    def indexes(self, topics: Collection[str]) -> list[int]:
        """Indexes of the messages of some topics."""
        return [index for index, topic in enumerate(self.topics) if topic in topics]

    def without(self, places: Collection[tuple[str, int]]) -> "Batch":
        """The batch without the messages of some partitions."""
        return self._only(
            [index for index, place in enumerate(zip(self.topics, self.partitions, strict=True)) if place not in places]
        )

    def halves(self) -> tuple["Batch", "Batch"]:
        """The first and the second half of the messages, each partition's in order."""
        middle = len(self) // 2
        return self._only(range(middle)), self._only(range(middle, len(self)))

    def _only(self, kept: Sequence[int]) -> "Batch":
        ends = {(self.topics[index], self.partitions[index]): self.offsets[index] + 1 for index in kept}
        return Batch(
            topics=[self.topics[index] for index in kept],
            partitions=[self.partitions[index] for index in kept],
            offsets=[self.offsets[index] for index in kept],
            values=[self.values[index] for index in kept],
            ends=ends,
            bytes=sum(len(self.values[index] or b"") for index in kept),
        )
