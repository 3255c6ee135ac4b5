"""A resolution: how a call ended, as the agent records it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.notifier.alert import Disposition
from shared.events.money import Money


@dataclass(frozen=True, slots=True)
class Resolution:
    """`reason` and what is more precise are codes of `web.call_reasons`; `offer` and `answer` come together;
    `callback_at` (real time) comes with the disposition callback. `cost` is what the offer costs the shop.
    """

    disposition: Disposition
    reason: str | None = None
    reason_detail: str | None = None
    offer: str | None = None
    offer_detail: Mapping[str, str | int] = field(default_factory=dict)
    answer: str | None = None
    note: str | None = None
    callback_at: datetime | None = None
    cost: Money | None = None
