"""Preview: the words of a step as they would arrive, for a made-up customer; nothing is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from services.notifier.scenarios.scenario import Creative, Reply, Scenario
from services.notifier.scenarios.trigger import OnEvent, OnRisk, OnSilence, Trigger
from services.notifier.templates.occasion import Occasion, Sender, values
from services.notifier.templates.placeholders import asked_in
from services.notifier.templates.render import Templates, Unwritable
from services.notifier.templates.sample import sample
from shared.events.action import Way


class From(msgspec.Struct, frozen=True):
    """Who writes, as far as it can be seen."""

    shop: str
    name: str
    mail: str
    postal_address: str
    contact: str


class To(msgspec.Struct, frozen=True):
    """The made-up customer on the envelope."""

    name: str
    postcode: str = "100-0013"
    address: str = "東京都千代田区霞が関1丁目3番2号 みどりハイツ503"


class Shown(msgspec.Struct, frozen=True):
    """One creative as it arrives; `html` is of mails only, `link` is where a QR code leads.

    `refusable`: it says how to get no more of them, as all advertising does.
    """

    way: Way
    form: str
    subject: str
    text: str
    html: str
    replies: Sequence[Reply]
    item: str | None
    link: str | None
    refusable: bool
    sender: From
    to: To


class Unseen(msgspec.Struct, frozen=True):
    """Why these words can't be made for this customer, with their place in the scenario.

    `detail` names the placeholders that nothing is known for.
    """

    path: str
    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which words, and for which of the samples; None: the one that fits the trigger."""

    scenario: Scenario
    step: str
    creative: str
    sample: str | None = None


# The samples' names, as they would be on an envelope.
_NAMES: Mapping[str, str] = {
    "subscription": "山田 花子",
    "repeat": "佐藤 一郎",
    "payment": "鈴木 恵",
    "bare": "山田 花子",
}


def preview(asked: Asked, sender: Sender, templates: Templates) -> Shown | Unseen | None:
    """None if there are no such words."""
    found = _find(asked)
    if found is None:
        return None
    path, creative = found
    name = asked.sample or sample_for(asked.scenario.trigger)
    occasion = sample(name, asked.scenario.purpose)
    try:
        words = templates.words(creative, sender, occasion)
    except Unwritable as error:
        return Unseen(f"{path}.body", error.reason, ", ".join(_unknown(creative, sender, occasion)))
    return Shown(
        way=creative.way,
        form=creative.form,
        subject=words.subject,
        text=words.text,
        html=words.html,
        replies=creative.replies,
        item=creative.item,
        link=words.link,
        refusable=asked.scenario.purpose == "marketing",
        sender=From(sender.shop_name, sender.name, sender.mail, sender.postal_address, sender.contact),
        to=To(_NAMES[name]),
    )


def sample_for(trigger: Trigger) -> str:
    """The name of the made-up customer whom this trigger would find."""
    match trigger:
        case OnRisk(kinds=kinds) if kinds == {"payment"}:
            return "payment"
        case OnEvent(event="payment.failed"):
            return "payment"
        case OnRisk(kinds=kinds) if kinds == {"repeat"}:
            return "repeat"
        case OnSilence():
            return "repeat"
        case _:
            return "subscription"


def _find(asked: Asked) -> tuple[str, Creative] | None:
    for at, step in enumerate(asked.scenario.steps):
        for place, creative in enumerate(step.creatives):
            if (step.key, creative.key) == (asked.step, asked.creative):
                return f"steps.{at}.creatives.{place}", creative
    return None


def _unknown(creative: Creative, sender: Sender, occasion: Occasion) -> list[str]:
    asked = asked_in(creative.subject) | asked_in(creative.body)
    return sorted(name for name, value in values(sender, occasion).items() if name in asked and value is None)
