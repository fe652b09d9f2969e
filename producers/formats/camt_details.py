"""Payments inside a camt entry: TxDtls and Btch, and the check of their sum and number against the entry."""

from collections.abc import Iterator

from producers.errors import RecordError
from producers.formats.camt_elements import DIRECTIONS, LOCAL, Children, Element, amount_of, children, path_text, text_of
from producers.formats.contract import Detail
from producers.formats.references import clean_reference
from schemas.errors import AmountError
from schemas.records import Direction

__all__ = ["Batch", "check_details", "read_details"]


class Batch:
    """What NtryDtls says of the batch as a whole, summed over all its blocks.

    Attributes:
        count: declared number of payments, None when not declared.
        reference: the initiator's id of the batch (PmtInfId, else MsgId).
    """

    __slots__ = ("count", "reference")

    def __init__(self) -> None:
        self.count: int | None = None
        self.reference: str | None = None

    def add(self, element: Element) -> None:
        """One Btch element."""
        found = children(element)
        count = path_text(found, "NbOfTxs")
        if count is not None and count.isascii() and count.isdigit():
            self.count = (self.count or 0) + int(count)
        self.reference = (
            self.reference or clean_reference(path_text(found, "PmtInfId")) or clean_reference(path_text(found, "MsgId"))
        )


def read_details(
    blocks: list[Element], currency: str, direction: Direction, problems: list[tuple[str, str]]
) -> tuple[tuple[Detail, ...], Batch]:
    """Details of all NtryDtls of an entry in `direction`.

    Args:
        blocks: the NtryDtls elements.
        currency: of the entry, for amounts without one.
        direction: of the entry; it says which party is the counterparty where a detail has no direction.
        problems: gets a (code, message) for each detail amount that cannot be read.
    """
    batch = Batch()
    details: list[Detail] = []
    for block in blocks:
        for child in block:
            name = LOCAL[child.tag]
            if name == "TxDtls":
                details.append(_read_detail(child, currency, direction, len(details) + 1, problems))
            elif name == "Btch":
                batch.add(child)
    return tuple(details), batch


def check_details(
    details: tuple[Detail, ...], batch: Batch, signed_minor: int, currency: str, direction: Direction
) -> Iterator[tuple[str, str]]:
    """What does not fit between an entry and its details, as (code, message).

    Only amounts in the entry's currency are compared; a detail may have its own direction, so the sum is signed.
    """
    if not details:
        return
    if batch.count is not None and batch.count != len(details):
        yield "detail_count_mismatch", f"the batch declares {batch.count} payments, {len(details)} are given"
        return
    total = 0
    for detail in details:
        if detail.amount_minor is None or detail.currency != currency:
            return
        total += detail.amount_minor if (detail.direction or direction) is Direction.CREDIT else -detail.amount_minor
    if total != signed_minor:
        yield "detail_sum_mismatch", f"details sum to {total} minor units of {currency}, the entry is {signed_minor}"


def _read_detail(
    element: Element, currency: str, entry_direction: Direction, number: int, problems: list[tuple[str, str]]
) -> Detail:
    found = children(element)
    direction = DIRECTIONS.get(path_text(found, "CdtDbtInd") or "")
    amount, amount_currency = _detail_amount(found, currency, number, problems)
    references = children(found["Refs"]) if "Refs" in found else {}
    is_credit = (direction or entry_direction) is Direction.CREDIT
    name, account, bank = _counterparty(found, is_credit=is_credit)
    text, creditor_reference = _remittance(found.get("RmtInf"))
    returned = children(found["RtrInf"]) if "RtrInf" in found else {}
    return Detail(
        amount_minor=amount,
        currency=amount_currency,
        direction=direction,
        end_to_end_id=clean_reference(path_text(references, "EndToEndId")) if references else None,
        payment_reference=creditor_reference
        or (
            clean_reference(path_text(references, "InstrId")) or clean_reference(path_text(references, "TxId"))
            if references
            else None
        ),
        bank_reference=clean_reference(path_text(references, "AcctSvcrRef")) if references else None,
        mandate_id=clean_reference(path_text(references, "MndtId")) if references else None,
        uetr=path_text(references, "UETR") if references else None,
        counterparty_name=name,
        counterparty_account=account,
        counterparty_bank=bank,
        remittance=text or path_text(found, "AddtlTxInf") or path_text(returned, "AddtlInf"),
        return_reason=path_text(returned, "Rsn", "Cd") or path_text(returned, "Rsn", "Prtry"),
    )


def _detail_amount(found: Children, currency: str, number: int, problems: list[tuple[str, str]]) -> tuple[int | None, str | None]:
    # InstdAmt and CntrValAmt are other amounts (before charges, before exchange): only TxAmt may stand in for Amt.
    element = found.get("Amt")
    if element is None and "AmtDtls" in found:
        transaction = children(found["AmtDtls"]).get("TxAmt")
        element = children(transaction).get("Amt") if transaction is not None else None
    if element is None:
        return None, None
    try:
        return amount_of(element, currency)
    except (AmountError, RecordError) as error:
        problems.append(("detail_amount", f"detail {number}: {error}"))
        return None, None


def _counterparty(found: Children, *, is_credit: bool) -> tuple[str | None, str | None, str | None]:
    name = account = bank = None
    role = "Dbtr" if is_credit else "Cdtr"
    if "RltdPties" in found:
        parties = children(found["RltdPties"])
        # From version 08 on a party is wrapped in Pty.
        for party in (role, "Ultmt" + role):
            if name is None and party in parties:
                name = (
                    path_text(parties, party, "Nm")
                    or path_text(parties, party, "Pty", "Nm")
                    or path_text(parties, party, "Agt", "FinInstnId", "Nm")
                )
        account_key = role + "Acct"
        if account_key in parties:
            account = path_text(parties, account_key, "Id", "IBAN") or path_text(parties, account_key, "Id", "Othr", "Id")
    if "RltdAgts" in found:
        agents = children(found["RltdAgts"])
        agent = role + "Agt"
        if agent in agents:
            bank = path_text(agents, agent, "FinInstnId", "BICFI") or path_text(agents, agent, "FinInstnId", "BIC")
    return name, account, bank


def _remittance(element: Element | None) -> tuple[str | None, str | None]:
    """Text of a payment, and the creditor's reference.

    The text is the unstructured lines, then what the structured ones say beside the first reference: further references, numbers
    of the documents that are paid, additional text.
    """
    if element is None:
        return None, None
    texts: list[str] = []
    structured: list[str] = []
    reference = None
    for child in element:
        name = LOCAL[child.tag]
        if name == "Ustrd":
            text = text_of(child)
            if text:
                texts.append(text)
        elif name == "Strd":
            found = clean_reference(path_text(children(child), "CdtrRefInf", "Ref"))
            if reference is None:
                reference = found
            elif found is not None:
                structured.append(found)
            structured += _documents(child)
    return "\n".join([*texts, *structured]) or None, reference


def _documents(element: Element) -> Iterator[str]:
    for child in element:
        name = LOCAL[child.tag]
        text = None
        if name == "RfrdDocInf":
            text = path_text(children(child), "Nb")
        elif name == "AddtlRmtInf":
            text = text_of(child)
        if text:
            yield text
