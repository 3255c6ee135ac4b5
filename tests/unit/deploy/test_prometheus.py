"""Alert rules: they name metrics that exist, say what to do, and fire when they should."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.metrics import MetricWrapperBase

from shared.events import topics
from shared.process import metrics

FROM_PROMETHEUS = {"job", "instance", "le", "alertname", "alertstate"}
_METRIC = re.compile(r"\b(hikitome_[a-z_]+)(?:\{([^}]*)\})?")
_SELECTED = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)")
_GROUPED = re.compile(r"\bby \(([^)]*)\)")
_RECORDED = re.compile(r"\bhikitome:[a-z0-9_:]+")


@pytest.fixture(scope="module")
def exported() -> dict[str, set[str]]:
    """Every series name that our processes export, with its labels."""
    found: dict[str, set[str]] = {}
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            for family in metric.describe():
                suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
                for suffix in suffixes.get(family.type, [""]):
                    found[family.name + suffix] = set(metric._labelnames)
    return found


@pytest.fixture
def expressions(rules: list[dict[str, Any]], panels: list[dict[str, Any]]) -> list[str]:
    """Every query of the rules and of the board."""
    return [rule["expr"] for rule in rules] + [
        target["expr"] for panel in panels for target in panel["targets"]
    ]


def test_every_metric_that_is_asked_for_is_exported(
    expressions: list[str], exported: dict[str, set[str]]
) -> None:
    asked = {name for expression in expressions for name, _ in _METRIC.findall(expression)}
    assert asked
    assert asked <= set(exported)


def test_every_label_that_is_selected_exists(expressions: list[str], exported: dict[str, set[str]]) -> None:
    for expression in expressions:
        for name, selector in _METRIC.findall(expression):
            assert set(_SELECTED.findall(selector)) <= exported[name] | FROM_PROMETHEUS, expression


def test_every_label_that_is_grouped_by_exists(expressions: list[str], exported: dict[str, set[str]]) -> None:
    for expression in expressions:
        known = {label for name, _ in _METRIC.findall(expression) for label in exported[name]}
        grouped = {label.strip() for labels in _GROUPED.findall(expression) for label in labels.split(",")}
        assert grouped <= known | FROM_PROMETHEUS, expression


def test_every_recorded_series_that_is_asked_for_is_recorded(
    expressions: list[str], rules: list[dict[str, Any]]
) -> None:
    asked = {name for expression in expressions for name in _RECORDED.findall(expression)}
    assert asked == {rule["record"] for rule in rules if "record" in rule}


def test_the_edges_that_the_rules_ask_for_exist(expressions: list[str]) -> None:
    edges = {
        f"{name}_bucket": {str(edge) for edge in metric._upper_bounds}
        for metric in vars(metrics).values()
        if isinstance(metric, MetricWrapperBase) and hasattr(metric, "_upper_bounds")
        for name in [metric._name]
    }
    asked = [
        (name, edge)
        for expression in expressions
        for name, selector in _METRIC.findall(expression)
        for edge in re.findall(r'le="([^"]+)"', selector)
    ]
    assert asked
    assert all(edge in edges[name] for name, edge in asked)


def test_the_rule_about_partitions_knows_how_many_there_are(alerts: dict[str, dict[str, Any]]) -> None:
    followed = (topics.CUSTOMER_EVENTS, topics.CUSTOMER_CONTACTS, topics.CHURN_RISK, topics.RETENTION_ACTIONS)
    assert {topic.partitions for topic in followed} == {
        int(alerts["PartitionsUnowned"]["expr"].rsplit("!=", 1)[1])
    }


def test_every_alert_says_what_it_means_how_urgent_it_is_and_where_to_read_on(
    alerts: dict[str, dict[str, Any]], root: Path
) -> None:
    headings = re.findall(r"^### (\w+)$", (root / "deploy/README.md").read_text("utf-8"), re.MULTILINE)
    for name, alert in alerts.items():
        assert alert["labels"]["severity"] in {"page", "ticket"}, name
        assert set(alert["annotations"]) == {"summary", "description", "runbook"}, name
        assert alert["annotations"]["runbook"] == f"deploy/README.md#{name.lower()}", name
    assert sorted(alerts) == sorted(headings)


def test_every_alert_is_tested_both_firing_and_quiet(alerts: dict[str, dict[str, Any]], root: Path) -> None:
    cases = [
        case
        for file in (root / "deploy/prometheus/tests").glob("*.yml")
        for test in yaml.safe_load(file.read_text("utf-8"))["tests"]
        for case in test["promql_expr_test"]
    ]

    def tested(fires: bool) -> set[str]:
        return {
            re.findall(r'alertname="(\w+)"', case["expr"])[0]
            for case in cases
            if bool(case["exp_samples"]) is fires
        }

    assert tested(fires=True) == set(alerts)
    assert tested(fires=False) == set(alerts)


@pytest.fixture(scope="module")
def run_promtool(promtool: str, root: Path) -> Callable[..., None]:
    def run(*arguments: str) -> None:
        done = subprocess.run(
            [promtool, *arguments], cwd=root / "deploy/prometheus", capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return run


def test_promtool_accepts_the_configuration_and_its_rules(run_promtool: Callable[..., None]) -> None:
    run_promtool("check", "config", "prometheus.yml")


def test_every_alert_fires_when_it_should_and_only_then(
    run_promtool: Callable[..., None], root: Path
) -> None:
    files = sorted((root / "deploy/prometheus/tests").glob("*.yml"))
    run_promtool("test", "rules", *(f"tests/{file.name}" for file in files))


def test_prometheus_asks_each_service_at_its_admin_port(root: Path, compose: dict[str, Any]) -> None:
    config = yaml.safe_load((root / "deploy/prometheus/prometheus.yml").read_text("utf-8"))
    asked = {
        job["job_name"]: job["dns_sd_configs"][0]["port"]
        for job in config["scrape_configs"]
        if "dns_sd_configs" in job
    }
    served = {
        name: service["environment"]["HIKITOME_ADMIN_PORT"]
        for name, service in compose["services"].items()
        if "HIKITOME_ADMIN_PORT" in service.get("environment", {})
    }
    assert asked == served
