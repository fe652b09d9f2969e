"""The company's bank accounts: who keeps them, in which currency, and how they opened."""

from dataclasses import dataclass

__all__ = ["ACCOUNTS", "CORE_ACCOUNT", "GATEWAY_ACCOUNT", "MOBILE_ACCOUNT", "RAZORPAY_ACCOUNT", "BankAccount", "account_of"]

CORE_ACCOUNT = "core-payments"
GATEWAY_ACCOUNT = "gateway-main"
MOBILE_ACCOUNT = "mobile-main"
RAZORPAY_ACCOUNT = "razorpay-main"
"""The account id that the demo's Razorpay source is configured with; Razorpay itself has none in its rows."""


@dataclass(frozen=True, slots=True)
class BankAccount:
    """One account. `opening_minor` is high enough that no planted debit overdraws it."""

    bank: str
    account_id: str
    currency: str
    opening_minor: int


ACCOUNTS = (
    BankAccount("hdfc", "50200012345678", "INR", 250_000_000),
    BankAccount("icici", "000405001234", "INR", 9_000_000_000),
    BankAccount("sbi", "00000031234567890", "INR", 6_000_000_000),
    BankAccount("camt", "DE89370400440532013000", "EUR", 4_000_000_000),
    BankAccount("mt940", "GB29NWBK60161331926819", "GBP", 4_000_000_000),
)
"""One account at each bank. The IBANs are the published examples of the German and British formats."""


def account_of(bank: str) -> BankAccount:
    """The account at a bank.

    Raises:
        KeyError: the sandbox has no such bank.
    """
    for account in ACCOUNTS:
        if account.bank == bank:
            return account
    raise KeyError(bank)
