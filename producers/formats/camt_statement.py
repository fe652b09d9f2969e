"""The head of a camt statement: account, numbers, balances and declared totals, collected while its elements stream by."""

from producers.errors import RecordError
from producers.formats.camt_elements import LOCAL, Element, amount_of, children, date_of, direction_of, path_text, text_of
from producers.formats.contract import Balance, Totals
from schemas.errors import AmountError
from schemas.money import parse_minor
from schemas.records import Direction

__all__ = ["StatementHead"]

_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD",)


class StatementHead:
    """Everything of a Stmt, Rpt or Ntfctn that is not an entry.

    Attributes:
        problems: (code, message) of what could not be read.
    """

    def __init__(self, default_account: str | None, default_currency: str | None) -> None:
        self.account_id = default_account or ""
        self.currency = default_currency or ""
        self.statement_id = ""
        self.sequence: int | None = None
        self.page: int | None = None
        self.is_last_page = True
        self.is_copy = False
        self.problems: list[tuple[str, str]] = []
        self._balances: dict[str, tuple[Balance, str]] = {}
        self._totals: Totals | None = None
        self._legal_sequence: int | None = None

    def absorb(self, element: Element) -> None:
        """One child of the statement, in whatever order it comes."""
        name = LOCAL[element.tag]
        if name == "Id":
            self.statement_id = text_of(element) or ""
        elif name == "ElctrncSeqNb":
            self.sequence = _integer(text_of(element))
        elif name == "LglSeqNb":
            self._legal_sequence = _integer(text_of(element))
        elif name == "StmtPgntn":
            found = children(element)
            self.page = _integer(path_text(found, "PgNb"))
            self.is_last_page = path_text(found, "LastPgInd") != "false"
        elif name == "CpyDplctInd":
            self.is_copy = True
        elif name == "Acct":
            found = children(element)
            self.account_id = path_text(found, "Id", "IBAN") or path_text(found, "Id", "Othr", "Id") or self.account_id
            self.currency = path_text(found, "Ccy") or self.currency
        elif name == "Bal":
            self._balance(element)
        elif name == "TxsSummry":
            self._totals = self._read_totals(element)

    @property
    def number(self) -> int | None:
        """The electronic sequence number, else the legal one."""
        return self.sequence if self.sequence is not None else self._legal_sequence

    @property
    def opening(self) -> Balance | None:
        """Booked opening balance: OPBD, else the previous closing PRCD."""
        return self._first(_OPENING)

    @property
    def closing(self) -> Balance | None:
        """Booked closing balance CLBD."""
        return self._first(_CLOSING)

    @property
    def declared(self) -> Totals | None:
        """TxsSummry, where the bank sends one."""
        return self._totals

    def _first(self, kinds: tuple[str, ...]) -> Balance | None:
        for kind in kinds:
            if kind in self._balances:
                balance, currency = self._balances[kind]
                if currency == self.currency:
                    return balance
                self.problems.append(("balance_currency", f"balance {kind} is in {currency}, the account in {self.currency}"))
                return None
        return None

    def _balance(self, element: Element) -> None:
        found = children(element)
        kind = path_text(found, "Tp", "CdOrPrtry", "Cd") or path_text(found, "Tp", "Cd") or ""
        if kind not in _OPENING + _CLOSING:
            return
        try:
            amount, currency = amount_of(found.get("Amt"), self.currency)
            direction = direction_of(found)
            date = date_of(found.get("Dt"))
        except (AmountError, RecordError, ValueError) as error:
            self.problems.append(("malformed_balance", f"balance {kind}: {error}"))
            return
        if not self.currency:
            self.currency = currency
        signed = amount if direction is Direction.CREDIT else -amount
        if kind in self._balances and self._balances[kind] != (Balance(signed, date), currency):
            self.problems.append(("repeated_balance", f"balance {kind} is there twice; the first one counts"))
            return
        self._balances[kind] = (Balance(signed, date), currency)

    def _read_totals(self, element: Element) -> Totals | None:
        found = children(element)
        counts, sums = {}, {}
        for name in ("TtlCdtNtries", "TtlDbtNtries", "TtlNtries"):
            counts[name] = _integer(path_text(found, name, "NbOfNtries"))
            text = path_text(found, name, "Sum")
            try:
                sums[name] = parse_minor(text, self.currency, group="") if text and self.currency else None
            except AmountError as error:
                self.problems.append(("malformed_totals", f"{name}: {error}"))
                sums[name] = None
        return Totals(
            entries=counts["TtlNtries"],
            credits=counts["TtlCdtNtries"],
            credit_minor=sums["TtlCdtNtries"],
            debits=counts["TtlDbtNtries"],
            debit_minor=sums["TtlDbtNtries"],
            sum_minor=sums["TtlNtries"],
        )


def _integer(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 18 else None
