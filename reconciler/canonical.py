"""What a rules file says, without how it is written: comments, key order, quotes, line ends and layout do not count."""

import hashlib
import json
from typing import Any

import yaml

from reconciler.fx import ForeignExchange

__all__ = ["rules_digest"]


def rules_digest(node: yaml.Node, fx: ForeignExchange | None) -> str:
    """sha256 (hex) of the file's content and of the rates that it names.

    Args:
        node: the document, already read as a reconciliation.
        fx: its exchange rates, wherever they were read from; None when it has none.
    """
    rates = [] if fx is None else [[currency, str(quote.day), quote.text, quote.source] for currency in sorted(fx.rates)
                                   for quote in fx.rates[currency]]  # fmt: skip
    content = json.dumps([_plain(node), rates], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


def _plain(node: yaml.Node) -> Any:
    """Mappings by key, lists in order, scalars with their type, so that the text "1" and the number 1 differ."""
    if isinstance(node, yaml.MappingNode):
        return {"mapping": sorted((key.value, _plain(value)) for key, value in node.value)}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child) for child in node.value]
    return [node.tag.rpartition(":")[2], node.value]
