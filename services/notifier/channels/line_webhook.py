"""What LINE tells by webhook: whether it is LINE that tells it, and the few events that matter to us."""

import base64
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from services.notifier.channels.line_words import Answer, read_data


@dataclass(frozen=True, slots=True)
class Heard:
    """One event of one user; `id` is the same however often it is delivered, `at` is real time.

    `said`: added as a friend or unblocked, blocked, or the answer of a pressed quick reply.
    """

    id: str
    user: str
    at: datetime
    said: Literal["followed", "blocked"] | Answer
    reply_token: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call of the webhook; `ignored` counts its events that say nothing to us."""

    heard: tuple[Heard, ...]
    ignored: int


class Unreadable(Exception):
    """Signed, but not as LINE writes."""


class _Source(msgspec.Struct, frozen=True, rename="camel"):
    user_id: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class _Postback(msgspec.Struct, frozen=True):
    data: str = ""


class _Event(msgspec.Struct, frozen=True, rename="camel"):
    type: str
    webhook_event_id: Annotated[str, msgspec.Meta(max_length=64)]
    timestamp: Annotated[int, msgspec.Meta(ge=0, le=32_503_680_000_000)]
    source: _Source | None = None
    postback: _Postback | None = None
    reply_token: Annotated[str, msgspec.Meta(max_length=100)] | None = None


class _Body(msgspec.Struct, frozen=True):
    events: list[_Event] = []


_decoder = msgspec.json.Decoder(_Body)


def signature(secret: bytes, body: bytes) -> str:
    """As LINE makes it, over the body as it came."""
    return base64.b64encode(hmac.digest(secret, body, "sha256")).decode()


def is_signed(secret: bytes, body: bytes, claimed: str) -> bool:
    return hmac.compare_digest(signature(secret, body).encode(), claimed.encode("utf-8", "replace"))


def read(body: bytes) -> Delivery:
    """Events as they came; LINE proves an address with none at all.

    :raises Unreadable: if it is no webhook of LINE's.
    """
    try:
        events = _decoder.decode(body).events
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable from error
    heard = [one for event in events if (one := _heard(event)) is not None]
    return Delivery(tuple(heard), len(events) - len(heard))


def _heard(event: _Event) -> Heard | None:
    user = event.source.user_id if event.source is not None else None
    said = _said(event)
    if user is None or said is None:
        return None
    at = datetime.fromtimestamp(event.timestamp / 1000, UTC)
    return Heard(event.webhook_event_id, user, at, said, event.reply_token)


def _said(event: _Event) -> Literal["followed", "blocked"] | Answer | None:
    match event.type:
        case "follow":
            return "followed"
        case "unfollow":
            return "blocked"
        case "postback" if event.postback is not None:
            return read_data(event.postback.data)
        case _:
            return None
