"""A process that asks for an access token with many threads at once, for tests: waits for a line on stdin, prints what it got."""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import psycopg

from reconduit.authorisation import Authorisations
from reconduit.authorisation.journal import AnswerJournal, JournalSettings
from reconduit.errors import ReconduitError
from reconduit.log import configure_logging
from reconduit.vault import open_vault


def main() -> None:
    tenant, integration, threads, seconds = sys.argv[1:]
    configure_logging("ask-tokens", "DEBUG")
    dsn = os.environ["DATABASE_URL"]
    vault = open_vault(lambda: psycopg.connect(dsn))
    journal = AnswerJournal(JournalSettings().folder, vault.keys)
    keeper = Authorisations(dsn, vault, journal, exchange_seconds=float(seconds)).keeper(tenant, UUID(integration), "acme")

    def ask(_: int) -> str:
        try:
            return keeper.token().get_secret_value()
        except ReconduitError as error:
            return f"{type(error).__name__}: {error}"

    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(int(threads)) as pool:
        print(json.dumps(list(pool.map(ask, range(int(threads))))), flush=True)


if __name__ == "__main__":
    main()
