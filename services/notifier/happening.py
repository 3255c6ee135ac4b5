"""A happening: what is kept of an event about a customer, so that a card can tell of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from shared.events.catalogue import TYPES
from shared.events.envelope import Envelope

Facts = Mapping[str, Any]

_FAMILIES = (
    *("order", "subscription", "payment", "page", "mail", "line"),
    *("survey", "support", "referral", "review", "consent"),
)
_WHAT: dict[type[msgspec.Struct], str] = {
    struct: short
    for name, struct in TYPES.items()
    if (short := name.removeprefix("com.hikitome.").removesuffix(".v1")).split(".", 1)[0] in _FAMILIES
}
# What may hold words that a customer typed is kept only where it is a code, or the id of an action.
_WORDS = ("reason", "code", "survey", "message", "media")
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,59}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LEFT_OUT = ("wording",)
_MOST_LINES = 10


@dataclass(frozen=True, slots=True)
class Happening:
    """`what` is the event's name without prefix and version.

    `customer_ref` names the contract or the order where the cart told of no customer.
    """

    event_id: str
    customer_ref: str
    what: str
    at: datetime
    facts: Facts

    @property
    def cart(self) -> str:
        """`<shop>/<cart>`: what ids of contracts and orders are unique in."""
        return "/".join(self.customer_ref.split("/", 2)[:2])


def what_of(envelope: Envelope) -> str | None:
    """None for what no card tells of."""
    return _WHAT.get(type(envelope.data))


def facts_of(event: msgspec.Struct) -> dict[str, Any]:
    """An event's fields without free text, and at most ten lines of an order."""
    facts: dict[str, Any] = msgspec.to_builtins(event)
    for name in _LEFT_OUT:
        facts.pop(name, None)
    for name in _WORDS:
        if name in facts and not _CODE.fullmatch(facts[name] or ""):
            del facts[name]
    if "lines" in facts:
        facts["lines"] = facts["lines"][:_MOST_LINES]
    return facts


def in_order(happenings: Iterable[Happening]) -> list[Happening]:
    """By event time, each once; of the same moment in an order that arrival has no part in."""
    once = {one.event_id: one for one in happenings}
    return sorted(once.values(), key=lambda one: (one.at, one.event_id))
