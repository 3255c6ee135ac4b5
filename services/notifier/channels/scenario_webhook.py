"""A step as a signed webhook: another program hears of a customer, and repeats come with the same id."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import msgspec

from services.notifier.channels.base import Deferred, Message, Outcome, Refused, Sent, Unknown
from services.notifier.channels.webhook import Post, Webhooks
from services.notifier.retries import Answered, Unanswered, is_gone

TYPE = "scenario.step"
# Standard Webhooks: a receiver knows a repeat by its webhook-id; so long we promise not to ask more of it.
_REPEATS_FOR = timedelta(hours=24)
# Nothing of ours has reached anybody then.
_NEVER_LEFT = frozenset({"forbidden_address", "unknown_host", "no_connection"})


@dataclass(frozen=True, slots=True)
class Target:
    """Where an outgoing webhook goes; each message is signed with all of `secrets`."""

    url: str
    secrets: tuple[str, ...]


NoTarget = Literal["no_endpoint", "endpoint_off"]
Find = Callable[[str], Awaitable[Target | NoTarget]]


class ScenarioWebhookChannel:
    """To the outgoing webhook that the creative names by its id, which `find` looks up each time."""

    repeats_for: timedelta | None = _REPEATS_FOR

    def __init__(self, webhooks: Webhooks, find: Find) -> None:
        self._webhooks, self._find = webhooks, find

    def key(self, action: str) -> str:
        return action

    def payload(self, message: Message) -> Mapping[str, Any]:
        return {"type": TYPE, "timestamp": message.at.isoformat(), "data": msgspec.json.decode(message.text)}

    async def send(self, message: Message) -> Outcome:
        match await self._find(message.address):
            case Target() as target:
                outcome = await self._post(target, message)
            case "endpoint_off" as reason:
                outcome = Deferred(reason)
            case reason:
                outcome = Refused(reason)
        return Unknown(outcome.reason) if message.repeat and isinstance(outcome, Deferred) else outcome

    async def _post(self, target: Target, message: Message) -> Outcome:
        body = msgspec.json.encode(message.payload or self.payload(message), order="sorted")
        return _outcome_of(await self._webhooks.send(Post(message.key, target.url, target.secrets, body)))


def _outcome_of(answer: Answered | Unanswered) -> Outcome:
    match answer:
        case Answered(status) if answer.good:
            return Sent()
        case Answered(429 | 503, retry_after):
            return Deferred(f"webhook_{answer.status}", retry_after)
        case Answered(status) if is_gone(answer):
            return Refused(f"webhook_{status}")
        case Answered(status) if 300 <= status < 500:
            return Deferred(f"webhook_{status}")
        case Answered(status):
            return Unknown(f"webhook_{status}")
        case Unanswered(reason):
            return Deferred(reason) if reason in _NEVER_LEFT else Unknown(reason)
