"""HDFC as a source: polls statement windows of its accounts, with an overlap for late postings.

Each poll reads the days since the last one, and `overlap_days` before it, again. What is published is remembered per booking day
in the cursor (`producers.kit.reading.overlap`), so an unchanged day publishes nothing and a late posting publishes its day again,
same ids; a line that the bank has corrected has its next revision.

Cursor: `{"accounts": {ACCOUNT: ...}}` with what `producers.kit.reading.read_progress` keeps of each.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from producers.kit.contract import BadRecord, Capabilities, Cursor, Page
from producers.kit.http.transport import RetryPolicy
from producers.kit.reading.day_windows import DayWindow, complete_through, local_day
from producers.kit.reading.overlap import PublishedDays
from producers.kit.reading.read_progress import ReadProgress
from producers.kit.reading.watermarks import watermark
from producers.kit.record_origin import RecordOrigin
from producers.providers.hdfc.options import HdfcOptions, load_options
from producers.providers.hdfc.statement_api import StatementApi, StatementPage, build_api
from producers.providers.hdfc.window import AccountWindow, read_window
from reconduit.sources import SourceConfig
from schemas.records import CanonicalStatement, CanonicalTransaction

__all__ = ["HdfcConnector", "build"]

_Record = CanonicalTransaction | BadRecord


class HdfcConnector:
    """Polls the accounts of one source. Holds no state between polls but its connections and token."""

    capabilities = Capabilities(incremental=True, revisions=True, statements=True, watermark=True)

    def __init__(self, config: SourceConfig, options: HdfcOptions, api: StatementApi) -> None:
        self._config = config
        self._options = options
        self._api = api
        self._zone = ZoneInfo(options.time_zone)

    def poll(self, cursor: Cursor, now: dt.datetime) -> Iterator[Page]:
        """New lines of every account, one page per window; then a page with the watermarks that moved.

        Raises:
            ProducerError: see `producers.errors`.
        """
        stored = cursor.get("accounts") or {}
        accounts = {name: ReadProgress.load(stored.get(name, {})) for name in self._options.account_ids}
        watermarks: list[CanonicalStatement] = []
        for account_id, account in accounts.items():
            declared: dt.datetime | None = None
            has_changed = False
            for window in self._windows(account, now):
                pages = list(self._api.pages(account_id, window))
                declared = _declared(pages)
                origin = RecordOrigin(self._config.name, self._config.tenant_id, account_id, None, now)
                content = read_window(pages, window, self._options, origin)
                fresh, statements, has_changed = _unpublished(
                    content, account.days, local_day(now, self._zone), has_changed=has_changed
                )
                account.read_through = window.last
                # Days that no later poll reads again need no memory.
                account.days.forget_before(window.last - dt.timedelta(days=self._options.overlap_days))
                if fresh or statements:
                    yield _with_cursor(_page(fresh, statements, pages, content.fetched), accounts)
            through = self._complete_through(declared, now)
            if through != account.complete_through:
                account.complete_through = through
                watermarks.append(watermark(self._config, through, now, account_id=account_id, currency=self._options.currency))
        if watermarks:
            yield _with_cursor(Page({}, statements=watermarks), accounts)

    def close(self) -> None:
        """Release the connections."""
        self._api.close()

    def _windows(self, account: ReadProgress, now: dt.datetime) -> Iterator[DayWindow]:
        """From the overlap before what was read until today; each day once, since the memory is by day."""
        today = local_day(now, self._zone)
        first = account.first_day(today, start_days=self._options.start_days, overlap_days=self._options.overlap_days)
        while first <= today:
            last = min(first + dt.timedelta(days=self._options.window_days - 1), today)
            yield DayWindow(first, last)
            first = last + dt.timedelta(days=1)

    def _complete_through(self, declared: dt.datetime | None, now: dt.datetime) -> dt.datetime:
        """What the bank declares, never later than this poll; without a declaration, closed days and a lag."""
        if declared is not None:
            return min(declared, now)
        return complete_through(local_day(now, self._zone), self._zone, self._options.complete_lag_days)


def _unpublished(
    content: AccountWindow, days: PublishedDays, today: dt.date, *, has_changed: bool
) -> tuple[list[_Record], list[CanonicalStatement], bool]:
    """What of a window is new, the statements of the days that it changes, and whether anything of the account has changed."""
    fresh: list[_Record] = []
    statements: list[CanonicalStatement] = []
    for day, records in sorted(content.days.items()):
        known = days.get(day)
        fresh += days.take(day, records, final=day < today)
        has_changed = has_changed or days.get(day) != known
        # A late posting moves the balances of every day behind it; an open day gets its statement when it is over.
        if has_changed and day < today and day in content.statements:
            statements.append(content.statements[day])
    return fresh, statements, has_changed


def _page(fresh: list[_Record], statements: list[CanonicalStatement], pages: list[StatementPage], fetched: int) -> Page:
    return Page(
        {},
        transactions=[record for record in fresh if isinstance(record, CanonicalTransaction)],
        statements=statements,
        bad=[record for record in fresh if isinstance(record, BadRecord)],
        raw=[page.raw for page in pages],
        fetched=fetched,
    )


def _declared(pages: list[StatementPage]) -> dt.datetime | None:
    """The earliest declaration of a window's pages; None when a page has none."""
    declared = [page.complete_through for page in pages if page.complete_through is not None]
    return min(declared) if len(declared) == len(pages) else None


def _with_cursor(page: Page, accounts: Mapping[str, ReadProgress]) -> Page:
    return replace(page, cursor={"accounts": {name: account.dump() for name, account in accounts.items()}})


def build(config: SourceConfig, *, retry: RetryPolicy | None = None) -> HdfcConnector:
    """The connector of a source with `connector: hdfc`.

    Args:
        config: the source; see `producers.providers.hdfc.options` for options and secrets.
        retry: how calls are repeated; the kit's policy when None.

    Raises:
        ConfigurationError: an option or key is wrong.
        SettingsError: a secret cannot be read.
    """
    options = load_options(config)
    return HdfcConnector(config, options, build_api(config, options, retry=retry))
