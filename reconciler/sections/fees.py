"""The section `fees`."""

from typing import Any

from reconciler.fees import FeeProfile, FeeTerms
from reconciler.sections.amounts import absolute_minor
from reconciler.tolerance import MILLION
from reconciler.yaml_nodes import YamlValue

__all__ = ["read_fees"]

_RATES = ("absolute_minor", "ppm", "tax_ppm")
_PAYMENTS = ("sources", "channel", "transaction_type")


def read_fees(value: YamlValue) -> FeeProfile:
    """The fee profile."""
    entries = value.mapping((*_RATES, "profiles"))
    terms = entries["profiles"].tuple_of(_terms) if "profiles" in entries else ()
    if len({one.name for one in terms}) != len(terms):
        entries["profiles"].fail("has two profiles of the same name")
    return FeeProfile(**_rates(entries), terms=terms)


def _terms(value: YamlValue) -> FeeTerms:
    entries = value.mapping(("name", *_PAYMENTS, *_RATES))
    if not any(key in entries for key in ("absolute_minor", "ppm")):
        value.fail("needs `absolute_minor` or `ppm`; without them it would explain nothing")
    chosen: dict[str, Any] = {key: entries[key].tuple_of(YamlValue.text) for key in _PAYMENTS if key in entries}
    return FeeTerms(name=value.require(entries, "name").text(), **chosen, **_rates(entries))


def _rates(entries: dict[str, YamlValue]) -> dict[str, Any]:
    if "tax_ppm" in entries and not any(key in entries for key in ("absolute_minor", "ppm")):
        entries["tax_ppm"].fail("is a tax on the fee, and neither `absolute_minor` nor `ppm` says what the fee is")
    given: dict[str, Any] = {key: entries[key].integer(maximum=MILLION) for key in ("ppm", "tax_ppm") if key in entries}
    if "absolute_minor" in entries:
        given["absolute_minor"] = absolute_minor(entries["absolute_minor"])
    return given
