"""The fake LINE's rules: what the Messaging API answers, as its documents say, and the faults it may have."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec

from deploy.local.line_rules import problems
from deploy.local.line_store import LineStore
from shared.clock import Now, system_clock

KEY_LASTS = timedelta(hours=24)

Kind = Literal[
    "cut", "accept_then_cut", "500", "accept_then_500", "slow", "rate_limit", "quota", "bare_409", "nonsense"
]


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to the next push.

    Not accepted: cut, 500, rate_limit, quota (both are 429). Accepted all the same: accept_then_cut,
    accept_then_500, slow (answered `seconds` later), bare_409 (without the accepted id), nonsense (no JSON).
    """

    kind: Kind
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """`most` is the month's quota, None for none; `faults` are met by one push after another."""

    store: LineStore
    token: str
    most: int | None = None
    now: Now = system_clock
    faults: deque[Fault] = field(default_factory=deque)


_BROKEN = Answer(500, {"message": "Internal Server Error"})
_TOO_FAST = Answer(429, {"message": "The API rate limit has been exceeded. Try again later."})
_USED_UP = Answer(429, {"message": "You have reached your monthly limit."})
_INSTEAD: Mapping[Kind, Answer] = {
    "cut": _BROKEN,
    "500": _BROKEN,
    "rate_limit": _TOO_FAST,
    "quota": _USED_UP,
}
_AFTERWARDS: Mapping[Kind, Answer] = {
    "accept_then_500": _BROKEN,
    "bare_409": Answer(409, {"message": "Conflict"}),
}


def push(line: Line, authorization: str | None, key: str | None, raw: bytes, fault: Fault | None) -> Answer:
    """One push; a connection that is cut never shows the answer."""
    if fault is not None and fault.kind in _INSTEAD:
        return _INSTEAD[fault.kind]
    answer = _push(line, authorization, key, raw)
    return _AFTERWARDS.get(fault.kind, answer) if fault is not None else answer


def _push(line: Line, authorization: str | None, key: str | None, raw: bytes) -> Answer:
    if authorization != f"Bearer {line.token}":
        return _unauthorised()
    body = _decoded(raw)
    if body is None:
        return Answer(400, {"message": "The request body could not be parsed as JSON"})
    found = [*problems(body), *_key_problems(key)]
    if found:
        return Answer(400, {"message": f"The request body has {len(found)} error(s)", "details": found})
    return _known(line, key) or _accept(line, key, body)


def _accept(line: Line, key: str | None, body: Mapping[str, Any]) -> Answer:
    if line.most is not None and line.store.used() >= line.most:
        return _USED_UP
    request_id = str(uuid4())
    line.store.accept(request_id, key, body["to"], body["messages"], line.now())
    sent = [{"id": str(uuid4().int)[:18], "quoteToken": uuid4().hex} for _ in body["messages"]]
    return Answer(200, {"sentMessages": sent}, {"x-line-request-id": request_id})


def _known(line: Line, key: str | None) -> Answer | None:
    """A key is good for 24 hours from the first attempt; then it is as if it had never been."""
    if key is None:
        return None
    known = line.store.key(key)
    if known is None or line.now() - known.first_at >= KEY_LASTS:
        line.store.begin_key(key, line.now())
        return None
    if known.request_id is None:
        return None
    taken = {"x-line-accepted-request-id": known.request_id}
    return Answer(409, {"message": "The retry key is already accepted"}, taken)


def reply(line: Line, authorization: str | None, key: str | None, raw: bytes) -> Answer:
    """It takes no retry key, and a token once."""
    if authorization != f"Bearer {line.token}":
        return _unauthorised()
    if key is not None:
        return Answer(400, {"message": "The retry key is not supported by this endpoint"})
    body = _decoded(raw) or {}
    user = line.store.take_token(str(body.get("replyToken")))
    if user is None:
        return Answer(400, {"message": "Invalid reply token"})
    line.store.reply(user, body.get("messages", []), line.now())
    return Answer(200, {"sentMessages": []})


def quota(line: Line, authorization: str | None) -> Answer:
    if authorization != f"Bearer {line.token}":
        return _unauthorised()
    return Answer(200, {"type": "none"} if line.most is None else {"type": "limited", "value": line.most})


def consumption(line: Line, authorization: str | None) -> Answer:
    if authorization != f"Bearer {line.token}":
        return _unauthorised()
    return Answer(200, {"totalUsage": line.store.used()})


def _unauthorised() -> Answer:
    return Answer(401, {"message": "Authentication failed due to the following reason: invalid token"})


def _key_problems(key: str | None) -> list[dict[str, str]]:
    try:
        if key is not None:
            UUID(key)
    except ValueError:
        return [{"property": "X-Line-Retry-Key", "message": "Must be a UUID"}]
    return []


def _decoded(raw: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
