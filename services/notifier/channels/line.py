"""LINE: one push to one user, with a key by which LINE tells a repeat from another message."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID, uuid5

import httpx
import msgspec

from services.notifier.channels.base import Deferred, Message, Outcome, Refused, Sent, Unknown
from services.notifier.channels.line_words import request_of, unfit
from services.notifier.quota import Limits, Short

# Derived and not drawn: even if the database forgets that a message was begun, LINE knows its key again.
_KEYS = UUID("8f2c5f0e-5a34-4bb6-9c61-0d3c1d6a8a51")
# LINE knows a key for 24 hours after the first attempt; after that the same key sends again.
_REPEATS_FOR = timedelta(hours=20)
_QUOTA_WAIT = 6 * 3600.0
_RATE_WAIT = 60.0
_LONGEST_ANSWER = 64 * 1024
_REFUSED = frozenset({400, 404, 410, 413, 415, 422})


class Quota(Protocol):
    """What may still be sent this month."""

    async def bars(self, action: str) -> Short | None:
        """Why this must not go out by LINE now, before anything leaves; else it is counted."""
        ...

    async def reached(self) -> None:
        """LINE says that the month's messages are used up."""
        ...


@dataclass(frozen=True, slots=True)
class Account:
    """The shop's Messaging API channel; `timeout` in seconds is for a whole call, from connecting on."""

    api_url: str
    access_token: str = field(repr=False)
    timeout: float = 15.0


class Silent(Exception):
    """LINE gave no answer that makes sense; the reason is a short word."""

    def __init__(self, reason: str, began: bool) -> None:
        super().__init__(reason)
        self.reason, self.began = reason, began


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of LINE; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class LineApi:
    """A connection per call: one that was kept open may be cut under a request, and nobody would know."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._context = httpx.create_ssl_context()

    async def push(self, key: str, request: Mapping[str, Any]) -> Answer:
        """:raises Silent: if no answer came; `began` says whether the request may have left."""
        return await self._call("POST", "/v2/bot/message/push", {"x-line-retry-key": key}, request)

    async def limits(self) -> Limits:
        """:raises Silent: if LINE does not say."""
        quota = await self._call("GET", "/v2/bot/message/quota")
        used = await self._call("GET", "/v2/bot/message/quota/consumption")
        if quota.status != 200 or used.status != 200:
            raise Silent(f"line_{max(quota.status, used.status)}", began=False)
        try:
            most = msgspec.json.decode(quota.body, type=_Most)
            return Limits(
                most.value if most.type == "limited" else None,
                msgspec.json.decode(used.body, type=_Used).total_usage,
            )
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Silent("line_unreadable", began=False) from error

    async def reply(self, token: str, text: str) -> None:
        """At most once and best effort: the endpoint takes no retry key, and the token is good for one reply.

        :raises Silent: if no answer came.
        """
        request = {"replyToken": token, "messages": [{"type": "text", "text": text}]}
        await self._call("POST", "/v2/bot/message/reply", {}, request)

    async def _call(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        request: Mapping[str, Any] | None = None,
    ) -> Answer:
        try:
            async with asyncio.timeout(self._account.timeout):
                return await self._ask(method, path, dict(headers or {}), request)
        except TimeoutError as error:
            raise Silent("timeout", began=True) from error
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Silent("no_connection", began=False) from error
        except httpx.TransportError as error:
            raise Silent("cut", began=True) from error

    async def _ask(
        self, method: str, path: str, headers: dict[str, str], request: Mapping[str, Any] | None
    ) -> Answer:
        headers["authorization"] = f"Bearer {self._account.access_token}"
        content = None if request is None else json.dumps(request, ensure_ascii=False).encode()
        if content is not None:
            headers["content-type"] = "application/json"
        transport = httpx.AsyncHTTPTransport(verify=self._context, trust_env=False, retries=0)
        patience = httpx.Timeout(self._account.timeout, connect=min(3.0, self._account.timeout))
        async with (
            httpx.AsyncClient(transport=transport, timeout=patience, follow_redirects=False) as client,
            client.stream(
                method, f"{self._account.api_url}{path}", headers=headers, content=content
            ) as answer,
        ):
            return Answer(answer.status_code, answer.headers, await _beginning(answer))


class _Most(msgspec.Struct, frozen=True):
    type: str
    value: int | None = None


class _Used(msgspec.Struct, frozen=True, rename="camel"):
    total_usage: int


class LineChannel:
    """Whatever is unknown may be asked again with the same key and the same body, for 20 hours."""

    repeats_for: timedelta | None = _REPEATS_FOR

    def __init__(self, api: LineApi, quota: Quota) -> None:
        self._api, self._quota = api, quota

    def key(self, action: str) -> str:
        return str(uuid5(_KEYS, action))

    def payload(self, message: Message) -> Mapping[str, Any]:
        return request_of(message)

    async def send(self, message: Message) -> Outcome:
        """A repeat asks nothing of the quota: what may have been taken already is not counted again."""
        request = dict(message.payload or request_of(message))
        if reason := unfit(request):
            return Refused(reason)
        if not message.repeat and (reason := await self._quota.bars(message.action)):
            return Deferred(reason, _QUOTA_WAIT)
        try:
            outcome = outcome_of(await self._api.push(message.key, request))
        except Silent as silence:
            outcome = Unknown(silence.reason) if silence.began else Deferred(silence.reason)
        if isinstance(outcome, Deferred) and outcome.reason == "quota":
            await self._quota.reached()
        return outcome


def outcome_of(answer: Answer) -> Outcome:
    """What LINE's answer to a push means."""
    reason = f"line_{answer.status}"
    match answer.status:
        case 200:
            return Sent(_id(answer, "x-line-request-id"))
        case 409:
            accepted = _id(answer, "x-line-accepted-request-id")
            return Sent(accepted) if accepted else Unknown(reason)
        case 429:
            return _too_many(answer)
        case status if status in _REFUSED:
            return Refused(reason)
        case status if 300 <= status < 500:
            return Deferred(reason)
        case _:
            return Unknown(reason)


def _too_many(answer: Answer) -> Deferred:
    """Of the month or of the moment: only LINE's words tell them apart."""
    if b"monthly limit" in answer.body:
        return Deferred("quota", _QUOTA_WAIT)
    said = answer.headers.get("retry-after", "")
    return Deferred("rate_limit", float(said[:4]) if said.isascii() and said.isdigit() else _RATE_WAIT)


def _id(answer: Answer, header: str) -> str | None:
    return answer.headers.get(header, "")[:200] or None


async def _beginning(answer: httpx.Response) -> bytes:
    read = b""
    async for chunk in answer.aiter_bytes():
        read += chunk
        if len(read) > _LONGEST_ANSWER:
            break
    return read[:_LONGEST_ANSWER]
