"""What comes back of a mail: a provider's signed word, or a returned mail (RFC 3464), as one value."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from typing import Annotated, Literal, cast, get_args

import msgspec

What = Literal["delivered", "bounced", "complained", "opened", "clicked"]

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_WHATS: frozenset[str] = frozenset(get_args(What))


@dataclass(frozen=True, slots=True)
class News:
    """`id` is the same however often it is told; the mail is named by our action or by the provider's word.

    `permanent`: the address is dead, not only full or away.
    """

    id: str
    what: What
    action: str | None
    provider_id: str | None = None
    permanent: bool = False


class Unreadable(Exception):
    """Signed, but not as it is agreed."""


class _Bounce(msgspec.Struct, frozen=True):
    type: Annotated[str, msgspec.Meta(max_length=60)] | None = None


class _Data(msgspec.Struct, frozen=True):
    """`email_id` and `bounce` are Resend's words for what others call `id` and `kind`."""

    id: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    email_id: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    message_id: Annotated[str, msgspec.Meta(max_length=400)] | None = None
    kind: Literal["hard", "soft"] | None = None
    status: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    bounce: _Bounce | None = None

    @property
    def permanent(self) -> bool:
        hard = self.kind == "hard" or (self.bounce is not None and self.bounce.type == "Permanent")
        return hard or _is_dead(self.status or "")


class _Body(msgspec.Struct, frozen=True):
    type: Annotated[str, msgspec.Meta(max_length=60)]
    data: _Data = _Data()


def read(delivery: str, body: bytes) -> News | None:
    """A provider's word, `delivery` being its id; None for what says nothing to us.

    :raises Unreadable: if it is no such word.
    """
    try:
        told = msgspec.json.decode(body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable from error
    what = told.type.rpartition(".")[2]
    if what not in _WHATS:
        return None
    data = told.data
    action, known_there = _action_in(data.message_id or ""), data.id or data.email_id
    return News(delivery, cast(What, what), action, known_there, data.permanent)


def read_returned(delivery: str, raw: bytes) -> News | None:
    """A mail that came back; None for one that only waits, or names no mail of ours.

    :raises Unreadable: if it is put together so that nobody can take it apart.
    """
    try:
        parts = list(message_from_bytes(raw).walk())
        status = next((found for part in parts for found in _failed(part)), None)
        action = next((found for part in parts if (found := _ours(part))), None)
    except (MessageError, ValueError, LookupError, RecursionError) as error:
        raise Unreadable from error
    if status is None or action is None:
        return None
    return News(delivery, "bounced", action, permanent=_is_dead(status))


def _failed(part: Message) -> Iterator[str]:
    """The status of each recipient whom the mail did not reach."""
    if part.get_content_type() != "message/delivery-status":
        return
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else ():
        if not isinstance(block, Message):
            continue
        status = _STATUS.match(str(block.get("Status", "")).strip())
        if status and str(block.get("Action", "")).strip().lower() == "failed":
            yield status[0]


def _ours(part: Message) -> str | None:
    """The action that the returned mail, or what is left of its head, was for."""
    match part.get_content_type():
        case "text/rfc822-headers":
            head = part.get_payload(decode=True)
            original = message_from_bytes(head) if isinstance(head, bytes) else None
        case "message/rfc822":
            inner = part.get_payload()
            original = inner[0] if isinstance(inner, list) and isinstance(inner[0], Message) else None
        case _:
            return None
    named = () if original is None else (original.get("X-Hikitome-Action"), original.get("Message-ID"))
    return next((found for name in named if (found := _action_in(str(name)))), None)


def _action_in(text: str) -> str | None:
    found = _UUID.search(text)
    return found[0] if found else None


def _is_dead(status: str) -> bool:
    """5.1.x is about the address (RFC 3463); the rest may pass."""
    return status.startswith("5.1.")
