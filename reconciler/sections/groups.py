"""The section `groups`: how several items against one, or several, are looked for in a statement book."""

from reconciler.reconciliation import Groups, Shape
from reconciler.tolerance import MILLION
from reconciler.yaml_nodes import YamlValue

__all__ = ["read_groups"]

_BOUNDS = {"most_members": (3, 200), "search_steps": (16, 1_000_000), "fee_ppm": (0, MILLION // 2)}


def read_groups(value: YamlValue, shape: Shape) -> Groups:
    """Bounds of the search for groups; statement shape only."""
    if shape is not Shape.STATEMENT:
        value.fail(f"belongs to the statement shape; the {shape} shape groups by its key")
    entries = value.mapping(("enabled", *_BOUNDS, "days"))
    given = {key: entries[key].integer(minimum=least, maximum=most) for key, (least, most) in _BOUNDS.items() if key in entries}
    days = entries["days"].mapping(("before", "after")) if "days" in entries else {}
    given |= {f"days_{key}": entry.integer(maximum=366) for key, entry in days.items()}
    return Groups(enabled=entries["enabled"].boolean() if "enabled" in entries else True, **given)
