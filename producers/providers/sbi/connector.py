"""SBI's statements through the EIS GEN6 gateway.

The gateway's envelope is implemented as integrations in public show it. What is inside is not public: the payload
template, the field map and the paging key are options (`producers.providers.sbi.options`), to be filled in from the
documents that the bank gives to its customers. Who has no such agreement uses the bank's MT940 or camt.053 files with
the SFTP drop source.
"""

import datetime as dt
from collections.abc import Mapping

from producers.kit.auth.rsa_keys import load_private_key, load_public_key
from producers.kit.contract import Connector
from producers.kit.http.quota import TokenBucket
from producers.kit.http.source_tls import source_tls
from producers.kit.http.transport import Transport
from producers.kit.paging import PageGuard, value_at
from producers.kit.reading.day_windows import IST, DayWindow
from producers.kit.reading.repeated_ids import RepeatedIds
from producers.kit.source_options import secret_texts, validated_options
from producers.kit.statements.statement_connector import StatementConnector
from producers.kit.statements.statement_poll import WindowContent
from producers.kit.statements.statement_rows import StatementRows
from producers.providers.sbi.gateway import Gateway
from producers.providers.sbi.mapping import BANK_CODE, fill_template, read_row, row_rules, rows_of
from producers.providers.sbi.options import SECRETS, SbiOptions
from reconduit.sources import SourceConfig

__all__ = ["SbiConnector", "build"]


class SbiConnector(StatementConnector):
    """Reads the statements of one or more accounts."""

    def __init__(self, config: SourceConfig, options: SbiOptions, secrets: Mapping[str, str]) -> None:
        self._options = options
        transport = Transport(
            config.base_url,
            quota=TokenBucket(options.requests_per_second),
            metrics_source=config.name,
            tls=source_tls(config),
        )
        self._gateway = Gateway(
            transport,
            options,
            load_private_key(secrets["private_key"], f"source {config.name}: secret private_key"),
            load_public_key(secrets["bank_public_key"], f"source {config.name}: secret bank_public_key"),
        )
        rules = row_rules(options)
        rows = StatementRows(
            config=config,
            bank_code=BANK_CODE,
            currency=options.currency,
            zone=IST,
            read=lambda row: read_row(row, options.fields, rules),
            path=options.gateway_path,
            way_out="correct the options fields, or ask the bank",
        )
        super().__init__(config, options, transport, rows)

    def read_window(self, account: str, window: DayWindow, ids: RepeatedIds, now: dt.datetime) -> WindowContent:
        """The pages of a window, each one by the key that the one before gave."""
        options, content = self._options, WindowContent()
        subject = f"{self.name}: statement of {account}"
        guard = PageGuard(subject, options.max_pages)
        page = ""
        while True:
            guard.visit(page)
            values = {
                "account": account,
                "first": window.first.strftime(options.payload_date_format),
                "last": window.last.strftime(options.payload_date_format),
                "page": page,
            }
            answer = self._gateway.call(fill_template(options.payload, values), now, subject)
            if answer is None:
                return content
            plain, inner = answer
            self.rows.keep(content, plain, enumerate(rows_of(inner, options.records_path)), account=account, ids=ids, now=now)
            following = value_at(inner, options.next_page_path) if options.next_page_path else None
            if following is None or str(following) == "":
                return content
            page = str(following)


def build(config: SourceConfig) -> Connector:
    """The connector of a source with `connector: sbi`.

    Raises:
        ConfigurationError: an option or a secret is missing or wrong; the message names it.
        SettingsError: a secret cannot be read.
    """
    return SbiConnector(config, validated_options(SbiOptions, config), secret_texts(config, SECRETS))
