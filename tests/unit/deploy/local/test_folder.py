"""A demo empties only what a demo made."""

from pathlib import Path

import pytest

from deploy.local.folder import claim_for_demo, empty
from deploy.local.problem import Problem


def test_a_new_folder_is_made(tmp_path: Path) -> None:
    claim_for_demo(tmp_path / "new")
    assert (tmp_path / "new").is_dir()


def test_somebody_elses_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(Problem, match="not empty and not from an earlier demo"):
        claim_for_demo(tmp_path)
    assert (tmp_path / "thesis.txt").exists()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(Problem, match="belongs to somebody else"):
        claim_for_demo(tmp_path / "link")


def test_an_earlier_demos_folder_begins_anew(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    claim_for_demo(folder)
    (folder / "postgres").mkdir()
    (folder / "postgres" / "PG_VERSION").touch()
    (folder / "lock").touch()
    claim_for_demo(folder)
    empty(folder)
    assert not (folder / "postgres").exists()
    assert (folder / "lock").exists()
