"""The fake LINE's users: they press, block and follow, and LINE tells of it by a signed webhook."""

import base64
import hmac
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import msgspec

from deploy.local.line_store import LineStore
from shared.clock import Now

# LINE gives up after a second or so.
_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class Users:
    """`webhook` is where LINE was told to send to, `secret` the channel's."""

    store: LineStore
    webhook: str
    secret: bytes
    now: Now

    async def press(self, user: str, data: str, words: str) -> bool:
        """A quick reply; whether the webhook was taken."""
        self.store.say(user, words, self.now())
        return await self.tell(self.event(user, "postback", postback={"data": data}))

    async def block(self, user: str) -> bool:
        self.store.block(user, True)
        return await self.tell(self.event(user, "unfollow"))

    async def follow(self, user: str) -> bool:
        """Add as a friend, or unblock."""
        unblocked = self.store.is_blocked(user)
        self.store.block(user, False)
        return await self.tell(self.event(user, "follow", follow={"isUnblocked": unblocked}))

    def event(self, user: str, kind: str, **more: Any) -> dict[str, Any]:
        """One webhook event; who blocks can't be replied to."""
        token = {}
        if kind != "unfollow":
            token = {"replyToken": uuid4().hex}
            self.store.give_token(token["replyToken"], user)
        return {
            "type": kind,
            "mode": "active",
            "timestamp": int(self.now().timestamp() * 1000),
            "source": {"type": "user", "userId": user},
            "webhookEventId": uuid4().hex[:26].upper(),
            "deliveryContext": {"isRedelivery": False},
            **token,
            **more,
        }

    async def tell(self, *events: dict[str, Any]) -> bool:
        """Send these as one webhook."""
        body = msgspec.json.encode({"destination": f"U{'0' * 32}", "events": events})
        headers = {"content-type": "application/json", "x-line-signature": signature(self.secret, body)}
        try:
            async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
                answer = await client.post(self.webhook, content=body, headers=headers)
        except httpx.TransportError:
            return False
        return answer.status_code == 200


def signature(secret: bytes, body: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, body, "sha256")).decode()
