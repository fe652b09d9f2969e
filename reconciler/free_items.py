"""The items of a book that nothing was decided about, and those among them that are kept back for a while."""

from collections.abc import Iterable, Mapping, Sequence

from reconciler.types import Item

__all__ = ["FreeItems"]


class FreeItems:
    """Free items of both sides, each in the order that they came in."""

    def __init__(self, sides: Mapping[str, Sequence[Item]]) -> None:
        self._sides = {name: {item.id: item for item in items} for name, items in sides.items()}
        self._reserved: list[Item] = []

    def of(self, side: str) -> list[Item]:
        """Free items of a side, without those that are kept back."""
        return list(self._sides[side].values())

    def among(self, items: Iterable[Item]) -> list[Item]:
        """Those of some items that are free."""
        return [item for item in items if item.id in self._sides[item.side]]

    def take(self, items: Iterable[Item]) -> None:
        """Make items no longer free.

        Raises:
            KeyError: one of them is not free.
        """
        for item in items:
            del self._sides[item.side][item.id]

    def reserve(self, items: Iterable[Item]) -> None:
        """Keep free items back until `release`."""
        listed = list(items)
        self.take(listed)
        self._reserved.extend(listed)

    def release(self) -> None:
        """Make the items that are kept back free again."""
        for item in self._reserved:
            self._sides[item.side][item.id] = item
        self._reserved.clear()
