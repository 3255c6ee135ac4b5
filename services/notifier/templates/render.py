"""Render: a template and a plain dict of strings become words; no name of a customer can become code."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from services.notifier.templates.openings import opening_for

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Sender:
    """Who writes, as the law wants it shown (特定電子メール法); `account_url` is the customers' own page."""

    shop_name: str
    name: str
    mail: str
    postal_address: str
    contact: str
    account_url: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """Why and to whom: what differs from message to message."""

    kind: str
    reason: str | None
    name: str | None
    unsubscribe_url: str


@dataclass(frozen=True, slots=True)
class Words:
    subject: str
    text: str
    html: str


class Templates:
    """The templates of this folder, compiled once; strict, sandboxed, and HTML escaped."""

    def __init__(self) -> None:
        self._environment = SandboxedEnvironment(
            loader=FileSystemLoader(FOLDER),
            autoescape=lambda name: name is not None and name.endswith(".html"),
            undefined=StrictUndefined,
            keep_trailing_newline=True,
        )

    def page(self, name: str, values: Mapping[str, str]) -> str:
        return self._environment.get_template(name).render(values)

    def words(self, template: str, sender: Sender, occasion: Occasion) -> Words:
        values = _values(sender, occasion)
        return Words(
            subject=values["subject"],
            text=self.page(f"{template}.txt", values),
            html=self.page(f"{template}.html", values),
        )


def _values(sender: Sender, occasion: Occasion) -> dict[str, str]:
    opening = opening_for(occasion.reason)
    return {
        "subject": f"{opening.subject}｜{sender.shop_name}",
        "addressee": f"{occasion.name} 様" if occasion.name else "お客様",
        "opening": opening.sentence,
        "offer": opening.offer,
        "kind": occasion.kind,
        "unsubscribe_url": occasion.unsubscribe_url,
        "shop_name": sender.shop_name,
        "sender_name": sender.name,
        "postal_address": sender.postal_address,
        "contact": sender.contact,
        "account_url": sender.account_url,
    }
