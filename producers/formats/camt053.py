"""camt.053 statements, and camt.052 reports and camt.054 notifications, which share their structure; all versions, streaming.

Elements are matched by local name, so versions, envelopes (AppHdr, SOAP) and several documents' worth of containers in one file
are all read. Entries are dropped from the tree as soon as they are read, so memory does not grow with the file.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from producers.errors import FileFormatError, RecordError
from producers.formats.camt_elements import LOCAL, Element, children, line_of
from producers.formats.camt_entry import read_entry
from producers.formats.camt_statement import StatementHead
from producers.formats.contract import BadEntry, Event, Finding, ParseOptions, StatementEnd, StatementStart, StatementType
from producers.formats.proof import RunningProof
from producers.formats.xml_guard import GuardedStream, refuse_doctype
from schemas.errors import AmountError

__all__ = ["parse", "recognise"]

_CONTAINERS = {
    "Stmt": ("BkToCstmrStmt", StatementType.STATEMENT),
    "Rpt": ("BkToCstmrAcctRpt", StatementType.REPORT),
    "Ntfctn": ("BkToCstmrDbtCdtNtfctn", StatementType.NOTIFICATION),
}
_HEAD = re.compile(rb"camt\.05[234]|<(?:[\w.-]+:)?BkToCstmr(?:Stmt|AcctRpt|DbtCdtNtfctn)")
_VERSION = re.compile(r"camt\.05[234](?:\.\d{3}\.\d{2})?")


def recognise(head: bytes) -> bool:
    """True when the first bytes of a file are XML that names a camt.052, .053 or .054 message."""
    plain = head.replace(b"\0", b"")
    return b"<" in plain[:64] and _HEAD.search(plain) is not None


def parse(stream: BinaryIO, options: ParseOptions = ParseOptions()) -> Iterator[Event]:  # noqa: B008 (frozen)
    """Events of a camt.052, .053 or .054 file.

    Raises:
        FileFormatError: no XML, cut short, with a DOCTYPE, too deep or with absurd text nodes, or without any Stmt, Rpt or Ntfctn.
    """
    reader = _Reader(options)
    try:
        # lxml before 6.1 resolved entities in iterparse by default (CVE-2026-41066), so nothing is left to defaults.
        events = etree.iterparse(
            GuardedStream(stream),
            events=("end",),
            tag=["{*}Ntry", *(f"{{*}}{name}" for name in _CONTAINERS)],
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        for _, element in events:
            yield from reader.element(element)
    except etree.XMLSyntaxError as error:
        raise FileFormatError(f"{error.msg}; the file is no complete XML document: have it sent again") from error
    if not reader.statements:
        raise FileFormatError(
            "no Stmt, Rpt or Ntfctn in the file: it is no camt.053, .052 or .054, or the bank sent an empty message"
        )


class _Reader:
    """Turns the end events of entries and containers into our events. `statements` counts the containers seen."""

    def __init__(self, options: ParseOptions) -> None:
        self.statements = 0
        self._options = options
        self._checked = False
        self._container: Element | None = None
        self._start: StatementStart | None = None
        self._head = StatementHead(None, None)
        self._proof = RunningProof()
        self._entries = 0

    def element(self, element: Element) -> Iterator[Event]:
        """The end of an entry or of a container."""
        if not self._checked:
            refuse_doctype(element)
            self._checked = True
        parent = element.getparent()
        if LOCAL[element.tag] == "Ntry":
            if parent is not None and LOCAL[parent.tag] in _CONTAINERS:
                yield from self._entry(element, parent)
        elif parent is not None and LOCAL[parent.tag].startswith(_CONTAINERS[LOCAL[element.tag]][0]):
            yield from self._end(element)

    def _open(self, container: Element) -> None:
        if self._container is not container:
            self._container = container
            self.statements += 1
            self._head = StatementHead(self._options.default_account, self._options.default_currency)
            self._proof = RunningProof()
            self._entries = 0
            self._start = None

    def _entry(self, element: Element, container: Element) -> Iterator[Event]:
        self._open(container)
        # Whatever stands before this entry is head, or an entry that is already cleared; neither is needed afterwards.
        while (before := container[0]) is not element:
            if LOCAL[before.tag] != "Ntry":
                self._head.absorb(before)
            container.remove(before)
        if not self._head.currency:
            # Notifications often leave Ccy out of Acct; then the account is taken to be in the currency of its first entry.
            amount = children(element).get("Amt")
            self._head.currency = (amount.get("Ccy") if amount is not None else None) or ""
        yield from self._begin(container)
        start = self._begun()
        self._entries += 1
        position = f"{self._path(container)}/Ntry[{self._entries}]"
        try:
            entry, problems = read_entry(element, self._entries, start.account_id, start.currency, position)
        except (RecordError, AmountError) as error:
            self._proof.bad_entries += 1
            reason = "amount" if isinstance(error, AmountError) else "malformed_entry"
            raw = etree.tostring(element, with_tail=False)
            yield BadEntry(index=self._entries, reason=reason, detail=str(error), line=line_of(element), position=position, raw=raw)
        else:
            self._proof.add(entry, start.currency)
            yield entry
            for code, message in problems:
                yield Finding(code=code, message=message, line=entry.line, position=position)
        element.clear()

    def _begin(self, container: Element) -> Iterator[Event]:
        if self._start is not None:
            return
        head = self._head
        version = _VERSION.search(container.tag)
        opening = head.opening
        self._start = StatementStart(
            index=self.statements,
            type=_CONTAINERS[LOCAL[container.tag]][1],
            account_id=head.account_id,
            currency=head.currency,
            statement_id=head.statement_id if head.page in {None, 1} else f"{head.statement_id}/{head.page}",
            sequence=head.number,
            page=head.page,
            opening=opening,
            version=version[0] if version else "",
            is_copy=head.is_copy,
            line=line_of(container),
            position=self._path(container),
        )
        yield self._start

    def _end(self, container: Element) -> Iterator[Event]:
        self._open(container)
        for child in container:
            if LOCAL[child.tag] != "Ntry":
                self._head.absorb(child)
        yield from self._begin(container)
        start, head = self._begun(), self._head
        opening, closing, declared = head.opening, head.closing, head.declared
        proof, problems = self._proof.conclude(opening, closing, declared, start.currency)
        for code, message in dict.fromkeys([*head.problems, *problems]):
            yield Finding(code=code, message=message, line=start.line, position=start.position)
        yield StatementEnd(
            start=start,
            opening=opening,
            closing=closing,
            declared=declared,
            computed=self._proof.totals(),
            bad_entries=self._proof.bad_entries,
            complete=head.is_last_page,
            proof=proof,
            line=start.line,
            position=start.position,
        )
        container.clear()
        while (before := container.getprevious()) is not None:
            parent = before.getparent()
            if parent is None:
                break
            parent.remove(before)
        self._container = None

    def _begun(self) -> StatementStart:
        if self._start is None:
            raise RuntimeError("a camt statement is used before it has begun")
        return self._start

    def _path(self, container: Element) -> str:
        return f"{LOCAL[container.tag]}[{self.statements}]"
