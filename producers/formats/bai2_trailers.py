"""The trailers of BAI2: account (49), group (98) and file (99), each with a control total and counts."""

from producers.errors import RecordError
from producers.formats.bai2_records import Record
from producers.formats.bai2_summary import signed_amount

__all__ = ["Level", "check_trailer"]


class Level:
    """What a trailer (49, 98 or 99) is held against.

    Attributes:
        open: its header was read, its trailer was not.
        total: sum of the amounts as written, or of the trailers inside.
        children: how many accounts or groups it has.
        records: how many records, continuations and its own header and trailer included.
        line: of its header.
    """

    __slots__ = ("children", "line", "open", "records", "total")

    def __init__(self) -> None:
        self.open = False
        self.total = 0
        self.children = 0
        self.records = 0
        self.line = 0

    def begin(self, record: Record) -> None:
        """Its header."""
        self.open, self.total, self.children, self.records, self.line = True, 0, 0, record.records, record.line


def check_trailer(level: Level, record: Record, parent: Level | None, name: str) -> list[tuple[str, str]]:
    """Close a level by its trailer and add it to its parent; a (code, message) for each thing that does not hold.

    Args:
        level: what the trailer closes.
        record: the trailer.
        parent: what the level is part of, None for the file.
        name: of the trailer in messages.
    """
    if not level.open:
        return [("unexpected_trailer", f"line {record.line}: {name} ends, but none is open")]
    level.open = False
    fields = [part.strip() for part in record.text.split(",")][1:]
    while fields and not fields[-1]:
        fields.pop()
    if parent is not None:
        parent.records += level.records
        parent.children += 1
    try:
        total, counts = signed_amount(fields[0] if fields else ""), [signed_amount(part) for part in fields[1:3]]
    except RecordError as error:
        return [("malformed_trailer", f"line {record.line}: {name}: {error}")]
    if parent is not None:
        parent.total += total
    problems = []
    if total != level.total:
        problems.append(("control_total", f"line {record.line}: {name} declares {total}, its records make {level.total}"))
    expected = [level.records] if record.code == "49" else [level.children, level.records]
    # ASB of New Zealand leaves one of the two counts of its groups out.
    lenient = record.code == "98" and len(counts) == 1 and counts[0] in expected
    if counts != expected and not lenient:
        problems.append(("record_count", f"line {record.line}: {name} declares counts {counts}, there are {expected}"))
    return problems
