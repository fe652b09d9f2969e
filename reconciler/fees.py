"""Which differences are a question of fees. Amounts are minor units, rates parts per million."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.tolerance import MILLION, of_currency
from reconciler.types import Item

__all__ = ["FeeProfile", "FeeTerms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeTerms:
    """What one kind of payment may cost. An empty tuple takes every payment.

    Attributes:
        name: how reasons name the terms.
        sources: names of the sources whose payments cost this.
        channel: channels of these payments.
        transaction_type: types of these payments.
        absolute_minor: fixed part of each payment, by currency, `*` for the others.
        ppm: parts per million of the payment's amount, added to `absolute_minor`.
        tax_ppm: tax on the fee, parts per million of both parts together.
    """

    name: str
    sources: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    transaction_type: tuple[str, ...] = ()
    absolute_minor: Mapping[str, int] = field(default_factory=dict)
    ppm: int = 0
    tax_ppm: int = 0

    def apply_to(self, item: Item) -> bool:
        """Whether a payment costs this."""
        return (
            (not self.sources or item.source in self.sources)
            and (not self.channel or item.channel in self.channel)
            and (not self.transaction_type or item.transaction_type in self.transaction_type)
        )

    def fee_minor(self, item: Item) -> int:
        """The fee and its tax of one payment, each rounded down to whole minor units."""
        return _with_tax(of_currency(self.absolute_minor, item.currency) + item.amount_minor * self.ppm // MILLION, self.tax_ppm)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeProfile:
    """How far what was deducted may be from the fees that the items say, and still be a question of fees.

    Attributes:
        absolute_minor: once for all items, by currency, `*` for the others.
        ppm: parts per million of the gross amount; added to `absolute_minor`.
        tax_ppm: tax on the fee, parts per million of both parts together.
        terms: what single payments may cost besides; of those that apply to a payment the dearest counts.
    """

    absolute_minor: Mapping[str, int] = field(default_factory=dict)
    ppm: int = 0
    tax_ppm: int = 0
    terms: tuple[FeeTerms, ...] = ()

    def allowed_minor(self, gross_minor: int, currency: str) -> int:
        """Largest difference that the part for all items together explains."""
        return _with_tax(of_currency(self.absolute_minor, currency) + abs(gross_minor) * self.ppm // MILLION, self.tax_ppm)

    def explained_minor(self, items: Iterable[Item]) -> int:
        """Largest difference that fees on these payments of one currency explain, 0 for none."""
        listed = tuple(items)
        if not listed:
            return 0
        allowed = self.allowed_minor(sum(item.amount_minor for item in listed), listed[0].currency)
        return allowed + sum(terms.fee_minor(item) for item in listed if (terms := self._dearest(item)) is not None)

    def named(self, items: Iterable[Item]) -> str:
        """Names of the terms that `explained_minor` went by, with how many payments each took; `fees` without any."""
        counts: dict[str, int] = {}
        for item in items:
            terms = self._dearest(item)
            if terms is not None:
                counts[terms.name] = counts.get(terms.name, 0) + 1
        return ", ".join(f"{name} for {count}" for name, count in sorted(counts.items())) or "fees"

    def _dearest(self, item: Item) -> FeeTerms | None:
        return max(
            (terms for terms in self.terms if terms.apply_to(item)),
            key=lambda terms: (terms.fee_minor(item), terms.name),
            default=None,
        )


def _with_tax(fee_minor: int, tax_ppm: int) -> int:
    return fee_minor + fee_minor * tax_ppm // MILLION
