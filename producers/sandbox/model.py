"""What the sandbox's world is made of: the same money as each institution would tell it, with the truth beside it.

`producers.sandbox.world` generates these from a seed; the provider modules in `producers.sandbox.providers` only turn them
into their provider's payloads. Everything has `visible_at`: what is later than the server's clock does not exist yet.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

__all__ = ["BankLine", "FeedRecord", "GatewayItem", "Settlement", "Truth", "TruthBreak", "TruthMatch", "World"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BankLine:
    """One booked line of a bank account. Amounts are minor units, never negative; times are UTC.

    Attributes:
        line_id: the bank's own id of the line, unique within the account unless `legal_twin_of_id` repeats it on purpose.
        reference: UTR, RRN or other reference of the payment, as it is inside `narration`; None when there is none.
        visible_at: when the bank's API or file first shows it (late postings are booked earlier than visible).
    """

    line_id: str
    account_id: str
    booked_at: dt.datetime
    value_date: dt.date
    amount_minor: int
    currency: str
    direction: str
    channel: str
    narration: str
    reference: str | None
    balance_after_minor: int
    counterparty_name: str
    visible_at: dt.datetime
    is_reversal: bool = False
    cheque_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayItem:
    """One row of Razorpay's settlement recon. Amounts are subunits.

    `credit = amount - fee` for payments, `debit = amount` for refunds; `tax` is inside `fee`.
    """

    entity_id: str
    type: str
    amount: int
    fee: int
    tax: int
    credit: int
    debit: int
    currency: str
    created_at: dt.datetime
    settled_at: dt.datetime | None
    settlement_id: str | None
    settlement_utr: str | None
    order_id: str | None
    order_receipt: str | None
    payment_id: str | None
    method: str | None
    visible_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """One payout of the gateway to the bank account."""

    settlement_id: str
    utr: str
    amount: int
    fees: int
    tax: int
    status: str
    created_at: dt.datetime
    visible_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRecord:
    """One record of a coordinated feed (core, gateway, mobile): already near the canonical form.

    `revision` rises when the feed corrects or settles an earlier state of the same `record_id`.

    Attributes:
        amount_text: what the feed says in place of the amount when the record is malformed on purpose; None otherwise.
    """

    record_id: str
    revision: int
    account_id: str
    reference: str
    amount_minor: int
    currency: str
    direction: str
    status: str
    channel: str
    transaction_type: str
    booked_at: dt.datetime
    value_date: dt.date
    description: str
    visible_at: dt.datetime
    counterparty_name: str = ""
    is_reversal: bool = False
    amount_text: str | None = None


@dataclass(frozen=True, slots=True)
class TruthMatch:
    """A group that a perfect reconciler matches. Each member is (source, canonical txn_id).

    `label` is a class, and after a colon what is special about the case: `exact` is decided on equal keys and equal amounts
    (`exact:late`, `exact:revised`, ...), `tolerance` needs amount, date and a damaged reference together, `twin` is an n:n
    group of records that nothing tells apart.
    """

    reconciliation: str
    label: str
    members: frozenset[tuple[str, str]]
    visible_at: dt.datetime


@dataclass(frozen=True, slots=True)
class TruthBreak:
    """A difference that was planted. `members` are the records that the break names, as (source, canonical txn_id)."""

    reconciliation: str
    type: str
    label: str
    members: frozenset[tuple[str, str]]
    visible_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Truth:
    """What a perfect reconciler would say of everything that is visible."""

    matches: Sequence[TruthMatch] = field(default_factory=tuple)
    breaks: Sequence[TruthBreak] = field(default_factory=tuple)


class World(Protocol):
    """The seeded world behind every provider of the sandbox. All sequences are sorted by (booked or created time, id)."""

    def bank_lines(self, bank: str, account_id: str, now: dt.datetime) -> Sequence[BankLine]:
        """Lines of one account of `hdfc`, `icici`, `sbi`, `camt` or `mt940` that are visible at `now`."""
        ...

    def accounts(self, bank: str) -> Sequence[str]:
        """Account numbers at one bank."""
        ...

    def opening_balance(self, bank: str, account_id: str) -> int:
        """Balance before the first line, minor units."""
        ...

    def gateway_items(self, now: dt.datetime) -> Sequence[GatewayItem]:
        """Razorpay's recon rows visible at `now`."""
        ...

    def settlements(self, now: dt.datetime) -> Sequence[Settlement]:
        """Razorpay's settlements visible at `now`."""
        ...

    def feed(self, name: str, now: dt.datetime) -> Sequence[FeedRecord]:
        """Records of the `core`, `gateway` or `mobile` feed visible at `now`, every revision of each."""
        ...

    def complete_through(self, now: dt.datetime) -> dt.datetime:
        """Every record booked before this time is visible at `now`: what a source may certify as its watermark."""
        ...

    def truth(self, now: dt.datetime) -> Truth:
        """What is right for everything visible at `now`."""
        ...
