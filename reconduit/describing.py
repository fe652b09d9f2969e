"""What a reconciliation means, in plain words, for a person who wrote its file."""

from collections.abc import Iterable, Iterator, Mapping

from reconciler.calendar import WEEKDAYS
from reconciler.fees import FeeProfile
from reconciler.filters import Filter
from reconciler.fx import ForeignExchange
from reconciler.reconciliation import Groups, Learning, Reconciliation, Shape, Side
from reconciler.tolerance import ANY_CURRENCY, Allowance, Base, Tolerance
from reconciler.types import Stage
from schemas.currency_codes import CURRENCY_DECIMALS
from schemas.money import format_minor

__all__ = ["describe"]

_SHAPES = {
    Shape.KEYED: "records with the same {key} are the same payment",
    Shape.SETTLEMENT: "the net of a gateway's records with the same {key} is what the bank credits",
    Shape.STATEMENT: "lines of one account and currency, one side against the other",
}
_STAGES = {
    Stage.KEY: "equal keys",
    Stage.SETTLEMENT: "sums by settlement",
    Stage.REFERENCE: "equal references",
    Stage.TOLERANCE: "references inside texts, cut or mistyped, then words, then amount and date alone",
    Stage.PROBABILISTIC: "all evidence together, with weights learnt from the book",
}
_BASES = {Base.LARGER: "the larger", Base.SMALLER: "the smaller", Base.FIRST: "the first side's", Base.LAST: "the last side's"}


def describe(rules: Reconciliation) -> str:
    """A summary of one line and then, indented, one line for each thing that the rules say."""
    lines = [f"{rules.name} version {rules.version}, digest {rules.digest[:12]}"]
    lines.append(f"{rules.shape}: {_SHAPES[rules.shape].format(key=rules.key)}")
    lines += [_side(number, side) for number, side in enumerate(rules.sides)]
    lines += [f"tolerance: {text}" for text in _tolerance(rules.tolerance, with_days=rules.shape is Shape.STATEMENT)]
    if rules.shape is not Shape.STATEMENT and (rules.tolerance.days_before or rules.tolerance.days_after):
        lines.append(f"tolerance: `days` has no effect; the {rules.shape} shape goes by its key, whatever the dates")
    lines += [f"fees: {text}" for text in _fees(rules.fees)]
    lines += [f"fx: {text}" for text in ([] if rules.fx is None else _fx(rules.fx))]
    lines.append(f"calendar: {_calendar(rules)}")
    for number, one in enumerate(rules.passes, start=1):
        named = f" named {one.name!r}" if one.name else ""
        lines.append(f"stage {number}: {one.stage}{named}: {_STAGES.get(one.stage, one.stage)}")
        if one.tolerance is not None:
            lines += [f"stage {number} tolerance: {text}" for text in _tolerance(one.tolerance, with_days=True)]
    if rules.shape is Shape.STATEMENT:
        lines.append(f"groups: {_groups(rules.groups)}")
    if {Stage.TOLERANCE, Stage.PROBABILISTIC} & set(rules.stages):
        lines.append(f"confirmed without a person: {_budget(rules.learning)}")
    return "\n  ".join(lines)


def _side(number: int, side: Side) -> str:
    place = "left" if number == 0 else "right"
    sources = ", ".join(side.sources) or "no source (for files only)"
    chosen = "; ".join(_filter(side.filter))
    return f"{place} {side.name}: {sources}" + (f"; only {chosen}" if chosen else "")


def _filter(chosen: Filter) -> Iterator[str]:
    for name in ("account", "transaction_type", "channel", "currency", "text", "counterparty"):
        if values := getattr(chosen, name):
            yield f"{name} {' or '.join(values)}"
    if chosen.not_account:
        yield f"no account {' or '.join(chosen.not_account)}"
    if chosen.direction is not None:
        yield "money in" if chosen.direction > 0 else "money out"
    if chosen.least_minor is not None:
        yield f"from {chosen.least_minor} minor units"
    if chosen.most_minor is not None:
        yield f"up to {chosen.most_minor} minor units"
    if chosen.booked_from is not None:
        yield f"booked from {chosen.booked_from}"


