"""The lock of a data directory: one run at a time, and a killed one never blocks the next.

The lock is the system's (flock), so it ends with its owner however that dies; the file only says who it is.
"""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Self

from deploy.local.folder import own
from deploy.local.leftovers import end_all_left
from deploy.local.problem import Problem

Say = Callable[[str], None]


class Lock:
    """A context manager; `say` gets a line about whatever an earlier run left behind."""

    def __init__(self, folder: Path, say: Say) -> None:
        self._folder = folder
        self._say = say
        self._file: IO[str] | None = None

    def __enter__(self) -> Self:
        own(self._folder)
        file = (self._folder / "lock").open("a+")
        file.seek(0)
        owner = file.read().strip()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.close()
            raise Problem(
                f"Hikitome is already running in {self._folder} (process {owner or 'unknown'})."
                " Stop it, or choose another --data-dir."
            ) from error
        self._file = file
        self._write(str(os.getpid()))
        self._clean_up_after(owner)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._write("")
            self._file.close()
            self._file = None

    def _write(self, text: str) -> None:
        if self._file is not None:
            self._file.truncate(0)
            self._file.write(text)
            self._file.flush()

    def _clean_up_after(self, owner: str) -> None:
        ended = [child.name for child in end_all_left(self._folder)]
        if ended:
            self._say(f"An earlier run was killed; ended what it left running: {', '.join(ended)}.")
        elif owner:
            self._say(f"An earlier run (process {owner}) was killed; its lock is released.")
