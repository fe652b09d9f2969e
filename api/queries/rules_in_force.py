"""The rules that a decision was made by, as the database keeps them, and what was learnt beside them."""

import functools

from psycopg import sql

from api.database import Database
from reconciler.explaining.explanation import RuleStamp
from reconciler.explaining.waiting import Marks
from reconciler.profiles import PairProfile
from reconciler.reconciliation import Reconciliation
from reconduit.errors import SettingsError
from reconduit.reconciliations import parse_rules

__all__ = ["learnt_profile", "rules_of", "watermarks"]


def rules_of(database: Database, name: str, version: int) -> tuple[RuleStamp, Reconciliation | None]:
    """One version of a reconciliation; None for rules that are not kept, or that this version of Reconduit cannot read."""
    rows = database.rows(
        sql.SQL("SELECT digest, text, attachments FROM rule_version WHERE name = %s AND version = %s"), [name, version]
    )
    if not rows:
        return RuleStamp(name, version, None), None
    row = rows[0]
    attachments = tuple(sorted(row["attachments"].items()))
    return RuleStamp(name, version, row["digest"]), _parsed(row["text"], f"{name}@{version}", attachments)


@functools.lru_cache(maxsize=64)
def _parsed(text: str, origin: str, attachments: tuple[tuple[str, str], ...]) -> Reconciliation | None:
    try:
        return parse_rules(text, origin, dict(attachments).__getitem__)
    except SettingsError:
        return None


def watermarks(database: Database) -> Marks:
    """How far every source is complete, by source and account."""
    rows = database.rows(sql.SQL("SELECT name, account_id, complete_through FROM source_watermark JOIN source USING (source_id)"))
    return {(row["name"], row["account_id"]): row["complete_through"] for row in rows}


def learnt_profile(database: Database, name: str, account: str, currency: str) -> PairProfile | None:
    """What the latest close learnt from the matches of a book; None when it learnt nothing."""
    rows = database.rows(
        sql.SQL(
            "SELECT profile FROM pair_profile WHERE reconciliation = %s AND account_id = %s AND currency = %s "
            "ORDER BY pair_profile_id DESC LIMIT 1"
        ),
        [name, account, currency],
    )
    return PairProfile.from_json(rows[0]["profile"]) if rows else None
