"""Mail over a provider's HTTP API, Resend's: one POST, with a key that tells a repeat from another mail."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
import msgspec

from services.notifier.channels.base import Deferred, Message, Outcome, Refused, Sent, Unknown
from services.notifier.channels.letter import Unsendable, compose, named, unsubscribe_headers
from services.notifier.channels.webhook import retry_after
from services.notifier.templates.occasion import Sender
from shared.clock import system_clock

# It keeps keys for 24 hours; half of that leaves room for clocks and its own delays.
_REPEATS_FOR = timedelta(hours=12)
_RATE_WAIT = 60.0
_QUOTA_WAIT = 3600.0
_LONGEST_ANSWER = 64 * 1024
# It is about this mail; any other 4xx is about our settings, and a person can mend those.
_REFUSED = frozenset({400, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class Provider:
    """Where mails are posted to; `timeout` in seconds is for a whole call, from connecting on."""

    url: str
    api_key: str = field(repr=False)
    timeout: float = 15.0


class MailApiChannel:
    """Whatever is unknown may be asked again with the same key and the same body, for 12 hours."""

    repeats_for: timedelta | None = _REPEATS_FOR

    def __init__(self, provider: Provider, sender: Sender) -> None:
        self._provider, self._sender = provider, sender
        self._domain = sender.mail.rpartition("@")[2]
        self._context = httpx.create_ssl_context()

    def key(self, action: str) -> str:
        """The action's own id: it was committed long before."""
        return action

    def payload(self, message: Message) -> Mapping[str, Any] | None:
        """None for what can't be sent at all."""
        try:
            return self._request(message)
        except Unsendable:
            return None

    async def send(self, message: Message) -> Outcome:
        try:
            request = message.payload or self._request(message)
        except Unsendable as error:
            return Refused(error.reason)
        outcome = await self._post(message.key, request)
        # That this attempt was not taken says nothing of the ones before.
        return Unknown(outcome.reason) if message.repeat and isinstance(outcome, Deferred) else outcome

    def _request(self, message: Message) -> dict[str, Any]:
        """:raises Unsendable: as the same mail over SMTP would be."""
        known = f"<{message.action}@{self._domain}>"
        compose(replace(message, key=known), self._sender)
        return {
            "from": named(self._sender.name, self._sender.mail),
            "to": [named(message.name or "", message.address)],
            "subject": message.subject,
            "text": message.text,
            "html": message.html,
            "headers": {
                "Message-ID": known,
                "X-Hikitome-Action": message.action,
                **unsubscribe_headers(message),
            },
        }

    async def _post(self, key: str, request: Mapping[str, Any]) -> Outcome:
        try:
            async with asyncio.timeout(self._provider.timeout):
                return await self._ask(key, request)
        except TimeoutError:
            return Unknown("timeout")
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Deferred("no_connection")
        except httpx.TransportError:
            return Unknown("cut")

    async def _ask(self, key: str, request: Mapping[str, Any]) -> Outcome:
        headers = {
            "authorization": f"Bearer {self._provider.api_key}",
            "content-type": "application/json",
            "idempotency-key": key,
        }
        transport = httpx.AsyncHTTPTransport(verify=self._context, trust_env=False, retries=0)
        timeout = httpx.Timeout(self._provider.timeout, connect=min(3.0, self._provider.timeout))
        async with (
            httpx.AsyncClient(transport=transport, timeout=timeout, follow_redirects=False) as client,
            client.stream(
                "POST",
                self._provider.url,
                headers=headers,
                content=json.dumps(request, ensure_ascii=False).encode(),
            ) as answer,
        ):
            return outcome_of(answer.status_code, answer.headers, await _beginning(answer))


def outcome_of(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """What the provider's answer means."""
    reason = f"mail_api_{status}"
    match status:
        case 409:
            # The key is known, and the words are frozen with it: that mail was taken, or is being taken.
            return Unknown("mail_api_in_progress") if b"concurrent" in body else Sent()
        case 429 if b"quota_exceeded" in body:
            return Deferred("quota", _QUOTA_WAIT)
        case 429:
            wait = retry_after(headers.get("retry-after", ""), system_clock())
            return Deferred("rate_limit", _RATE_WAIT if wait is None else wait)
        case _ if 200 <= status < 300:
            return Sent(_id_in(body))
        case _ if status in _REFUSED:
            return Refused(reason)
        case _ if 300 <= status < 500:
            return Deferred(reason)
        case _:
            return Unknown(reason)


class _Taken(msgspec.Struct, frozen=True):
    id: str | None = None


def _id_in(body: bytes) -> str | None:
    """Taken is taken, whatever the answer looks like."""
    try:
        return (msgspec.json.decode(body, type=_Taken).id or "")[:200] or None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


async def _beginning(answer: httpx.Response) -> bytes:
    read = b""
    async for chunk in answer.aiter_bytes():
        read += chunk
        if len(read) > _LONGEST_ANSWER:
            break
    return read[:_LONGEST_ANSWER]
