"""What several statements prove together: balances carried over, numbers without gaps, and nothing told twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from producers.formats.contract import Entry, Finding, StatementEnd, StatementType
from reconciler.balance_chain import ChainFault, ChainFaultKind, StatementLink, chain_faults
from schemas.errors import AmountError
from schemas.money import format_minor

__all__ = ["EntriesDigest", "SeenStatement", "continuity_findings"]


class EntriesDigest:
    """What the entries of one statement come to, in order; equal for the same entries under whatever statement id."""

    __slots__ = ("_hash",)

    def __init__(self) -> None:
        self._hash = sha256()

    def add(self, entry: Entry) -> None:
        """The next entry."""
        told = (
            entry.amount_minor,
            entry.currency,
            entry.direction.value,
            entry.status.value,
            entry.booking_date,
            entry.value_date,
            entry.bank_reference,
            entry.customer_reference,
            entry.end_to_end_id,
            entry.remittance,
        )
        self._hash.update(repr(told).encode("utf-8", "surrogatepass"))

    def value(self) -> str:
        """Hexadecimal digest of the entries so far."""
        return self._hash.hexdigest()


@dataclass(frozen=True, slots=True)
class SeenStatement:
    """A statement that was read to its end.

    Attributes:
        file: where it is from, for messages.
        entries: how many it has, booked or not.
        digest: of its entries.
    """

    file: str
    end: StatementEnd
    entries: int
    digest: str


def continuity_findings(statements: Sequence[SeenStatement]) -> Iterator[tuple[int, Finding]]:
    """Findings across statements, each with the index of the statement at which it shows.

    Only statements with both balances take part: reports and notifications repeat, listings have none.
    """
    links = {f"{index:09}": _link(index, seen) for index, seen in enumerate(statements) if _takes_part(seen)}
    for fault in chain_faults(links.values()):
        index, other = int(fault.at.name), statements[int(fault.other.name)]
        end = statements[index].end
        yield (
            index,
            Finding(code=fault.kind.value, message=_message(fault, other), line=end.start.line, position=end.start.position),
        )


def _takes_part(seen: SeenStatement) -> bool:
    end = seen.end
    return end.start.type is StatementType.STATEMENT and end.opening is not None and end.closing is not None


def _link(index: int, seen: SeenStatement) -> StatementLink:
    end = seen.end
    opening, closing = end.opening, end.closing
    assert opening is not None
    assert closing is not None
    return StatementLink(
        name=f"{index:09}",
        account=end.start.account_id,
        currency=end.start.currency,
        sequence=end.start.sequence,
        opening_minor=opening.amount_minor,
        closing_minor=closing.amount_minor,
        day=closing.date or opening.date,
        content=(opening.amount_minor, closing.amount_minor, closing.date, seen.digest),
        has_entries=seen.entries > 0,
    )


def _message(fault: ChainFault, other: SeenStatement) -> str:
    at, before = fault.at, fault.other
    named = f"{other.file}:{other.end.start.position}"
    if fault.kind is ChainFaultKind.BALANCE_GAP:
        opened, closed = _money(at.opening_minor, at.currency), _money(before.closing_minor, at.currency)
        difference = _money(at.opening_minor - before.closing_minor, at.currency)
        return (
            f"opens with {opened}, but the statement before it ({named}) closes with {closed} (difference {difference});"
            " a statement between them is missing"
        )
    if fault.kind is ChainFaultKind.SEQUENCE_GAP:
        return f"has number {at.sequence}, the statement before it ({named}) number {before.sequence}; the balances do carry over"
    return f"has the same balances and entries as {named}; it is the same statement again"


def _money(amount_minor: int, currency: str) -> str:
    try:
        return f"{format_minor(amount_minor, currency)} {currency}"
    except AmountError:
        return f"{amount_minor} minor units"
