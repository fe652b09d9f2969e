"""One run of `reconduit explain`."""

import json as json_text
from pathlib import Path

from rich.console import Console

from api.database import Database
from api.queries.explain import explain
from reconciler.explaining.document import as_document
from reconciler.explaining.explanation import Explanation
from reconduit.errors import SettingsError
from reconduit.explaining.match_report import explain_from_report
from reconduit.explaining.text import print_explanation
from reconduit.settings import Settings

__all__ = ["run_explain"]


def run_explain(
    settings: Settings, identity: str, *, report: Path | None, files: tuple[str, str] | None, rules: Path | None, json: str | None
) -> int:
    """Explain one id.

    Args:
        settings: where the database is.
        identity: a record, match or break.
        report: what `reconduit match --json` wrote; None to ask the database.
        files: with a report: the files that it is about.
        rules: with files: the rules that the report was made with, None for the default ones.
        json: where to write the explanation as JSON, `-` for standard output (then nothing else is printed).

    Returns:
        0 when the record is matched, 1 when it is open or in quarantine.

    Raises:
        ReconduitError: nothing has this id, or an option cannot be used.
    """
    if report is None and (files is not None or rules is not None):
        raise SettingsError("files and --rules go with --report; without it the database is asked")
    if files is None and rules is not None:
        raise SettingsError("--rules goes with the two files of the report")
    found = _from_database(settings, identity) if report is None else explain_from_report(identity, report, files, rules)
    document = as_document(found)
    text = json_text.dumps(document, ensure_ascii=False, indent=2)
    if json == "-":
        print(text)
    else:
        if json is not None:
            _write(Path(json), text)
        print_explanation(Console(), document)
    return int(found.is_open)


def _from_database(settings: Settings, identity: str) -> Explanation:
    database = Database(settings.dsn(), connections=1).open()
    try:
        return explain(database, identity)
    finally:
        database.close()


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from error