def _tolerance(tolerance: Tolerance, *, with_days: bool) -> Iterator[str]:
    over, under = tolerance.allowances
    base = f" of {_BASES[tolerance.base]} amount"
    if over == under:
        yield f"amounts {_allowance(over, base)}"
    else:
        yield f"above the first side's amount {_allowance(over, base)}"
        yield f"below the first side's amount {_allowance(under, base)}"
    if with_days:
        kind = "business day" if tolerance.business is not None else "day"
        before, after = _count(tolerance.days_before, kind), _count(tolerance.days_after, kind)
        yield f"the right side up to {before} before and {after} after the left"


def _allowance(allowance: Allowance, base: str) -> str:
    parts = [f"up to {text}" for text in _amounts(allowance.absolute_minor)]
    rates = allowance.ppm if isinstance(allowance.ppm, Mapping) else {ANY_CURRENCY: allowance.ppm}
    parts += [f"up to {_percent(rate)}{base}{_where(currency)}" for currency, rate in rates.items() if rate]
    return f"may differ by {', '.join(parts)}" + (", whichever is more" if len(parts) > 1 else "") if parts else "must be equal"


def _amounts(absolute_minor: Mapping[str, int]) -> Iterator[str]:
    for currency, amount in absolute_minor.items():
        if amount and currency in CURRENCY_DECIMALS:
            yield f"{format_minor(amount, currency)} {currency}"
        elif amount:
            yield f"{amount} minor units of any other currency"


def _where(currency: str) -> str:
    return "" if currency == ANY_CURRENCY else f" in {currency}"


def _percent(ppm: int) -> str:
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + " %"


def _fees(fees: FeeProfile) -> Iterator[str]:
    if fees.absolute_minor or fees.ppm:
        yield f"a difference of {_fee(fees.absolute_minor, fees.ppm, fees.tax_ppm)} of all payments together is a fee variance"
    for terms in fees.terms:
        chosen = [*terms.sources, *terms.channel, *terms.transaction_type]
        for_whom = f" of {', '.join(chosen)}" if chosen else ""
        yield f"{terms.name}: {_fee(terms.absolute_minor, terms.ppm, terms.tax_ppm)} of each payment{for_whom} is a fee variance"


def _fee(absolute_minor: Mapping[str, int], ppm: int, tax_ppm: int) -> str:
    parts: Iterable[str] = [*_amounts(absolute_minor), *([_percent(ppm)] if ppm else [])]
    return " and ".join(parts) + (f" with {_percent(tax_ppm)} tax on it" if tax_ppm else "")


def _fx(fx: ForeignExchange) -> Iterator[str]:
    for currency, quotes in fx.rates.items():
        sources = ", ".join(sorted({quote.source for quote in quotes}))
        yield f"{currency} to {fx.base}: {_count(len(quotes), 'rate')} from {quotes[0].day} to {quotes[-1].day}, source {sources}"
    yield f"converted amounts may differ by {_percent(fx.tolerance_ppm)}; a rate may be {_count(fx.days, 'day')} old"


def _groups(groups: Groups) -> str:
    if not groups.enabled:
        return "none; one line matches one line"
    return f"up to {groups.most_members} lines may match together; a search ends after {groups.search_steps} partial sums"


def _budget(learning: Learning) -> str:
    suggested = f"suggested from a probability of {_percent(learning.suggest_ppm)}"
    return f"weak evidence with at most {learning.false_per_100k} false among 100,000 matches; the rest is {suggested}"


def _calendar(rules: Reconciliation) -> str:
    calendar = rules.calendar
    weekend = ", ".join(WEEKDAYS[day] for day in sorted(calendar.weekend)) or "no day of the week"
    due = f"a counterpart is due {_count(calendar.grace, 'business day')} later"
    return f"{weekend} and {_count(len(calendar.holidays), 'holiday')} off; {due}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
