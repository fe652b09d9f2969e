"""The demo's report, as the command line's contract describes it (`schemas/json/demo.schema.json`)."""

from collections.abc import Mapping, Sequence
from typing import Any

from confluent_kafka import Consumer
from psycopg import Connection

from consumers.conservation import conservation_faults
from consumers.digest import decision_digests
from consumers.log_audit import log_faults
from deploy.demo.scoring import Decided, read_decisions, score
from reconduit.sources import SourceConfig
from schemas.records import DEFAULT_TENANT
from schemas.registry import SchemaIds

__all__ = ["Report", "build_report"]

Report = dict[str, Any]
"""`{seconds, sources, quarantine, reconciliations, conservation}`."""

_SOURCES = """
SELECT p.source, p.fetched, p.published,
       (SELECT count(*) FROM transaction t JOIN source s USING (source_id) WHERE s.name = p.source AND s.tenant_id = p.tenant_id),
       (SELECT count(*) FROM quarantine q WHERE q.source = p.source)
FROM source_progress p WHERE p.tenant_id = %s ORDER BY p.source
"""

_QUARANTINE = "SELECT source, stage, reason, count(*) FROM quarantine GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"

# Records on a side of a reconciliation are those that its decisions name; FAILED and VOID ones are not money.
_RECORDS = """
SELECT reconciliation, count(DISTINCT member), count(DISTINCT member) FILTER (WHERE matched),
       count(DISTINCT member) FILTER (WHERE matched AND NOT final)
FROM (SELECT reconciliation, unnest(members) AS member, true AS matched, final FROM match_view WHERE tenant_id = %(tenant)s
      UNION ALL
      SELECT reconciliation, unnest(members), false, final FROM break_view WHERE tenant_id = %(tenant)s) AS decided
GROUP BY reconciliation
"""


def build_report(
    connection: Connection[Any],
    lookup: Consumer,
    sources: Sequence[SourceConfig],
    ids: SchemaIds,
    truth: Mapping[str, Any],
    seconds: int,
) -> Report:
    """Everything the demo has to say after a complete round; rolls back its reads.

    Args:
        connection: to Postgres, after consumers and close pass have caught up.
        lookup: a Kafka consumer of no group's business, to count the log.
        sources: what was polled.
        ids: writers' schemas.
        truth: the sandbox's truth at the same moment.
        seconds: since the demo began.
    """
    faults = [*conservation_faults(connection), *log_faults(connection, lookup, sources, ids)]
    counts = connection.execute(_SOURCES, (DEFAULT_TENANT,)).fetchall()
    records = {name: rest for name, *rest in connection.execute(_RECORDS, {"tenant": DEFAULT_TENANT})}
    digests = decision_digests(connection, DEFAULT_TENANT)
    decided = read_decisions(connection, DEFAULT_TENANT)
    return {
        "seconds": seconds,
        "sources": {
            name: {"fetched": fetched, "published": published, "stored": stored, "quarantined": quarantined}
            for name, fetched, published, stored, quarantined in counts
        },
        "quarantine": [
            {"source": source, "stage": stage, "reason": reason, "count": count}
            for source, stage, reason, count in connection.execute(_QUARANTINE).fetchall()
        ],
        "reconciliations": {
            name: _reconciliation(name, decided[name], records[name], digests[name], truth) for name in sorted(decided)
        },
        "conservation": faults or "holds",
    }


def _reconciliation(name: str, decided: Decided, counts: Sequence[int], digest: str, truth: Mapping[str, Any]) -> dict[str, Any]:
    total, matched, provisional = counts
    breaks: dict[str, int] = {}
    for kind, _ in decided.breaks:
        breaks[kind] = breaks.get(kind, 0) + 1
    found = score(name, decided, truth)
    return {
        "records": total,
        "matched": matched,
        "provisional": provisional,
        "match_rate": round(matched / total, 6) if total else 1.0,
        "breaks": dict(sorted(breaks.items())),
        "digest": digest,
        "truth": {
            "precision": round(found.precision, 6),
            "recall": round(found.recall, 6),
            "exact": {"planted": found.exact_planted, "found": found.exact_found, "recall": round(found.exact_recall, 6)},
            "breaks": {kind: dict(tally) for kind, tally in found.breaks.items()},
            "false_breaks": found.false_breaks,
        },
    }
