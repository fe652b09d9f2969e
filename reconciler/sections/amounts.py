"""Amounts and rates that a rules file gives by currency."""

from collections.abc import Mapping

from reconciler.tolerance import ANY_CURRENCY, MILLION
from reconciler.yaml_nodes import YamlValue

__all__ = ["LARGEST_MINOR", "absolute_minor", "ppm_by_currency"]


LARGEST_MINOR = (1 << 63) - 1
"""Minor units that the canonical transaction can hold: 64 bits with a sign."""


def absolute_minor(value: YamlValue) -> Mapping[str, int]:
    """Minor units by currency, `*` for every other."""
    return _by_currency(value, maximum=LARGEST_MINOR)


def ppm_by_currency(value: YamlValue) -> int | Mapping[str, int]:
    """Parts per million: one number, or by currency, `*` for every other."""
    return value.integer(maximum=MILLION) if value.is_scalar else _by_currency(value, maximum=MILLION)


def _by_currency(value: YamlValue, *, maximum: int) -> Mapping[str, int]:
    entries = value.mapping()
    for currency, entry in entries.items():
        if currency != ANY_CURRENCY and not value.origin.has_currency(currency):
            entry.fail('is no currency; use ISO 4217 letters, or "*" for every other currency')
    return {currency: entry.integer(maximum=maximum) for currency, entry in entries.items()}
