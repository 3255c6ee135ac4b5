"""The image: small rules that a change of the Dockerfile must keep."""

import re
import tomllib
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def dockerfile(root: Path) -> str:
    return (root / "deploy/Dockerfile").read_text("utf-8")


def pinned(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\]+)", path.read_text("utf-8"), re.MULTILINE))


def test_the_image_installs_only_what_the_lock_names_with_its_hash(dockerfile: str, root: Path) -> None:
    installs = [line for line in dockerfile.splitlines() if " install " in line and "pip" in line]
    assert len(installs) == 2
    assert "--require-hashes" in installs[0]
    assert "--no-deps" in installs[1]
    assert "--no-index" in installs[1]
    assert "--hash=sha256:" in (root / "requirements/image.txt").read_text("utf-8")


def test_the_image_has_the_versions_that_were_tested(root: Path) -> None:
    tested = pinned(root / "requirements/run.txt")
    assert pinned(root / "requirements/image.txt").items() <= tested.items()


def test_the_image_has_all_dependencies_but_the_local_stack(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    image = pinned(root / "requirements/image.txt")

    def names(requirements: list[str]) -> set[str]:
        return {re.split(r"[\[<>=; ]", text)[0] for text in requirements}

    assert names(project["dependencies"]) <= set(image)
    assert not names(project["optional-dependencies"]["local"]) & set(image)


def test_processes_run_as_an_ordinary_uid(dockerfile: str) -> None:
    assert re.findall(r"^USER (\d+):(\d+)$", dockerfile, re.MULTILINE) == [("10001", "10001")]


def test_the_image_asks_its_process_how_it_is(dockerfile: str) -> None:
    assert "HEALTHCHECK" in dockerfile
    assert "/healthz" in dockerfile


def test_everything_that_is_copied_is_in_the_build_context(dockerfile: str, root: Path) -> None:
    ignored = (root / ".dockerignore").read_text("utf-8").splitlines()
    sources = [
        source
        for line in re.findall(r"^COPY (?!--from)(.+)$", dockerfile, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert sources
    for source in sources:
        assert (root / source).exists(), source
        assert f"!{source}" in ignored or f"!{source}/**" in ignored, source
