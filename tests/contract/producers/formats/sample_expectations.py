"""What the files beside third-party samples say that the samples hold: the amounts of their entries, as other parsers read them."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

__all__ = ["expected_amounts"]


class _PlainLoader(yaml.SafeLoader):
    """Python objects as the plain mappings and lists that they were written from; nothing is ever constructed."""


def _plain(loader: _PlainLoader, _suffix: str, node: yaml.Node) -> Iterator[Any]:
    # In two steps, because the objects refer to each other in circles.
    if isinstance(node, yaml.MappingNode):
        mapping: dict[Any, Any] = {}
        yield mapping
        mapping.update(loader.construct_mapping(node))
    elif isinstance(node, yaml.SequenceNode):
        items: list[Any] = []
        yield items
        items.extend(loader.construct_sequence(node))
    else:
        yield loader.construct_scalar(node)


_PlainLoader.add_multi_constructor("tag:yaml.org,2002:python/", _plain)


def expected_amounts(sample: Path) -> list[Decimal] | None:
    """Unsigned amounts of all entries, sorted, as the file beside `sample` has them; None where there is none.

    Amounts of `.json` (camt) are minor units, those of `.yml` (MT940) decimals. Signs are left out: the `.yml` files hold reversals
    with the wrong one, which the balances show.
    """
    told = sample.with_suffix(".json")
    if told.is_file() and sample.suffix == ".xml":
        entries = json.loads(told.read_text(encoding="utf-8")).get("getEntries")
        return None if entries is None else sorted(abs(Decimal(entry["getAmount"]["getAmount"])) for entry in entries)
    told = sample.with_suffix(".yml")
    if told.is_file():
        found = yaml.load(told.read_text(encoding="utf-8"), Loader=_PlainLoader)
        return sorted(_amounts(found)) if isinstance(found, dict) and "transactions" in found else None
    return None


def _amounts(found: dict[str, Any]) -> list[Decimal]:
    amounts = []
    for transaction in found["transactions"]:
        amount = transaction["data"].get("amount")
        # A message without any entry is kept as a transaction without an amount.
        if amount is not None:
            amounts.append(abs(Decimal(amount["amount"][0])))
    return amounts
