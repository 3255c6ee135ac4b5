"""Running: the database of a local stack that runs right now, found by its data directory."""

from pathlib import Path

from deploy.local.folder import default_folder, demo_folder
from deploy.local.layout import DATABASE
from deploy.local.ports import LOOPBACK, listens
from deploy.local.postgres import SUPERUSER
from deploy.local.problem import Problem

PORT_LINE = 3
"""Of PostgreSQL's postmaster.pid, counted from 0."""


def running_dsn(folder: Path) -> str:
    """The address of the database that `hikitome demo` or `hikitome up` runs on this data directory.

    :raises Problem: if none runs there, or it is somebody else's.
    """
    postgres = folder / "postgres"
    try:
        port = int((postgres / "data" / "postmaster.pid").read_text().splitlines()[PORT_LINE])
        password = (postgres / "password").read_text()
    except (OSError, ValueError, IndexError):
        raise Problem(f"Nothing runs on {folder}.") from None
    if not listens(port):
        raise Problem(f"Nothing runs on {folder}.")
    return f"postgresql://{SUPERUSER}:{password}@{LOOPBACK}:{port}/{DATABASE}"


def any_running_dsn() -> str | None:
    """The same for the usual places: a demo first, then `up`; None where neither runs."""
    for folder in (demo_folder(), default_folder()):
        try:
            return running_dsn(folder)
        except Problem:
            continue
    return None
