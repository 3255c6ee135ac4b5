"""Text: how a letter is shown; whatever strangers wrote is made harmless to a terminal first."""

import re
from datetime import datetime
from typing import Any

import msgspec

from deploy.dead_letters.letter import Letter
from services.ingest.accept import ParkedDelivery
from services.scoring.features.days import TOKYO
from shared.kafka.dead_letters import DeadLetter
from shared.kafka.replayed import Replayed

COLUMNS = ("letter", "when (Japan)", "about", "reason", "bytes", "state")
FOLDED = ("about", "state")
"""Those that may take several lines."""
_MINUTES = "%Y-%m-%d %H:%M"
_SECONDS = f"{_MINUTES}:%S"
# Control characters but for tab and line end, marks of direction, and halves of a character.
_HARMFUL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    """Without what moves a cursor or turns a line around; line ends and tabs stay."""
    return _HARMFUL.sub("\N{REPLACEMENT CHARACTER}", text)


def cells(letter: Letter, note: Replayed | None) -> tuple[str, ...]:
    """One row of the table; its first cell is what `show` wants to be told."""
    row = (
        f"{letter.service} {letter.offset}",
        when(letter.at, _MINUTES),
        " from ".join(part for part in (whose(letter), origin(letter)) if part) or "?",
        letter.reason,
        f"{len(letter.body):,}",
        state(note, _MINUTES),
    )
    return tuple(plain(cell) for cell in row)


def line(letter: Letter, note: Replayed | None) -> dict[str, Any]:
    """The same as one JSON object, times in UTC."""
    parked = letter.content
    return {
        "service": letter.service,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "at": letter.at,
        "shop": letter.shop,
        "cart": letter.cart,
        "origin": {"topic": parked.topic, "partition": parked.partition, "offset": parked.offset}
        if isinstance(parked, DeadLetter)
        else None,
        "reason": letter.reason,
        "bytes": len(letter.body),
        "state": "open" if note is None else "replayed",
        "replayed_at": note and note.at,
        "outcome": note and note.outcome,
    }


def details(letter: Letter, note: Replayed | None) -> list[tuple[str, str]]:
    """Everything about one letter but its body."""
    found = [
        ("letter", f"{letter.topic}, partition {letter.partition}, offset {letter.offset}"),
        ("state", state(note)),
        ("reason", letter.reason),
        ("when (Japan)", when(letter.at)),
        ("shop/cart", whose(letter) or "?"),
        *_more(letter),
        ("bytes", f"{len(letter.body):,}"),
    ]
    return [(name, plain(text)) for name, text in found]


def _more(letter: Letter) -> list[tuple[str, str]]:
    match letter.content:
        case ParkedDelivery(headers=headers, business_time=business_time):
            told = [(f"header {name}", text) for name, text in sorted(headers.items())]
            return [("business time", when(business_time)), *told]
        case DeadLetter():
            return [
                ("from", origin(letter) or "?"),
                ("key", (letter.key or b"").decode("utf-8", "backslashreplace")),
            ]
        case _:
            return []


def body(raw: bytes) -> str:
    """Indented if it is JSON, else as it is; what is no text as backslashes."""
    try:
        return plain(msgspec.json.format(raw, indent=2).decode())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return plain(raw.decode("utf-8", "backslashreplace"))


def whose(letter: Letter) -> str | None:
    return f"{letter.shop}/{letter.cart}" if letter.shop else None


def origin(letter: Letter) -> str | None:
    match letter.content:
        case DeadLetter(topic=topic, partition=partition, offset=offset):
            return f"{topic}/{partition}@{offset}"
        case _:
            return None


def state(note: Replayed | None, form: str = _SECONDS) -> str:
    return "open" if note is None else f"{note.outcome.replace('_', ' ')} {when(note.at, form)}"


def when(at: datetime | None, form: str = _SECONDS) -> str:
    """In the shop's zone; the far ends of time have no hour there."""
    if at is None:
        return "?"
    try:
        return at.astimezone(TOKYO).strftime(form)
    except OverflowError:
        return at.isoformat()
