"""What the tests of the deployment read: the files that other people will run."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
_PROGRAMS = {"promtool", "nginx"}
_EXAMPLE_LINE = re.compile(r"^(#?)([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Told apart, so that a build server can't skip them unnoticed."""
    for item in items:
        if _PROGRAMS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.monitoring)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


@pytest.fixture(scope="session")
def rules() -> list[dict[str, Any]]:
    """Every recording and alert rule."""
    files = sorted((ROOT / "deploy/prometheus/rules").glob("*.yml"))
    groups = [group for file in files for group in yaml.safe_load(file.read_text("utf-8"))["groups"]]
    return [rule for group in groups for rule in group["rules"]]


@pytest.fixture(scope="session")
def alerts(rules: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules if "alert" in rule}


@pytest.fixture(scope="session")
def board() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "deploy/grafana/boards/hikitome.json").read_text("utf-8"))
    return loaded


@pytest.fixture(scope="session")
def panels(board: dict[str, Any]) -> list[dict[str, Any]]:
    """Every panel that shows something."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


@pytest.fixture(scope="session")
def example() -> dict[str, str]:
    """What .env.example sets, as compose would read it: one pair of single quotes falls away."""
    text = (ROOT / ".env.example").read_text("utf-8")
    return {name: value.strip("'") for off, name, value in _EXAMPLE_LINE.findall(text) if not off}


@pytest.fixture(scope="session")
def example_options() -> set[str]:
    """What .env.example shows commented out: it may be set, and has a default."""
    text = (ROOT / ".env.example").read_text("utf-8")
    return {name for off, name, _ in _EXAMPLE_LINE.findall(text) if off}


@pytest.fixture(scope="session")
def promtool() -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is missing; it comes with Prometheus (Debian: apt-get install prometheus)")
    return found


@pytest.fixture(scope="session")
def nginx() -> str:
    found = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
    if found is None:
        pytest.skip("nginx is missing (Debian: apt-get install nginx-light)")
    return found
