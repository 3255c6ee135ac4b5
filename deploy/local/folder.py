"""Data directories: the lasting one, and a demo's, which begins empty and leaves nothing."""

import os
import shutil
import tempfile
from pathlib import Path

from deploy.local.problem import Problem

# Written by a demo into its folder: only what carries it is ever emptied.
MARK = "made-by-hikitome-demo"


def default_folder() -> Path:
    """root's home is closed to the account that PostgreSQL runs as."""
    return Path("/var/lib/hikitome") if os.geteuid() == 0 else Path.home() / ".local/share/hikitome"


def demo_folder() -> Path:
    return Path(tempfile.gettempdir()).resolve() / f"hikitome-demo-{os.geteuid()}"


def own(folder: Path) -> None:
    """Make a folder that nobody else can look into; one that is there already stays as it is.

    As root it can be passed through, by the account that PostgreSQL runs as.
    """
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def claim_for_demo(folder: Path) -> None:
    """Make a folder, or take one that an earlier demo made.

    :raises Problem: if it holds anything else, or belongs to somebody else.
    """
    if folder.is_symlink() or (folder.exists() and folder.stat().st_uid != os.geteuid()):
        raise Problem(f"{folder} belongs to somebody else; choose another place with --data-dir.")
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise Problem(f"{folder} is not empty and not from an earlier demo; choose another --data-dir.")
    own(folder)
    (folder / MARK).touch()


def empty(folder: Path) -> None:
    """Begin anew in a claimed folder; the lock, which we hold, stays."""
    for path in folder.iterdir():
        if path.name not in (MARK, "lock"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
