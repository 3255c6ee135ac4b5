"""The mails that the mail catcher accepted, each on disk before the sender hears of it."""

import sqlite3
from collections.abc import Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import msgspec

from shared.clock import system_clock

# The notifier names the action that a mail belongs to.
ACTION_HEADER = "X-Hikitome-Action"

_TABLE = (
    "CREATE TABLE IF NOT EXISTS mail (id INTEGER PRIMARY KEY, sender TEXT NOT NULL, recipient TEXT NOT NULL,"
    " subject TEXT NOT NULL, action TEXT, received_at TEXT NOT NULL, content BLOB NOT NULL)"
)


class Mail(msgspec.Struct, frozen=True):
    """What the list shows; the content stays in the store."""

    id: int
    sender: str
    to: str
    subject: str
    action: str | None
    received_at: str


class MailStore:
    """A small SQLite file; one writer."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute(_TABLE)

    def keep(self, sender: str, recipients: Sequence[str], content: bytes) -> None:
        message = message_from_bytes(content, policy=policy.default)
        row = (sender, ", ".join(recipients), str(message["Subject"] or ""), message[ACTION_HEADER])
        self._database.execute(
            "INSERT INTO mail (sender, recipient, subject, action, received_at, content)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (*row[:3], None if row[3] is None else str(row[3]), system_clock().isoformat(), content),
        )

    def newest(self, most: int) -> list[Mail]:
        rows = self._database.execute(
            "SELECT id, sender, recipient, subject, action, received_at FROM mail ORDER BY id DESC LIMIT ?",
            (most,),
        )
        return [Mail(*row) for row in rows]

    def count(self) -> int:
        return int(self._database.execute("SELECT count(*) FROM mail").fetchone()[0])

    def message(self, mail_id: int) -> EmailMessage | None:
        row = self._database.execute("SELECT content FROM mail WHERE id = ?", (mail_id,)).fetchone()
        if row is None:
            return None
        message = message_from_bytes(row[0], policy=policy.default)
        assert isinstance(message, EmailMessage)  # noqa: S101 - the default policy makes no other
        return message

    def close(self) -> None:
        self._database.close()
