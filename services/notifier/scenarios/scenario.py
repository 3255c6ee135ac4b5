"""A scenario (シナリオ) as data: whom it is for, its steps, who is left alone, and what ends it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from shared.events.customer import Channel
from shared.events.ids import derived_id
from shared.events.risk import Band, RiskAssessed, RiskKind

End = Literal["episode_over", "cancelled", "erased", "do_not_contact"]
# Whatever a scenario says, these end it.
ALWAYS: frozenset[End] = frozenset({"erased", "do_not_contact"})


class Trigger(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which risks a scenario is for; an empty `reasons` means any, `unless` names reasons that bar it."""

    bands: frozenset[Band]
    kinds: frozenset[RiskKind]
    reasons: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message (ステップ), `delay` after the enrolment; pointless once `useful_for` has passed since."""

    key: str
    channel: Channel
    template: str
    delay: timedelta = timedelta()
    useful_for: timedelta = timedelta(days=14)


class Scenario(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`holdout_percent` of the customers (比較群) get nothing; `salt` draws them apart from others'."""

    key: str
    version: int
    title: str
    trigger: Trigger
    steps: tuple[Step, ...]
    salt: str
    holdout_percent: float = 5.0
    ends: frozenset[End] = frozenset({"episode_over", "cancelled"})

    def find_step(self, key: str) -> Step | None:
        return next((step for step in self.steps if step.key == key), None)


class Planned(msgspec.Struct, frozen=True):
    """One step of one enrolment (対象者), not taken yet; its id follows from whom, why and which."""

    id: str
    step: str
    channel: Channel
    template: str
    due_at: datetime


def matching(scenarios: Iterable[Scenario], risk: RiskAssessed) -> list[Scenario]:
    return [scenario for scenario in scenarios if _is_for(scenario.trigger, risk)]


def _is_for(trigger: Trigger, risk: RiskAssessed) -> bool:
    reasons = {reason.code for reason in risk.reasons}
    return (
        risk.band in trigger.bands
        and risk.kind in trigger.kinds
        and (not trigger.reasons or bool(reasons & trigger.reasons))
        and not reasons & trigger.unless
    )


def plan_steps(scenario: Scenario, customer_ref: str, episode: str, at: datetime) -> list[Planned]:
    """Every step, from the first day; each is decided again when its time has come."""
    return [
        Planned(
            id=derived_id("action", customer_ref, scenario.key, episode, step.key),
            step=step.key,
            channel=step.channel,
            template=step.template,
            due_at=at + step.delay,
        )
        for step in scenario.steps
    ]


def ended_by(scenarios: Iterable[Scenario], end: End) -> list[str]:
    """Keys of the scenarios that this ends."""
    return [scenario.key for scenario in scenarios if end in ALWAYS or end in scenario.ends]
