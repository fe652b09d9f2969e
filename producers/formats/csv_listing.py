"""A table → the events of one listing. Two passes over its rows, with flat memory: what the columns look like, then the rows."""

from collections.abc import Iterable, Iterator

from producers.formats.contract import BadEntry, Entry, Event, Finding, ParseOptions, StatementEnd, StatementStart
from producers.formats.csv_rows import RowReader
from producers.formats.csv_table import Table, body, layout_of, survey
from producers.formats.mappings import mapping_of
from producers.formats.proof import RunningProof

__all__ = ["listing"]


def listing(tables: Iterable[Table], options: ParseOptions, *, encoding: str = "utf-8") -> Iterator[Event]:
    """Events of a table: one LISTING with an entry per row.

    Args:
        tables: readings of one file, of which the one with the best header counts.
        options: `mapping` is a `CsvMapping` as a dictionary.
        encoding: of the bytes that go to quarantine.

    Raises:
        FileFormatError: no header row, or dates or amounts that are ambiguous.
        ContractChangeError: the header is not the one that the mapping pins.
        ConfigurationError: the mapping is wrong.
    """
    layout = layout_of(tables, mapping_of(options.mapping))
    dates, decimals, references = survey(layout)
    reader = RowReader(layout, options, dates=dates, decimals=decimals, settlement_references=references)
    proof = RunningProof()
    started: StatementStart | None = None
    held: Entry | BadEntry | None = None
    findings: list[Finding] = []
    index, last_line = 0, layout.header_row + 1
    for row in body(layout):
        last_line = row.line
        if row.is_total:
            if (finding := reader.declare(row, proof.totals())) is not None:
                findings.append(finding)
            continue
        if isinstance(held, Entry) and (more := reader.continues(row)):
            held = reader.wrap(held, more)
            continue
        if held is not None:
            yield held
        index += 1
        held = reader.read(row, index, encoding)
        if started is None:
            started = reader.start(row.line)
            yield started
        if isinstance(held, BadEntry):
            proof.bad_entries += 1
        else:
            proof.add(held, started.currency)
    if held is not None:
        yield held
    if started is None:
        started = reader.start(1)
        yield started
    yield from findings
    yield from reader.findings(last_line)
    yield _end(started, reader, proof, last_line)


def _end(start: StatementStart, reader: RowReader, proof: RunningProof, line: int) -> StatementEnd:
    running = reader.proof.running(start.currency)
    return StatementEnd(
        start=start,
        opening=running.opening,
        closing=running.closing,
        declared=None,
        computed=proof.totals(),
        bad_entries=proof.bad_entries,
        complete=True,
        proof=reader.proof.outcome(),
        line=line,
        position=str(line),
    )
