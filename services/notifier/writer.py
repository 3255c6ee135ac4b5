"""The writer: turns a step and its recipient into a message, with links that only this message has."""

from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from services.notifier.channels.base import Message
from services.notifier.scenarios.action import Action
from services.notifier.scenarios.link import Links
from services.notifier.scenarios.recipient import Recipient
from services.notifier.scenarios.scenario import Creative
from services.notifier.scenarios.unsubscribe import sign
from services.notifier.templates.occasion import Occasion, Purpose, Sender
from services.notifier.templates.render import Templates, Words

_TOKYO = ZoneInfo("Asia/Tokyo")


class Writer:
    """Owns the compiled templates; `public_url` is our own address as customers reach it."""

    def __init__(self, sender: Sender, public_url: str, secret: bytes, zone: ZoneInfo = _TOKYO) -> None:
        self._sender, self._base, self._secret = sender, public_url.rstrip("/"), secret
        self._zone, self._templates = zone, Templates()

    def write(
        self,
        action: Action,
        creative: Creative,
        key: str,
        recipient: Recipient,
        at: datetime,
        purpose: Purpose = "marketing",
    ) -> Message:
        """The message as it goes out by the creative's way.

        :raises Unwritable: if the words can't be made for this customer.
        """
        url = self._unsubscribe(action, creative) if purpose == "marketing" else ""
        links = Links(self._base, self._secret, action.id, url)
        occasion = Occasion(
            kind=recipient.kind,
            reason=recipient.reason,
            name=recipient.name,
            unsubscribe_url=url,
            purpose=purpose,
            facts=recipient.told,
            links=links,
            zone=self._zone,
        )
        words = self._templates.words(creative, self._sender, occasion)
        return Message(
            action=action.id,
            key=key,
            address=_address(creative, recipient),
            name=recipient.name,
            subject=words.subject,
            text=_body(action, creative, recipient, words),
            html=words.html,
            unsubscribe_url=url,
            at=at,
            purpose=purpose,
            creative=creative,
            link=words.link,
        )

    def _unsubscribe(self, action: Action, creative: Creative) -> str:
        match creative.way:
            case "mail" | "line" | "postal_dm" as channel:
                return f"{self._base}/unsubscribe/{sign(self._secret, action.customer_ref, channel)}"
            case _:
                return ""


def _address(creative: Creative, recipient: Recipient) -> str:
    """Postal DM and what is put into a parcel go to an address that only the batch needs."""
    match creative.way:
        case "mail":
            return recipient.mail or ""
        case "line":
            return recipient.line or ""
        case "webhook":
            return creative.endpoint or ""
        case _:
            return ""


def _body(action: Action, creative: Creative, recipient: Recipient, words: Words) -> str:
    """Another program gets the facts, and no name."""
    if creative.way != "webhook":
        return words.text
    told = {
        "customer_ref": action.customer_ref,
        "scenario": action.scenario,
        "step": action.step,
        "note": words.text,
        "facts": dict(recipient.told),
    }
    return msgspec.json.encode(told).decode()
