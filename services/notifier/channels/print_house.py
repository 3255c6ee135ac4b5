"""The print house (印刷会社) and the warehouse: folders in which batches are laid, and receipts are found."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.notifier.postal.batch_files import BatchFile, receipt_name

_MOST_RECEIPT_BYTES = 8 * 1024 * 1024


class Differs(Exception):
    """A file of this name lies there already, and it is another: nobody but a person can tell why."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} lies in the folder with other contents")


@dataclass(frozen=True, slots=True)
class Folder:
    """Waits for a disk, so it is for threads; every method raises OSError while the folder is away."""

    path: Path

    def put(self, files: Sequence[BatchFile]) -> None:
        """In this order, each whole or not at all; what lies there already is left as it is.

        :raises Differs: if a name is taken by something else; nothing is written over.
        """
        missing = [file for file in files if not self._has(file)]
        for file in missing:
            self._write(file)

    def withdraw(self, files: Sequence[BatchFile]) -> bool:
        """Take away what was written of an unfinished batch; False if its manifest, the last, lies there."""
        if (self.path / files[-1].name).exists():
            return False
        for file in files:
            (self.path / file.name).unlink(missing_ok=True)
        return True

    def receipt(self, batch: str) -> bytes | None:
        """What the print house says of this batch, if it has said anything yet."""
        try:
            with (self.path / receipt_name(batch)).open("rb") as found:
                return found.read(_MOST_RECEIPT_BYTES)
        except FileNotFoundError:
            return None

    def _has(self, file: BatchFile) -> bool:
        try:
            with (self.path / file.name).open("rb") as found:
                there = hashlib.file_digest(found, "sha256").hexdigest()
        except FileNotFoundError:
            return False
        if there != file.sha256:
            raise Differs(file.name)
        return True

    def _write(self, file: BatchFile) -> None:
        part = self.path / f"{file.name}.part"
        with part.open("wb") as out:
            out.write(file.content)
            out.flush()
            os.fsync(out.fileno())
        part.rename(self.path / file.name)
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
