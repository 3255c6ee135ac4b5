"""What the fake LINE holds: retry keys, the messages that it accepted, its users, and what they said."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

_TABLES = """
CREATE TABLE IF NOT EXISTS retry_key (key TEXT PRIMARY KEY, first_at TEXT NOT NULL, request_id TEXT);
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, request_id TEXT, retry_key TEXT, user TEXT NOT NULL, who TEXT NOT NULL,
    content TEXT NOT NULL, delivered INTEGER NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS user (id TEXT PRIMARY KEY, blocked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS reply_token (token TEXT PRIMARY KEY, user TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS asked (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL, retry_key TEXT, status TEXT NOT NULL, at TEXT NOT NULL);
"""

Content = Sequence[Mapping[str, Any]]
"""LINE's message objects."""


class Kept(msgspec.Struct, frozen=True):
    """A message that was accepted, or what a user pressed; `who` is shop, reply or user."""

    request_id: str | None
    retry_key: str | None
    user: str
    who: str
    content: list[dict[str, Any]]
    delivered: bool
    at: datetime


class Key(msgspec.Struct, frozen=True):
    """A retry key: its first attempt, and the request that was accepted by it, if one was."""

    first_at: datetime
    request_id: str | None


class User(msgspec.Struct, frozen=True):
    """With how many messages, and the newest of them."""

    id: str
    blocked: bool
    messages: int
    newest: datetime | None
    last: list[dict[str, Any]]


class Asked(msgspec.Struct, frozen=True):
    """One call of the API; `status` is what it was answered, or the fault that it met."""

    path: str
    retry_key: str | None
    status: str


@dataclass(frozen=True, slots=True)
class _New:
    user: str
    who: str
    content: Content
    at: datetime
    delivered: bool = True
    request_id: str | None = None
    retry_key: str | None = None


class LineStore:
    """A small SQLite file; one writer. What was accepted is on disk before the sender hears of it."""

    def __init__(self, path: Path) -> None:
        path.touch(mode=0o600)
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.executescript(_TABLES)

    def key(self, key: str) -> Key | None:
        """What is known of a retry key."""
        row = self._database.execute(
            "SELECT first_at, request_id FROM retry_key WHERE key = ?", (key,)
        ).fetchone()
        return None if row is None else Key(datetime.fromisoformat(row[0]), row[1])

    def begin_key(self, key: str, now: datetime) -> None:
        """Its first attempt is now, whatever was before."""
        self._database.execute(
            "INSERT OR REPLACE INTO retry_key (key, first_at) VALUES (?, ?)", (key, now.isoformat())
        )

    def accept(self, request_id: str, key: str | None, user: str, content: Content, now: datetime) -> None:
        """Keep the message, whether it reaches the user or not."""
        kept = _New(user, "shop", content, now, not self.is_blocked(user), request_id, key)
        self._database.execute("BEGIN")
        self._database.execute("UPDATE retry_key SET request_id = ? WHERE key = ?", (request_id, key))
        self._add(kept)
        self._database.execute("COMMIT")

    def say(self, user: str, words: str, now: datetime) -> None:
        """What a user did, as the chat shows it."""
        self._add(_New(user, "user", [{"type": "text", "text": words}], now))

    def reply(self, user: str, content: Content, now: datetime) -> None:
        """Replies cost nothing of the month's messages."""
        self._add(_New(user, "reply", content, now))

    def _add(self, new: _New) -> None:
        self._database.execute("INSERT OR IGNORE INTO user (id) VALUES (?)", (new.user,))
        self._database.execute(
            "INSERT INTO message (request_id, retry_key, user, who, content, delivered, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(new.request_id, new.retry_key, new.user, new.who),
                *(msgspec.json.encode(new.content).decode(), new.delivered, new.at.isoformat()),
            ),
        )

    def used(self) -> int:
        """The month's messages: those that reached nobody are not counted."""
        return int(
            self._database.execute(
                "SELECT count(*) FROM message WHERE who = 'shop' AND delivered"
            ).fetchone()[0]
        )

    def accepted(self) -> list[Kept]:
        """Every push that was accepted, oldest first."""
        return self._messages("who = 'shop'", ())

    def chat(self, user: str) -> list[Kept]:
        return self._messages("user = ?", (user,))

    def _messages(self, where: str, values: Sequence[str]) -> list[Kept]:
        rows = self._database.execute(
            "SELECT request_id, retry_key, user, who, content, delivered, at FROM message"  # noqa: S608
            f" WHERE {where} ORDER BY id",
            values,
        )
        return [
            Kept(
                *(row[0], row[1], row[2], row[3], msgspec.json.decode(row[4])),
                *(bool(row[5]), datetime.fromisoformat(row[6])),
            )
            for row in rows
        ]

    def users(self, most: int) -> list[User]:
        """Those who heard last first."""
        # SQLite takes the content from the row of the greatest id.
        rows = self._database.execute(
            "SELECT user.id, blocked, count(message.id), at, content, max(message.id) AS last FROM user"
            " LEFT JOIN message ON user = user.id GROUP BY user.id ORDER BY last DESC LIMIT ?",
            (most,),
        )
        return [_user(row) for row in rows]

    def is_blocked(self, user: str) -> bool:
        row = self._database.execute("SELECT blocked FROM user WHERE id = ?", (user,)).fetchone()
        return bool(row and row[0])

    def block(self, user: str, blocked: bool) -> None:
        self._database.execute(
            "INSERT INTO user (id, blocked) VALUES (?, ?)"
            " ON CONFLICT (id) DO UPDATE SET blocked = excluded.blocked",
            (user, blocked),
        )

    def give_token(self, token: str, user: str) -> None:
        self._database.execute("INSERT INTO reply_token (token, user) VALUES (?, ?)", (token, user))

    def take_token(self, token: str) -> str | None:
        """Whose it is; it is good for one reply."""
        row = self._database.execute(
            "DELETE FROM reply_token WHERE token = ? RETURNING user", (token,)
        ).fetchone()
        return row and str(row[0])

    def note(self, path: str, key: str | None, status: str, now: datetime) -> None:
        self._database.execute(
            "INSERT INTO asked (path, retry_key, status, at) VALUES (?, ?, ?, ?)",
            (path, key, status, now.isoformat()),
        )

    def asked(self) -> list[Asked]:
        rows = self._database.execute("SELECT path, retry_key, status FROM asked ORDER BY id")
        return [Asked(*row) for row in rows]

    def close(self) -> None:
        self._database.close()


def _user(row: tuple[Any, ...]) -> User:
    name, blocked, messages, at, content = row[:5]
    newest = None if at is None else datetime.fromisoformat(at)
    return User(name, bool(blocked), messages, newest, msgspec.json.decode(content or "[]"))
