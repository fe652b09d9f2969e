"""What Indian banks write beside a booking: the families of narrations in which a reference is embedded."""

from dataclasses import dataclass

__all__ = ["Transfer", "hdfc_payout", "icici", "sbi"]


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer as the narration tells it; `rail` is NEFT, RTGS, UPI or IMPS."""

    rail: str
    reference: str
    name: str
    note: str = ""
    outgoing: bool = False


def hdfc_payout(utr: str, merchant: str = "EXAMPLE RETAIL") -> str:
    """HDFC's text of an inbound NEFT of the gateway: `NEFT CR-<IFSC>-<name>-<beneficiary>-<UTR>`."""
    return f"NEFT CR-UTIB0000100-RAZORPAY SOFTWARE PRIVATE LIMITED-{merchant}-{utr}"


def icici(transfer: Transfer) -> str:
    """ICICI's text, the reference first except for UPI and IMPS, which have their own order."""
    note = transfer.note or "PAYMENT"
    match transfer.rail:
        case "UPI":
            handle = transfer.name.split()[0].lower()
            return f"UPI/{transfer.reference}/{note}/{handle}@okaxis/AXIS BANK"
        case "IMPS":
            return f"MMT/IMPS/{transfer.reference}/{note}/{transfer.name}/UTIB0000373"
        case _:
            return f"{transfer.rail}-{transfer.reference}-{transfer.name}-{note}"


def sbi(transfer: Transfer) -> str:
    """SBI's text: `BY TRANSFER-` of a credit or `TO TRANSFER-` of a debit, and the rail's own parts."""
    note = transfer.note or "PAYMENT"
    way = "TO" if transfer.outgoing else "BY"
    match transfer.rail:
        case "UPI":
            return f"{way} TRANSFER-UPI/{'DR' if transfer.outgoing else 'CR'}/{transfer.reference}/{transfer.name}/UTIB/{note}"
        case "IMPS":
            return f"{way} TRANSFER-IMPS/{transfer.reference}/{transfer.name}/{note}"
        case _:
            return f"{way} TRANSFER-{transfer.rail}*UTIB0000373*{transfer.reference}*{transfer.name}*{note}"
