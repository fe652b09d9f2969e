"""The rules for Prometheus name metrics, labels and values that the code has, and each leads to a page that is there."""

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconduit.integrations.status import Status
from reconduit.webhooks.statistics import OUTCOMES

ROOT = Path(__file__).parents[3]
RULES: list[dict[str, Any]] = [
    rule
    for path in sorted((ROOT / "deploy/alerts").glob("*.yml"))
    for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
METRIC = re.compile(r"\b(recon_[a-z_]+)(?:\{([^}]*)\})?")
LABEL = re.compile(r'([a-z_]+)\s*(?:=~|!~|!=|=)\s*"([^"]*)"')
SUFFIXES = {"Counter": ("_total",), "CounterMetricFamily": ("_total",), "Histogram": ("_bucket", "_sum", "_count")}


def made_in(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Name and labels of each metric that a module makes."""
    for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match call:
            case ast.Call(func=ast.Name(kind), args=[ast.Constant(str(name)), *rest], keywords=words) if name.startswith("recon_"):
                given = [word.value for word in words if word.arg == "labels"] + rest[1:2]
                labels = set(ast.literal_eval(given[0])) if given else set()
                for suffix in SUFFIXES.get(kind, ("",)):
                    yield name.removesuffix(suffix) + suffix, labels


def exported() -> dict[str, set[str]]:
    """Labels by the name that a scrape shows; several modules may make one metric."""
    found: dict[str, set[str]] = {}
    for folder in ("api", "consumers", "producers", "reconduit"):
        for path in (ROOT / folder).rglob("metrics.py"):
            for name, labels in made_in(path):
                found.setdefault(name, set()).update(labels)
    return found


EXPORTED = exported()


def names(rules: list[dict[str, Any]]) -> list[str]:
    return [rule["alert"] for rule in rules]


@pytest.mark.parametrize("rule", RULES, ids=names(RULES))
def test_an_alert_is_about_what_is_exported(rule: dict[str, Any]) -> None:
    used = METRIC.findall(rule["expr"])
    assert used
    told: set[str] = set()
    for metric, selector in used:
        assert metric in EXPORTED, f"nobody exports {metric}"
        told |= EXPORTED[metric]
        wanted = LABEL.findall(selector)
        assert {label for label, _ in wanted} <= EXPORTED[metric]
        for label, values in wanted:
            known = {"outcome": set(OUTCOMES), "status": {one.value for one in Status} | {"2xx", "3xx"}}.get(label)
            assert known is None or set(values.split("|")) <= known
    grouped = re.findall(r"\b(?:by|on) \(([^)]*)\)", rule["expr"])
    assert {label.strip() for labels in grouped for label in labels.split(",")} <= told
    # What is added up without its labels is told of without them.
    shown = set(re.findall(r"\$labels\.([a-z_]+)", rule["annotations"]["summary"]))
    assert shown <= {label.strip() for label in (grouped or [""])[0].split(",")}


@pytest.mark.parametrize("rule", RULES, ids=names(RULES))
def test_an_alert_says_how_urgent_it_is_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket"}
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    assert anchor in {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_page_of_operations_lists_every_alert() -> None:
    assert sorted(names(RULES)) == sorted(re.findall(r"^\| `(Recon\w+)` \|", PAGE, re.MULTILINE))
    assert len(set(names(RULES))) == len(RULES)


def test_what_an_operator_must_hear_of_has_an_alert() -> None:
    watched = {metric for rule in RULES for metric, _ in METRIC.findall(rule["expr"])}
    assert watched >= {
        "recon_open_breaks",
        "recon_records",
        "recon_consumer_lag_records",
        "recon_source_complete_through_timestamp_seconds",
        "recon_provider_breaker_state",
        "recon_token_expiry_timestamp_seconds",
        "recon_authorisation_needed",
        "recon_quarantined_records_total",
        "recon_webhook_deliveries_total",
        "recon_webhook_oldest_waiting_seconds",
        "recon_supervisor_leases_held",
    }


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is not installed")
def test_alerts_fire_when_they_should() -> None:
    scenarios = Path(__file__).with_name("alerts.promtool.yml")
    ran = subprocess.run(["promtool", "test", "rules", str(scenarios)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
