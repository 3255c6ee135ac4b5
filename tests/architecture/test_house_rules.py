"""House rules that no linter knows."""

import ast
import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("shared", "services", "simulation", "deploy", "benchmarks")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
BANNED_NAMES = ("util", "utils", "helper", "helpers", "common", "manager", "managers", "misc")
SQL_HOMES = (
    "shared/postgres/",
    "shared/kafka/attempt.py",
    "/store/",
    "deploy/local/",
    "deploy/commands/",
    "benchmarks/",
)
HTTP_IN_HOMES = (
    "app.py",
    "/routes/",
    "/web/",
    "shared/process/",
    "deploy/local/",
    "services/notifier/auth.py",
)
HTTP_OUT_HOMES = ("services/notifier/channels/", "simulation/", "deploy/")


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_each_module_says_in_one_sentence_what_it_is_and_stays_short(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source)), "a module opens with a sentence that says what it is"
    assert source.count("\n") <= 300


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_no_module_is_a_dumping_ground(path: Path) -> None:
    assert path.stem not in BANNED_NAMES


def found_outside(library: set[str], homes: tuple[str, ...]) -> list[str]:
    return [
        relative(path)
        for path in SOURCES
        if imported(path) & library and not any(home in relative(path) for home in homes)
    ]


def test_sql_lives_in_the_stores() -> None:
    assert found_outside({"sqlalchemy", "asyncpg"}, SQL_HOMES) == []


def test_http_comes_in_through_apps_and_routes() -> None:
    assert found_outside({"fastapi", "starlette", "uvicorn"}, HTTP_IN_HOMES) == []


def test_http_goes_out_through_channels() -> None:
    assert found_outside({"httpx"}, HTTP_OUT_HOMES) == []


def test_only_settings_read_the_environment() -> None:
    readers = [
        relative(path)
        for path in SOURCES
        if "os.environ" in path.read_text(encoding="utf-8") or "getenv" in path.read_text(encoding="utf-8")
    ]
    assert [
        path for path in readers if not path.endswith("settings.py") and not path.startswith("deploy/")
    ] == []


def test_every_module_can_be_imported_without_any_environment() -> None:
    names = [
        module.name
        for package in PACKAGES
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}.")
        if not module.name.endswith("__main__")
    ]
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    bare = {"PATH": os.environ["PATH"]}
    ended = subprocess.run(
        [sys.executable, "-c", program, *names],
        env=bare,
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert len(names) > 40


def test_the_console_script_exists() -> None:
    assert callable(importlib.import_module("deploy.cli").main)
