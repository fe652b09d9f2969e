"""Statement files as a bank's delivery leaves them on an SFTP server, with the accidents that such deliveries have.

Per account one file a day, written as `.part` and then renamed. Beside them, in each folder: one statement delivered after the
newer ones; one delivered again under another name; one upload that never ended (`.part`); one broken file (`camt` only).
"""

import datetime as dt
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from producers.sandbox.camt_writer import camt053
from producers.sandbox.model import World
from producers.sandbox.mt940_writer import mt940
from producers.sandbox.statements import DayStatement, daily_statements

__all__ = ["write_drops"]

_WRITERS: Mapping[str, tuple[Callable[[DayStatement], bytes], str]] = {"camt": (camt053, "xml"), "mt940": (mt940, "sta")}
_LATE_DAY = 8
_REDELIVERED_DAY = 4
_UNFINISHED_DAY = 10
_BROKEN_DAY = 6


def write_drops(world: World, folder: Path, as_of: dt.date, now: dt.datetime) -> list[Path]:
    """Deliver every statement visible at `now` into `folder/camt` and `folder/mt940`.

    Args:
        world: whose accounts are told.
        folder: what the SFTP server serves; made when it is not there.
        as_of: the first day after the world.
        now: the time of the delivery, aware UTC.

    Returns:
        The complete files in the order in which they were delivered; leftovers that never became a file are not among them.
    """
    delivered = []
    for bank, (write, suffix) in _WRITERS.items():
        target = folder / bank
        target.mkdir(parents=True, exist_ok=True)
        statements = daily_statements(world, bank, as_of, now)
        contents = [write(statement) for statement in statements]
        names = [f"{bank}_{statement.date:%Y%m%d}_{statement.number:03d}.{suffix}" for statement in statements]
        order = [number for number in range(len(names)) if number != _LATE_DAY] + [_LATE_DAY]
        delivered += [_deliver(target / names[number], contents[number]) for number in order]
        delivered.append(_deliver(target / f"resend_{names[_REDELIVERED_DAY]}", contents[_REDELIVERED_DAY]))
        if bank == "camt":
            broken = _without_entries(contents[_BROKEN_DAY])
            delivered.append(_deliver(target / f"broken_{names[_BROKEN_DAY]}", broken))
        unfinished = contents[_UNFINISHED_DAY]
        (target / f"again_{names[_UNFINISHED_DAY]}.part").write_bytes(unfinished[: len(unfinished) // 3])
    return delivered


def _deliver(path: Path, content: bytes) -> Path:
    """Write `.part`, make it durable, rename: nobody ever sees half a file under its final name."""
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
    return path


def _without_entries(content: bytes) -> bytes:
    """A document that ends in the middle of its first entry: malformed, and no entry in it is complete."""
    first = content.find(b"<Ntry>")
    return content[: first + len(b"<Ntry>") + 20] if first >= 0 else content[: len(content) // 2]
