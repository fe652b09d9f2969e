"""The command line. Each command is in a module of its own under `reconduit.commands`, imported when it is called."""

import sys

import typer

from reconduit.commands.api import api
from reconduit.commands.close import close
from reconduit.commands.consume import consume
from reconduit.commands.decide import decide
from reconduit.commands.demo import demo
from reconduit.commands.explain import explain
from reconduit.commands.inspect import inspect
from reconduit.commands.match import match
from reconduit.commands.migrate import migrate
from reconduit.commands.produce import produce
from reconduit.commands.recording import record, recording
from reconduit.commands.replay import replay
from reconduit.commands.rules import rules
from reconduit.commands.rules_diff import diff, list_stored
from reconduit.commands.sandbox import sandbox
from reconduit.commands.services import services
from reconduit.commands.source_actions import health, logs, outcome, status, sync, sync_due, test
from reconduit.commands.source_authorisation import oauth
from reconduit.commands.source_check import check
from reconduit.commands.sources import sources
from reconduit.commands.supervise import supervise
from reconduit.commands.vault import vault
from reconduit.commands.webhooks import webhooks
from reconduit.errors import ReconduitError

__all__ = ["app", "main"]

app = typer.Typer(
    name="reconduit",
    help="Streaming bank reconciliation: what matched, what did not, and why.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for command in (match, inspect, explain, demo, produce, supervise, consume, close, replay, api, migrate, sandbox, services):
    app.command()(command)
rules.command()(diff)
rules.command("list")(list_stored)
app.add_typer(rules)
app.add_typer(decide)
app.add_typer(vault)
app.add_typer(webhooks)
for action in (test, sync, outcome, status, logs, health, record, recording, check):
    sources.command()(action)
sources.command("sync-due")(sync_due)
sources.add_typer(oauth)
app.add_typer(sources)


def main() -> None:
    """Run the command line; an error of ours is one line on stderr and exit status 2."""
    try:
        app()
    except ReconduitError as error:
        print(f"reconduit: {error}", file=sys.stderr)
        sys.exit(2)
