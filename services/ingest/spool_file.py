"""The spool's file: an SQLite database of one process, in which records wait in the order they came."""

import errno
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from shared.events.record import Record

_OURS = 0x48694B69
"""The file's application id, so that nobody else's database is taken for a spool."""
_VERSION = 1
_HEADROOM = 32 * 1024 * 1024
"""Bytes of the disk that we leave free: removing needs room too, for SQLite writes down what it removes."""
_WORTH_SHRINKING = 4 * 1024 * 1024

_TABLES = """
CREATE TABLE waiting (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    spooled_at REAL NOT NULL,
    topic TEXT NOT NULL,
    key BLOB,
    value BLOB
);
CREATE TABLE set_aside AS SELECT * FROM waiting;
"""
_AGAIN = """
INSERT INTO waiting SELECT sequence, strftime('%s', 'now'), topic, key, value FROM set_aside
"""
_CONTENTS = """
SELECT count(*), ifnull(sum(length(topic) + ifnull(length(key), 0) + ifnull(length(value), 0)), 0)
FROM waiting
"""


class SpoolUnusable(Exception):
    """The file can't be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record with its place in the queue."""

    sequence: int
    record: Record


@dataclass(frozen=True, slots=True)
class Contents:
    """`since` is the Unix time at which the oldest came; None where nothing waits."""

    records: int
    bytes: int
    since: float | None


def size(record: Record) -> int:
    """Bytes of a record's own; the file takes up to twice as many."""
    return len(record.topic) + len(record.key or b"") + len(record.value or b"")


class SpoolFile:
    """Owns the file and its lock; where the disk refuses, all but `open` raise sqlite3.Error or OSError."""

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self._folder = path.parent
        self._database = database

    @classmethod
    def open(cls, path: Path) -> Self:
        """Take the file, made where there is none; what was set aside waits again, before all else.

        :raises SpoolUnusable: if it is another process's, damaged, no spool or on a disk that refuses.
        """
        try:
            _create(path)
            # The connection is used by one thread at a time, but not by the one that opens it.
            database = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        except (sqlite3.Error, OSError) as error:
            raise SpoolUnusable(f"{path} can't be opened for writing ({error})") from None
        try:
            _prepare(database)
        except (sqlite3.Error, SpoolUnusable) as error:
            database.close()
            raise _explained(path, error) from None
        return cls(path, database)

    def append(self, records: Sequence[Record], at: float) -> None:
        """All of them are synced to the disk when this returns, or none."""
        self._need_room(2 * sum(map(size, records)))
        rows = [(at, record.topic, record.key, record.value) for record in records]
        with self._transaction():
            self._database.executemany(
                "INSERT INTO waiting (spooled_at, topic, key, value) VALUES (?, ?, ?, ?)", rows
            )

    def oldest(self, most_records: int, most_bytes: int) -> list[Waiting]:
        """From the front of the queue, in order: at least one record if any waits."""
        found: list[Waiting] = []
        total = 0
        rows = self._database.execute(
            "SELECT sequence, topic, key, value FROM waiting ORDER BY sequence LIMIT ?", (most_records,)
        )
        for sequence, topic, key, value in rows:
            record = Record(topic, key, value)
            total += size(record)
            if found and total > most_bytes:
                break
            found.append(Waiting(sequence, record))
        rows.close()  # an open reading would keep the write-ahead log from being emptied
        return found

    def remove(self, through: int) -> None:
        """Forget everything up to that sequence number."""
        with self._transaction():
            self._database.execute("DELETE FROM waiting WHERE sequence <= ?", (through,))

    def set_aside(self, sequence: int) -> None:
        """Out of the queue, but kept."""
        with self._transaction():
            self._database.execute(
                "INSERT INTO set_aside SELECT * FROM waiting WHERE sequence = ?", (sequence,)
            )
            self._database.execute("DELETE FROM waiting WHERE sequence = ?", (sequence,))

    def contents(self) -> Contents:
        """Reads every page; see `since` for the cheap question."""
        records, total = self._database.execute(_CONTENTS).fetchone()
        return Contents(records, total, self.since())

    def since(self) -> float | None:
        """The Unix time at which the oldest came."""
        row = self._database.execute("SELECT spooled_at FROM waiting ORDER BY sequence LIMIT 1").fetchone()
        return None if row is None else float(row[0])

    def shrink(self) -> None:
        """Give an empty queue's disk space back; personal data passed through it."""
        pages, bytes_each = (
            self._database.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
        )
        if pages * bytes_each > _WORTH_SHRINKING:
            self._database.execute("VACUUM")
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def prove_writable(self) -> None:
        """Write and sync something that changes nothing."""
        self._need_room(0)
        with self._transaction():
            self._database.execute(f"PRAGMA user_version = {_VERSION}")

    def close(self) -> None:
        self._database.close()

    def _need_room(self, bytes_needed: int) -> None:
        disk = os.statvfs(self._folder)
        if disk.f_bavail * disk.f_frsize < _HEADROOM + bytes_needed:
            raise OSError(errno.ENOSPC, "the disk is all but full")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise


def _create(path: Path) -> None:
    """An empty file that only we can read, its name synced to the disk; SQLite's log gets the same mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _prepare(database: sqlite3.Connection) -> None:
    _set(database, "locking_mode = EXCLUSIVE")  # before WAL: one process at a time, and no shared memory
    is_new = not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if not is_new:
        _check(database)
    _set(database, "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "temp_store = MEMORY")
    database.execute("BEGIN IMMEDIATE")
    if is_new:
        for statement in _TABLES.split(";"):
            database.execute(statement)
        _set(database, f"application_id = {_OURS}", f"user_version = {_VERSION}")
    elif database.execute("SELECT count(*) FROM set_aside").fetchone()[0]:
        database.execute(_AGAIN)
        database.execute("DELETE FROM set_aside")
    database.execute("COMMIT")


def _set(database: sqlite3.Connection, *settings: str) -> None:
    for setting in settings:
        database.execute(f"PRAGMA {setting}").fetchall()


def _check(database: sqlite3.Connection) -> None:
    application, version, damage = (
        database.execute(f"PRAGMA {question}").fetchone()[0]
        for question in ("application_id", "user_version", "quick_check(1)")
    )
    if damage != "ok":
        raise SpoolUnusable("is damaged")
    if (application, version) != (_OURS, _VERSION):
        raise SpoolUnusable("is a database, but no spool of this version")


def _explained(path: Path, error: Exception) -> SpoolUnusable:
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return SpoolUnusable(f"{path} is in use: every ingest process needs a spool file of its own")
    if isinstance(error, sqlite3.OperationalError):
        return SpoolUnusable(f"{path} can't be written ({error})")
    what = str(error) if isinstance(error, SpoolUnusable) else f"is damaged ({error})"
    return SpoolUnusable(
        f"{path} {what}. Nothing was deleted. Move it aside together with {path.name}-wal and start again;"
        " see 'A damaged spool' in deploy/README.md for what may still be in it"
    )
