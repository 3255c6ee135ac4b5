"""The writer: turns a step and its recipient into a message, with the recipient's own unsubscribe link."""

from datetime import datetime

from services.notifier.channels.base import Message
from services.notifier.scenarios.action import Action
from services.notifier.scenarios.unsubscribe import sign
from services.notifier.store.facts import Recipient
from services.notifier.templates.render import Occasion, Sender, Templates


class Writer:
    """Owns the compiled templates; `unsubscribe_base` is our own address as customers reach it."""

    def __init__(self, sender: Sender, unsubscribe_base: str, secret: bytes) -> None:
        self._sender, self._base, self._secret = sender, unsubscribe_base.rstrip("/"), secret
        self._templates = Templates()

    def write(self, action: Action, key: str, recipient: Recipient, at: datetime) -> Message:
        url = f"{self._base}/unsubscribe/{sign(self._secret, action.customer_ref, 'mail')}"
        occasion = Occasion(recipient.kind, recipient.reason, recipient.name, url)
        words = self._templates.words("churn_warning", self._sender, occasion)
        return Message(
            action=action.id,
            key=key,
            address=recipient.mail or "",
            name=recipient.name,
            subject=words.subject,
            text=words.text,
            html=words.html,
            unsubscribe_url=url,
            at=at,
        )
