"""What a table lets one prove: running balances by currency, settlements that sum to zero, and rows whose own sums hold."""

from collections.abc import Iterator

from producers.formats.contract import Entry, EntryStatus, Finding, Totals
from producers.formats.csv_columns import CsvMapping
from producers.formats.running_balance import RunningBalance
from schemas.money import format_minor
from schemas.records import Direction, Proof

__all__ = ["TableProof"]

_SHOWN = 20


class TableProof:
    """Takes the rows of a table as they come by.

    Attributes:
        bad_rows: rows that could not be read; with one of them nothing can be proved that fails for want of it.
    """

    def __init__(self, mapping: CsvMapping, *, has_balance: bool) -> None:
        self.bad_rows = 0
        self._mapping = mapping
        self._has_balance = has_balance
        self._running: dict[str, RunningBalance] = {}
        self._settlements: dict[tuple[str, str, str], int] = {}
        self._paid: set[tuple[str, str, str]] = set()
        self._wrong_rows: list[tuple[int, str]] = []
        self._wrong = 0
        self._totals: list[Proof] = []

    def skip(self) -> None:
        """A row that could not be read."""
        self.bad_rows += 1
        for running in self._running.values():
            running.skip()

    def add(self, entry: Entry, stated_minor: int | None) -> None:
        """A row.

        Args:
            entry: as it was read.
            stated_minor: signed amount that another column states for it, `gross` or `net`; None without one.
        """
        signed = entry.amount_minor if entry.direction is Direction.CREDIT else -entry.amount_minor
        net = signed - (entry.fee_minor or 0)
        self._check(entry, signed if self._mapping.amounts == "net" else net, stated_minor)
        if entry.status is not EntryStatus.BOOKED:
            return
        if self._has_balance:
            self._running.setdefault(entry.currency, RunningBalance()).add(net, entry.balance_minor, entry.booking_date)
        if self._mapping.zero_sum != "never" and entry.settlement_id:
            key = (entry.account_id, entry.settlement_id, entry.currency)
            self._settlements[key] = self._settlements.get(key, 0) + net
            if entry.transaction_type in self._mapping.payout_types:
                self._paid.add(key)

    def declare(self, stated: tuple[int | None, int | None, int | None], computed: Totals, currency: str) -> str | None:
        """Hold stated credits, debits and signed sum against the entries so far; what does not hold, None when all does."""
        if stated == (None, None, None):
            return "the row of totals has no amount"
        credit, debit = computed.credit_minor or 0, computed.debit_minor or 0
        pairs = zip(("credits", "debits", "sum"), stated, (credit, debit, credit - debit), strict=True)
        wrong = [
            f"{name} {format_minor(one, currency)}, the rows make {format_minor(made, currency)}"
            for name, one, made in pairs
            if one is not None and one != made
        ]
        self._totals.append(Proof.FAILED if wrong else Proof.PROVED)
        return f"the file states {'; '.join(wrong)} {currency}" if wrong else None

    def _check(self, entry: Entry, expected: int, stated: int | None) -> None:
        # A column of gross amounts may be unsigned beside signed or paired columns.
        if stated is None or stated == expected or (self._mapping.amounts == "net" and abs(stated) == abs(expected)):
            return
        self._wrong += 1
        if len(self._wrong_rows) < _SHOWN:
            told, made = format_minor(stated, entry.currency), format_minor(expected, entry.currency)
            column = "gross" if self._mapping.amounts == "net" else "net"
            self._wrong_rows.append((entry.line, f"the {column} amount is {told}, amount and fee make {made} {entry.currency}"))

    def running(self, currency: str) -> RunningBalance:
        """The running balance of a currency; without rows when the table has none."""
        return self._running.get(currency, RunningBalance())

    def outcome(self) -> Proof:
        """FAILED when anything does not hold, PROVED when balances or settlements do."""
        settled = [self._settlements[key] for key in self._provable()]
        outcomes = [*self._totals, *(running.outcome() for running in self._running.values())]
        if settled:
            outcomes.append(Proof.FAILED if any(settled) else Proof.PROVED)
        if self._wrong or Proof.FAILED in outcomes:
            return Proof.FAILED
        unpaid = len(settled) < len(self._settlements)
        return Proof.PROVED if outcomes and set(outcomes) == {Proof.PROVED} and not unpaid else Proof.NOT_PROVABLE

    def findings(self, line: int) -> Iterator[Finding]:
        """What does not hold."""
        for currency, running in self._running.items():
            if running.outcome() is Proof.FAILED:
                message = f"the {currency} balance column does not follow from the amounts in {running.failures} rows"
                yield Finding(code="balance_mismatch", message=message, line=line, position=str(line))
        for key in self._provable():
            if self._settlements[key]:
                _, settlement, currency = key
                message = (
                    f"settlement {settlement}: its rows leave {format_minor(self._settlements[key], currency)} {currency} where"
                    f" they must sum to zero; {self.bad_rows} rows were unreadable"
                )
                yield Finding(code="settlement_mismatch", message=message, line=line, position=str(line))
        for at, message in self._wrong_rows:
            yield Finding(code="row_mismatch", message=message, line=at, position=str(at))
        if self._wrong > _SHOWN:
            message = f"and {self._wrong - _SHOWN} more rows whose amounts do not add up"
            yield Finding(code="row_mismatch", message=message, line=line, position=str(line))

    def _provable(self) -> list[tuple[str, str, str]]:
        always = self._mapping.zero_sum == "always"
        return [key for key in self._settlements if always or key in self._paid]
