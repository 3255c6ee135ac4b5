"""An action: one step for one customer, as a value, and what the rest of the system hears of it."""

from dataclasses import dataclass
from datetime import datetime

from shared.events.action import ActionDeferred, ActionSent, ActionSuppressed, ActionUnknown, Way
from shared.events.envelope import Envelope
from shared.events.ids import derived_id

ActionEvent = ActionSent | ActionSuppressed | ActionDeferred | ActionUnknown


@dataclass(frozen=True, slots=True)
class Action:
    """`fence` grows with every claim: it tells who was too slow, and each claim has one outcome."""

    id: str
    customer_ref: str
    scenario: str
    episode: str
    step: str
    channel: Way
    creative: str | None
    shop: str
    correlation_id: str
    causation_id: str
    attempt: int
    fence: int


def sent(action: Action) -> ActionSent:
    return ActionSent(action.id, action.channel, action.scenario, action.episode, action.step)


def suppressed(action: Action, reason: str) -> ActionSuppressed:
    return ActionSuppressed(action.id, action.channel, action.scenario, action.episode, action.step, reason)


def deferred(action: Action, reason: str, until: datetime) -> ActionDeferred:
    place = (action.id, action.channel, action.scenario, action.episode, action.step)
    return ActionDeferred(*place, reason, until)


def unknown(action: Action, reason: str) -> ActionUnknown:
    return ActionUnknown(action.id, action.channel, action.scenario, action.episode, action.step, reason)


def told(action: Action, event: ActionEvent, at: datetime, received_at: datetime) -> Envelope:
    """The event in its envelope; `at` is business time, `received_at` real time."""
    return Envelope(
        id=derived_id("action", action.id, type(event).__name__, str(action.fence)),
        source="/shops/" + "/".join(action.customer_ref.split("/")[:2]),
        subject=action.customer_ref,
        time=at,
        shop=action.shop,
        receivedat=received_at,
        correlationid=action.correlation_id,
        causationid=action.causation_id,
        data=event,
    )
