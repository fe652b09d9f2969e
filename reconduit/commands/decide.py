"""`reconduit decide`: confirm a match, keep records apart, or take such a decision back."""

from typing import Annotated, Any

import typer

__all__ = ["decide"]

decide = typer.Typer(
    name="decide",
    help="Decisions of operators: they stand above the rules and survive every replay.",
    no_args_is_help=True,
)

_Members = Annotated[list[str], typer.Argument(metavar="SOURCE/TXN_ID...", help="Two records or more.")]
_Note = Annotated[str, typer.Option(help="Why; shown with the match.")]


@decide.command()
def confirm(reconciliation: str, members: _Members, note: _Note = "") -> None:
    """These records are the same money, whatever the rules say.

    Exit status 0: recorded, 2: refused; the message says why.
    """
    _record(kind="confirm", reconciliation=reconciliation, members=_names(members), note=note)


@decide.command()
def unmatch(reconciliation: str, members: _Members, note: _Note = "") -> None:
    """These records are not the same money, and are kept apart.

    Exit status 0: recorded, 2: refused; the message says why.
    """
    _record(kind="unmatch", reconciliation=reconciliation, members=_names(members), note=note)


@decide.command()
def revoke(number: int, note: _Note = "") -> None:
    """Take a decision back; GET /v1/decisions lists their numbers.

    Exit status 0: recorded, 2: refused; the message says why.
    """
    _record(kind="revoke", revokes=number, note=note)


def _names(members: list[str]) -> list[dict[str, str]]:
    found = []
    for member in members:
        source, slash, txn_id = member.partition("/")
        if not slash:
            raise typer.BadParameter(f"{member!r} is no SOURCE/TXN_ID")
        found.append({"source": source, "txn_id": txn_id})
    return found


def _record(**fields: Any) -> None:
    import getpass

    from pydantic import ValidationError

    from api.database import Database
    from api.operator_models import DecisionRequest
    from api.queries.recording import record_decision
    from reconduit.settings import load_settings
    from schemas.records import DEFAULT_TENANT

    try:
        request = DecisionRequest.model_validate(fields)
    except ValidationError as error:
        raise typer.BadParameter("; ".join(one["msg"] for one in error.errors(include_input=False))) from None
    database = Database(load_settings().dsn(), connections=1).open()
    try:
        with database.writing() as connection:
            recorded = record_decision(connection, request, tenant=DEFAULT_TENANT, actor=getpass.getuser())
    finally:
        database.close()
    typer.echo(f"decision {recorded.row['operator_decision_id']} is recorded; it takes effect with the close pass's next round")
