"""Runs as a process of its own and unpacks one workbook: standard input is the file, standard output its rows as JSON lines.

The library that reads workbooks ends the whole process on some damaged files (a panic or a failed allocation in native code), so it
must not run inside of ours. Memory and time of this process are limited.

A line that is a text begins the sheet of that name; a line that is a list is a row: text as it is, `{"n": ...}` for a number in
decimal digits, `{"d": ...}` for a date. Imports nothing of ours, so that it starts fast.
"""

import datetime as dt
import json
import resource
import sys
from decimal import Decimal
from io import BytesIO
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

__all__ = ["main"]

_MAX_MEMORY = 3 << 30
_MAX_SECONDS = 120
_MAX_CELLS = 10_000_000
_MAX_CELL_CHARACTERS = 32_767
"""What a cell may hold in Excel."""
_UNREADABLE = 3


def main() -> int:
    """Exit status 0 when every visible sheet was written, 3 when the file is no workbook; the reason is on standard error."""
    resource.setrlimit(resource.RLIMIT_AS, (_MAX_MEMORY, _MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MAX_SECONDS, _MAX_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with CalamineWorkbook.from_filelike(BytesIO(sys.stdin.buffer.read())) as workbook:
            for sheet in workbook.sheets_metadata:
                if sheet.typ == SheetTypeEnum.WorkSheet and sheet.visible == SheetVisibleEnum.Visible:
                    print(json.dumps(sheet.name))
                    content = workbook.get_sheet_by_name(sheet.name)
                    if content.total_height * content.total_width > _MAX_CELLS:
                        raise ValueError(f"sheet {sheet.name!r}: more than {_MAX_CELLS} cells")  # noqa: TRY301 (told below)
                    for row in content.iter_rows():
                        print(json.dumps([_cell(cell) for cell in row]))
    except (CalamineError, ValueError) as error:
        print(error, file=sys.stderr)
        return _UNREADABLE
    return 0


def _cell(cell: Any) -> Any:
    if isinstance(cell, str):
        if len(cell) > _MAX_CELL_CHARACTERS:
            raise ValueError(f"a cell of {len(cell)} characters")
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, dt.datetime):
        return {"d": cell.date().isoformat()}
    if isinstance(cell, dt.date):
        return {"d": cell.isoformat()}
    if isinstance(cell, int | float):
        return {"n": _decimal(cell)}
    return str(cell)


def _decimal(number: float) -> str:
    """The shortest decimal that is this float, without an exponent."""
    exact = Decimal(repr(number))
    if not exact.is_finite():
        return repr(number)
    if exact == exact.to_integral_value():
        return str(int(exact))
    return format(exact, "f")


if __name__ == "__main__":
    sys.exit(main())
