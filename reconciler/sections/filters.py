"""The filter of a side."""

from reconciler.filters import Filter
from reconciler.sections.amounts import LARGEST_MINOR
from reconciler.yaml_nodes import YamlValue

__all__ = ["read_filter"]

_DIRECTIONS = {"credit": 1, "debit": -1}
_KEYS = (
    "account", "not_account", "transaction_type", "channel", "direction", "currency", "amount", "from", "text", "counterparty",
)  # fmt: skip


def read_filter(value: YamlValue, *, reads_words: bool) -> Filter:
    """Which records belong to the side; texts and names can be asked for only where whole books are read with them."""
    entries = value.mapping(_KEYS)
    for key in ("text", "counterparty"):
        if key in entries and not reads_words:
            entries[key].fail("belongs to the statement shape; groups tied by a key are decided without reading texts")

    def texts(key: str) -> tuple[str, ...]:
        return entries[key].tuple_of(YamlValue.text) if key in entries else ()

    amount = entries["amount"].mapping(("least_minor", "most_minor")) if "amount" in entries else {}
    least = amount["least_minor"].integer(maximum=LARGEST_MINOR) if "least_minor" in amount else None
    most = amount["most_minor"].integer(maximum=LARGEST_MINOR) if "most_minor" in amount else None
    if least is not None and most is not None and least > most:
        amount["least_minor"].fail(f"is above `most_minor`, so that no amount would do: {least} and {most}")
    return Filter(
        account=texts("account"),
        not_account=texts("not_account"),
        transaction_type=texts("transaction_type"),
        channel=texts("channel"),
        direction=_DIRECTIONS[entries["direction"].choice(_DIRECTIONS)] if "direction" in entries else None,
        currency=entries["currency"].tuple_of(YamlValue.currency) if "currency" in entries else (),
        least_minor=least,
        most_minor=most,
        booked_from=entries["from"].date() if "from" in entries else None,
        text=texts("text"),
        counterparty=texts("counterparty"),
    )
