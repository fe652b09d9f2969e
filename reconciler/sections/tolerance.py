"""The section `tolerance`, of the reconciliation or of one of its stages."""

from reconciler.calendar import BusinessCalendar
from reconciler.sections.amounts import absolute_minor, ppm_by_currency
from reconciler.tolerance import Allowance, Base, Tolerance
from reconciler.yaml_nodes import YamlValue

__all__ = ["read_tolerance"]

_BOTH_WAYS = ("absolute_minor", "ppm")
_ONE_WAY = ("over", "under")


def read_tolerance(value: YamlValue, calendar: BusinessCalendar) -> Tolerance:
    """The tolerance; its business days are those of `calendar`."""
    entries = value.mapping(("amount", "days"))
    amount = entries["amount"].mapping((*_BOTH_WAYS, "base", *_ONE_WAY)) if "amount" in entries else {}
    directed = [key for key in _ONE_WAY if key in amount]
    for key in _BOTH_WAYS:
        if directed and key in amount:
            amount[key].fail(f"contradicts `{directed[0]}`: it holds in both directions; write it inside `over` and `under`")
    over, under = (_allowance(amount[key]) if key in amount else Allowance() for key in _ONE_WAY)
    days = entries["days"].mapping(("before", "after", "business")) if "days" in entries else {}
    both_ways = _allowance(entries["amount"], {key: amount[key] for key in _BOTH_WAYS if key in amount}) if amount else Allowance()
    return Tolerance(
        absolute_minor=both_ways.absolute_minor,
        ppm=both_ways.ppm,
        base=Base(amount["base"].choice(Base)) if "base" in amount else Base.LARGER,
        over=over if directed else None,
        under=under if directed else None,
        days_before=days["before"].integer(maximum=366) if "before" in days else 0,
        days_after=days["after"].integer(maximum=366) if "after" in days else 0,
        business=calendar if "business" in days and days["business"].boolean() else None,
    )


def _allowance(value: YamlValue, entries: dict[str, YamlValue] | None = None) -> Allowance:
    given = value.mapping(_BOTH_WAYS) if entries is None else entries
    return Allowance(
        absolute_minor=absolute_minor(given["absolute_minor"]) if "absolute_minor" in given else {},
        ppm=ppm_by_currency(given["ppm"]) if "ppm" in given else 0,
    )
