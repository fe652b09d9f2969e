"""The result of `reconduit rules diff` and `rules list` for a person at a terminal, readable at 100 columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from consumers.backtest.versions import StoredVersion
from schemas.errors import AmountError
from schemas.money import format_minor

__all__ = ["print_diff", "print_versions"]


def print_diff(console: Console, document: Mapping[str, Any]) -> None:
    """What changes, with examples of each kind."""
    old, new, scope = document["old"], document["new"], document["scope"]
    since = f" booked since {scope['since']}" if scope["since"] else ""
    share = f", a sample of {scope['share']:.2%} of all groups" if scope["share"] not in (None, 1.0) else ""
    console.print(
        f"{old['name']} version {old['version']} against {new['name']} version {new['version']}, "
        f"over {scope['records']} records{since}{share}",
        highlight=False,
    )
    console.print(_matches(document["matches"]))
    if document["breaks"]:
        console.print(_breaks(document["breaks"]))
    for currency, amounts in document["open"].items():
        console.print(
            f"open: {money(amounts['before'], currency)} before, {money(amounts['after'], currency)} after", highlight=False
        )
    doubt = document["expected_false"]
    told = f"{doubt['before']:.2f} before, {doubt['after']:.2f} after"
    console.print(f"expected false matches among the automatic ones: {told}", highlight=False)
    for kind in ("gained", "lost", "changed"):
        for example in document["matches"][kind]["examples"]:
            console.print(escape(f"{kind}: {_told(example)}"), highlight=False)


def print_versions(console: Console, versions: Sequence[StoredVersion]) -> None:
    """Every stored version with the decisions that stand by it."""
    table = Table()
    for name in ("rules", "digest", "first seen (UTC)", "active", "matches", "breaks"):
        table.add_column(name, justify="right" if name in {"matches", "breaks"} else "left")
    for one in versions:
        table.add_row(
            f"{one.name}@{one.version}",
            one.digest[:12],
            f"{one.first_seen_at:%Y-%m-%d %H:%M}",
            "yes" if one.active else "",
            str(one.matches),
            str(one.breaks),
        )
    console.print(table)


def money(amount_minor: int, currency: str) -> str:
    """An amount with its decimals; as minor units where the currency is none of ISO 4217."""
    try:
        return f"{format_minor(amount_minor, currency)} {currency}"
    except AmountError:
        return f"{amount_minor} minor units {currency}"


def _matches(matches: Mapping[str, Any]) -> Table:
    table = Table(title="Matches")
    table.add_column("")
    table.add_column("count", justify="right")
    table.add_column("money")
    for name, counts in (("before", matches["before"]), ("after", matches["after"])):
        table.add_row(name, str(sum(counts.values())), f"{counts['auto']} automatic, {counts['suggested']} suggested")
    table.add_row("the same", str(matches["kept"]), "")
    for name in ("gained", "lost", "changed"):
        tally = matches[name]
        table.add_row(name, str(tally["count"]), ", ".join(money(amount, cur) for cur, amount in tally["money"].items()))
    return table


def _breaks(breaks: Mapping[str, Mapping[str, int]]) -> Table:
    table = Table(title="Breaks")
    for name in ("type", "before", "after", "only before", "only after"):
        table.add_column(name, justify="left" if name == "type" else "right")
    for kind, counts in breaks.items():
        table.add_row(kind, *(str(counts[name]) for name in ("before", "after", "only_before", "only_after")))
    return table


def _told(example: Mapping[str, Any]) -> str:
    amount = money(example["amount_minor"], example["currency"])
    before, after = (", ".join(example[name]) for name in ("before", "after"))
    if before and after and before != after:
        return f"{amount}: {before}; now {after}"
    return f"{amount}: {after or before} ({example['what']})"
