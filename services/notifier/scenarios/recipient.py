"""The recipient: whom a step is for, as the words and the envelope need it beside the facts decided on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.notifier.scenarios.decide import Facts


@dataclass(frozen=True, slots=True)
class Recipient:
    """Personal data: never logged, never told. `told` is enrolment.facts, `kind` and `reason` the risk's."""

    facts: Facts
    kind: str
    reason: str | None
    name: str | None
    kana: str | None = None
    mail: str | None = None
    line: str | None = None
    postcode: str | None = None
    prefecture: str | None = None
    address: str | None = None
    subscription: str | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
